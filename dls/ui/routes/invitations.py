"""The page behind an invitation's link: an invited person chooses a password and is signed in."""

from __future__ import annotations

from html import escape

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from dls.errors import AccessError, InputError
from dls.study.accounts import sign_in
from dls.study.invitation import accept, invited
from dls.ui import context
from dls.ui.routes.endpoint import PRIVATE
from dls.ui.routes.forms import ELSEWHERE, form_fields, form_page, with_session

PATH = "/sign-in/invitation"


async def form(request: Request) -> Response:
    """`GET /sign-in/invitation?token=`: who is invited, and the form for a password."""
    return await to_thread.run_sync(_page, request, request.query_params.get("token", ""), "", 200)


async def submit(request: Request) -> Response:
    """`POST /sign-in/invitation`: the password is set and the person signed in, or the form again."""
    fields = await form_fields(request)
    if fields is None:
        return await to_thread.run_sync(_page, request, "", ELSEWHERE, 403)
    token, password = fields.get("token", ""), fields.get("password", "")
    if password != fields.get("again"):
        return await to_thread.run_sync(_page, request, token, "The two passwords differ.", 422)
    try:
        session = await to_thread.run_sync(_accepted, token, password)
    except InputError as error:
        return await to_thread.run_sync(_page, request, token, str(error), 422)
    except AccessError as error:
        return await to_thread.run_sync(_page, request, "", str(error), 403)
    return with_session(request, RedirectResponse("/", 303, headers=PRIVATE), session)


def _accepted(token: str, password: str) -> str:
    person = accept(context.store(), token, password)
    return sign_in(context.store(), person.username, password)


def _page(request: Request, token: str, message: str, status: int) -> Response:
    try:
        person = invited(context.store(), token)
    except AccessError as error:
        return form_page(
            request,
            "invitation.html",
            message or str(error),
            max(status, 403),
            who="",
            token="",
            hidden="hidden",
        )
    who = f"{escape(person.name)}, your user name is <b>{escape(person.username)}</b>."
    return form_page(request, "invitation.html", message, status, who=who, token=escape(token), hidden="")


ROUTES = [Route(PATH, form, methods=["GET"]), Route(PATH, submit, methods=["POST"])]
