"""The gate before every route and the websocket: nothing but the sign-in page without a valid session."""

from __future__ import annotations

import logging

from anyio import to_thread
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dls.errors import DLSError
from dls.ui import context
from dls.ui.routes import health, sign_in
from dls.ui.routes.endpoint import refusal, signed_in

OPEN = (
    sign_in.PATH,
    "/sign-out",
    health.HEALTH,
    health.METRICS,
    "/_stcore/health",
    "/static/",
    "/ui/",
    "/favicon.png",
)
"""Open without a session: the way in, health, metrics (by a token of their own), and the program's code."""

SECURITY_HEADERS = {
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval' blob: data:; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
        "connect-src 'self'; worker-src 'self' blob:; "
        "frame-ancestors 'none'; form-action 'self'; base-uri 'self'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
SIGNED_OUT = 4401
UNAVAILABLE = 1011
LOG = logging.getLogger(__name__)


class Gate:
    """Pure ASGI middleware, so that websockets pass through it too."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on when it is open to anyone or its session is valid; refuse it otherwise."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        guarded = _with_security_headers(send)
        try:
            welcome = await to_thread.run_sync(_welcome, scope)
        except DLSError as error:
            LOG.error("The study cannot be opened: %s", error)
            await _unavailable(scope, receive, guarded)
            return
        await (self.app if welcome else _refuse)(scope, receive, guarded)


def _welcome(scope: Scope) -> bool:
    """Whether a request may pass; raises DLSError when the study store cannot be opened at all."""
    context.store()
    return scope["path"].startswith(OPEN) or signed_in(HTTPConnection(scope)) is not None


async def _unavailable(scope: Scope, receive: Receive, send: Send) -> None:
    """Say that the study cannot be opened; why is for the server's log, since anybody may read this."""
    if scope["type"] == "websocket":
        await _close(receive, send, UNAVAILABLE)
        return
    text = "The study cannot be opened. The server's log says why and what to do."
    await PlainTextResponse(text, 503)(scope, receive, send)


async def _close(receive: Receive, send: Send, code: int) -> None:
    await receive()
    await send({"type": "websocket.close", "code": code})


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await _close(receive, send, SIGNED_OUT)
        return
    wants_page = "text/html" in HTTPConnection(scope).headers.get("accept", "")
    answer = RedirectResponse(sign_in.PATH, 303) if wants_page else refusal(401, "You are signed out")
    await answer(scope, receive, send)


def _with_security_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
