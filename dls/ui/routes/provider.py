"""The way to an outside provider and back."""

from __future__ import annotations

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from dls.errors import DLSError
from dls.ui import context
from dls.ui.identity_provider import ANSWER_PATH, authorization_url, provider, sign_in_answer
from dls.ui.routes.endpoint import PRIVATE
from dls.ui.routes.forms import form_page, with_session

STATE_COOKIE = "dls_provider"
STATE_PATH = "/sign-in/provider"
_ONWARD = '<!doctype html><meta http-equiv="refresh" content="0;url=/"><a href="/">Go on</a>'
"""A page of our own between provider and application: the strict cookie is sent from here on."""


async def begin(request: Request) -> Response:
    """`GET /sign-in/provider`: on to the provider; only the browser that keeps the state can return."""
    return await to_thread.run_sync(_begun, request)


async def answer(request: Request) -> Response:
    """`GET /sign-in/provider/answer`: a session for whom the provider names, or the sign-in page again."""
    return await to_thread.run_sync(_answered, request)


def _begun(request: Request) -> Response:
    try:
        chosen = provider()
        if chosen is None:
            return _refused(request, "No sign-in provider is configured.")
        url, state = authorization_url(context.store(), chosen)
    except DLSError as error:
        return _refused(request, str(error))
    sent = RedirectResponse(url, 303, headers=PRIVATE)
    secure = chosen.url.startswith("https://")
    sent.set_cookie(
        STATE_COOKIE, state, max_age=600, httponly=True, samesite="lax", secure=secure, path=STATE_PATH
    )
    return sent


def _answered(request: Request) -> Response:
    state = request.cookies.get(STATE_COOKIE, "")
    try:
        chosen = provider()
        if chosen is None or not state or request.query_params.get("state") != state:
            return _refused(request, "This sign-in was not begun in this browser.")
        token = sign_in_answer(context.store(), chosen, str(request.url), state)
    except DLSError as error:
        return _refused(request, str(error))
    onward = with_session(request, HTMLResponse(_ONWARD, headers=PRIVATE), token)
    onward.delete_cookie(STATE_COOKIE, path=STATE_PATH)
    return onward


def _refused(request: Request, message: str) -> Response:
    return form_page(request, "sign_in.html", message, 403, demo="", provider="", username="")


ROUTES = [Route(STATE_PATH, begin, methods=["GET"]), Route(ANSWER_PATH, answer, methods=["GET"])]
