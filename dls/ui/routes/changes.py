"""States of the study store and of the trainings, for pages that follow them."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from dls.nn.run_folder import change_counter
from dls.study import jobs
from dls.study.accounts import Role
from dls.study.results_state import results_state
from dls.ui import context
from dls.ui.routes.endpoint import Call, endpoint, json_answer
from dls.ui.training_runs import training_folder


def changes(call: Call) -> Response:
    """`GET /changes`: a text that is another one after every change that shows in results."""
    return json_answer({"counter": results_state(context.store())})


def training_changes(call: Call) -> Response:
    """`GET /training/changes`: a number that changes whenever a training has moved on."""
    return json_answer({"counter": change_counter(training_folder())})


def job_changes(call: Call) -> Response:
    """`GET /jobs/changes`: a number that grows with every step of a job."""
    return json_answer({"counter": jobs.change_counter(context.store())})


ROUTES = [
    Route("/changes", endpoint(changes, *Role)),
    Route("/jobs/changes", endpoint(job_changes, Role.INVESTIGATOR, Role.ADMINISTRATOR)),
    Route("/training/changes", endpoint(training_changes, Role.INVESTIGATOR, Role.ADMINISTRATOR)),
]
