"""The gate before every route and the websocket: nothing but the sign-in page without a valid session."""

from __future__ import annotations

from anyio import to_thread
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dls.ui.routes import sign_in
from dls.ui.routes.endpoint import refusal, signed_in

OPEN = (sign_in.PATH, "/sign-out", "/_stcore/health", "/static/", "/ui/", "/favicon.png")
"""Open to anyone: the way in, the health check, and program code that is the same for everybody."""

SECURITY_HEADERS = {
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": (
        "frame-ancestors 'none'; form-action 'self'; base-uri 'self'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
SIGNED_OUT = 4401


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
        if not scope["path"].startswith(OPEN):
            connection = HTTPConnection(scope)
            if await to_thread.run_sync(signed_in, connection) is None:
                await _refuse(scope, receive, guarded)
                return
        await self.app(scope, receive, guarded)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": SIGNED_OUT})
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
