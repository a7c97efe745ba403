"""The change counter of the study store, for pages that follow it."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from dls.study.accounts import Role
from dls.ui import context
from dls.ui.routes.endpoint import Call, endpoint, json_answer


def changes(call: Call) -> Response:
    """`GET /changes`: a number that grows with every change that shows in results."""
    return json_answer({"counter": context.store().change_counter()})


ROUTES = [Route("/changes", endpoint(changes, *Role))]
