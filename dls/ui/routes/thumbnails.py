"""Small pictures of lesions for the figures and galleries of investigators and administrators."""

from __future__ import annotations

from functools import cache

from anyio import CapacityLimiter
from starlette.responses import Response
from starlette.routing import Route

from dls.domain import Sequence
from dls.errors import AccessError
from dls.imaging.lesion_thumbnails import lesion_thumbnail
from dls.ui import context
from dls.ui.routes.endpoint import PRIVATE, Call, endpoint
from dls.ui.routes.images import OPEN_TO

THREADS = 3


def thumbnail(call: Call) -> Response:
    """`/thumbnails/{case_id}/{slug}`: the lesion in one sequence as PNG; a phantom is rendered first."""
    case_id = call.path["case_id"]
    sequence = next((s for s in Sequence if s.slug == call.path["slug"]), None)
    if sequence is None:
        raise AccessError("There is no such sequence")
    picture = lesion_thumbnail(context.ensure_regions(case_id), case_id, sequence)
    return Response(picture, headers=PRIVATE, media_type="image/png")


@cache
def thumbnail_threads() -> CapacityLimiter:
    """Threads of their own: a gallery never keeps a reader's images waiting."""
    return CapacityLimiter(THREADS)


ROUTES = [
    Route("/thumbnails/{case_id:int}/{slug}", endpoint(thumbnail, *OPEN_TO, threads=thumbnail_threads)),
]
