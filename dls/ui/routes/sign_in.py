"""Signing in and out: plain HTML forms, so that a password never passes through Streamlit."""

from __future__ import annotations

from html import escape

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from dls.demo.accounts import DEMO_ACCOUNTS
from dls.demo.prepare import is_demo
from dls.errors import AccessError
from dls.study.accounts import sign_in, sign_out
from dls.ui import context
from dls.ui.identity_provider import provider
from dls.ui.routes.endpoint import PRIVATE
from dls.ui.routes.forms import ELSEWHERE, form_fields, form_page, with_session
from dls.ui.session import COOKIE

PATH = "/sign-in"


async def form(request: Request) -> Response:
    """`GET /sign-in`: the form."""
    return await to_thread.run_sync(_page, request, "", 200)


async def submit(request: Request) -> Response:
    """`POST /sign-in`: a session, or the form again."""
    fields = await form_fields(request)
    if fields is None:
        return await to_thread.run_sync(_page, request, ELSEWHERE, 403)
    username, password = fields.get("username", ""), fields.get("password", "")
    try:
        token = await to_thread.run_sync(sign_in, context.store(), username, password)
    except AccessError as error:
        return await to_thread.run_sync(_page, request, str(error), 403, username)
    return with_session(request, RedirectResponse("/", 303, headers=PRIVATE), token)


async def leave(request: Request) -> Response:
    """`GET /sign-out`: end the session; the strict cookie keeps other sites from doing this for somebody."""
    await to_thread.run_sync(sign_out, context.store(), request.cookies.get(COOKIE))
    answer = RedirectResponse(PATH, 303, headers=PRIVATE)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


def _page(request: Request, message: str, status: int, username: str = "") -> Response:
    demo = _demo_accounts() if is_demo(context.store()) else ""
    elsewhere = f'<p><a href="{PATH}/provider">Sign in with your institution</a></p>' if provider() else ""
    parts = {"demo": demo, "provider": elsewhere, "username": escape(username)}
    return form_page(request, "sign_in.html", message, status, **parts)


def _demo_accounts() -> str:
    """Table of the demo's public accounts; a click fills in the form."""
    rows = "".join(
        f'<tr><td><button type="button" data-username="{a.username}" data-password="{a.password}">'
        f"{a.username}</button></td><td>{a.password}</td><td>{a.role}</td></tr>"
        for a in DEMO_ACCOUNTS
    )
    return (
        "<section><h2>Demo accounts</h2>"
        "<p>Phantom images and simulated readings: nothing here is about patients.</p>"
        f"<table><tr><th>User name</th><th>Password</th><th>Role</th></tr>{rows}</table></section>"
    )


ROUTES = [
    Route(PATH, form, methods=["GET"]),
    Route(PATH, submit, methods=["POST"]),
    Route("/sign-out", leave, methods=["GET"]),
]
