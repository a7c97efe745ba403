"""Every route of the project, for `app.py`."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from dls.ui.assets import FOLDER, version
from dls.ui.routes import (
    changes,
    consensus,
    deliveries,
    diagnosis,
    first_pages,
    health,
    images,
    invitations,
    opinions,
    outlines,
    provider,
    readings,
    sign_in,
    thumbnails,
)


class _Unchanging(StaticFiles):
    """Files whose address changes with their content."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer


def all_routes() -> list[BaseRoute]:
    """Sign-in, images, readings, consensus, changes, first pages and the viewer's code."""
    return [
        *health.ROUTES,
        *sign_in.ROUTES,
        *invitations.ROUTES,
        *provider.ROUTES,
        *opinions.ROUTES,
        *images.ROUTES,
        *thumbnails.ROUTES,
        *deliveries.ROUTES,
        *outlines.ROUTES,
        *diagnosis.ROUTES,
        *readings.ROUTES,
        *consensus.ROUTES,
        *changes.ROUTES,
        *first_pages.ROUTES,
        Mount(f"/ui/{version()}", _Unchanging(directory=FOLDER)),
    ]
