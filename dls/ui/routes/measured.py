"""Measures every request, and writes a line of the log about it."""

from __future__ import annotations

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dls.ui.logs import REQUESTS
from dls.ui.measurements import LATENCIES
from dls.ui.routes.endpoint import route_name


class Measured:
    """Pure ASGI middleware around the gate; a websocket, which stays open, is not measured."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and note how long it took."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noting)
        finally:
            seconds, route = time.perf_counter() - began, route_name(scope)
            LATENCIES.add(scope["method"], route, status, seconds)
            about = {"method": scope["method"], "route": route, "status": status}
            REQUESTS.info("request", extra={**about, "milliseconds": round(1000 * seconds, 1)})
