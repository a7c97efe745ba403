"""For those who watch the server: is it well, and what does it measure of itself.

`/healthz` is open, since it says nothing but yes or no; `/metrics` asks for the token of the configuration.
"""

from __future__ import annotations

import secrets
import shutil

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from dls.errors import DLSError
from dls.study.protocol import title
from dls.ui import context
from dls.ui.measurements import exposition
from dls.ui.routes.endpoint import LOG, PRIVATE

HEALTH, METRICS = "/healthz", "/metrics"
LEAST_FREE_BYTES = 200 * 2**20
"""Less room on the study's disk than this, and a reading may soon not be saved."""


async def health(_request: Request) -> Response:
    """`GET /healthz`: 200 when the study can be read and its disk has room, else 503; the log says why."""
    try:
        problem = await to_thread.run_sync(_problem)
    except DLSError as error:
        problem = str(error)
    if problem:
        LOG.error("Not healthy: %s", problem)
    status = "unavailable" if problem else "ok"
    return JSONResponse({"status": status}, 503 if problem else 200, headers={"Cache-Control": "no-store"})


async def metrics(request: Request) -> Response:
    """`GET /metrics`: Prometheus' text, for whoever has the token; 404 where no token is configured."""
    file = context.settings().metrics_token_file
    if file is None:
        return PlainTextResponse("Not found", 404)
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not secrets.compare_digest(given.encode(), file.read_bytes().strip()):
        return PlainTextResponse("Unauthorized", 401, {"WWW-Authenticate": "Bearer"})
    text = await to_thread.run_sync(lambda: exposition(context.store()))
    return Response(text, headers=PRIVATE, media_type="text/plain; version=0.0.4")


def _problem() -> str:
    title(context.store())
    free = shutil.disk_usage(context.home()).free
    return f"{free // 2**20} MiB are free on the study's disk" if free < LEAST_FREE_BYTES else ""


ROUTES = [Route(HEALTH, health, methods=["GET"]), Route(METRICS, metrics, methods=["GET"])]
