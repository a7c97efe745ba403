"""Signing in and out: plain HTML forms, so that a password never passes through Streamlit."""

from __future__ import annotations

from html import escape
from urllib.parse import parse_qs

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from dls.demo.accounts import DEMO_ACCOUNTS
from dls.demo.prepare import is_demo
from dls.errors import AccessError
from dls.study.accounts import LONGEST_SIGN_IN, sign_in, sign_out
from dls.study.protocol import title
from dls.ui import context
from dls.ui.assets import FOLDER
from dls.ui.routes.endpoint import PRIVATE, same_site
from dls.ui.session import COOKIE

PATH = "/sign-in"
LONGEST_FORM = 4096


async def form(request: Request) -> Response:
    """`GET /sign-in`: the form."""
    return await to_thread.run_sync(_page, "", 200)


async def submit(request: Request) -> Response:
    """`POST /sign-in`: a session in a cookie that scripts and other sites cannot use, or the form again."""
    if not same_site(request):
        return await to_thread.run_sync(_page, "This form was sent from another site.", 403)
    body = await request.body()
    fields = parse_qs(body[:LONGEST_FORM].decode(errors="replace"))
    username, password = (fields.get(name, [""])[0] for name in ("username", "password"))
    try:
        token = await to_thread.run_sync(sign_in, context.store(), username, password)
    except AccessError as error:
        return await to_thread.run_sync(_page, str(error), 403)
    answer = RedirectResponse("/", 303, headers=PRIVATE)
    answer.set_cookie(
        COOKIE,
        token,
        max_age=int(LONGEST_SIGN_IN.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer


async def leave(request: Request) -> Response:
    """`GET /sign-out`: end the session; the strict cookie keeps other sites from doing this for somebody."""
    await to_thread.run_sync(sign_out, context.store(), request.cookies.get(COOKIE))
    answer = RedirectResponse(PATH, 303, headers=PRIVATE)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


def _page(message: str, status: int) -> HTMLResponse:
    store = context.store()
    html = (FOLDER / "sign_in.html").read_text()
    filled = (
        html.replace("{{title}}", escape(title(store)))
        .replace("{{message}}", escape(message))
        .replace("{{demo}}", _demo_accounts() if is_demo(store) else "")
    )
    return HTMLResponse(filled, status, headers=PRIVATE)


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
