"""Thumbnails of what was received and is to be confirmed, for those who may import."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from dls.errors import AccessError
from dls.imaging.delivery import thumbnail_file
from dls.study.accounts import Role
from dls.ui import context
from dls.ui.routes.endpoint import PRIVATE, Call, endpoint
from dls.ui.routes.images import image_threads

OPEN_TO = (Role.INVESTIGATOR, Role.ADMINISTRATOR)


def thumbnail(call: Call) -> Response:
    """`/deliveries/{delivery}/{number}`: PNG of the middle slice of a received series."""
    path = thumbnail_file(context.home(), call.path["delivery"], call.path["number"])
    if not path.is_file():
        raise AccessError("There is no such thumbnail")
    return Response(path.read_bytes(), headers=PRIVATE, media_type="image/png")


ROUTES = [
    Route("/deliveries/{delivery}/{number:int}", endpoint(thumbnail, *OPEN_TO, threads=image_threads)),
]
