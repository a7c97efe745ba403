"""Outlines of a case's lesions and shifts of its sequences, for investigators and administrators."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from dls.case_regions import save_regions
from dls.domain import Sequence
from dls.errors import InputError
from dls.imaging.archive import ImageArchive
from dls.imaging.mismatch import Mismatch
from dls.imaging.regions import Regions
from dls.study import outlines
from dls.ui import context
from dls.ui.mismatch import mismatch_of
from dls.ui.routes.endpoint import Call, endpoint, json_answer
from dls.ui.routes.images import OPEN_TO, image_threads, viewer_images

LARGEST = 2 * 1024 * 1024
"""Bytes of a drawing: 50,000 points as text."""
FIELDS = {"after", "regions", "reason"}


def shown(call: Call) -> Response:
    """`GET /outlines/{case_id}`: images and everything drawn on a case."""
    case = context.store().case(call.path["case_id"])
    images = viewer_images(case.id, f"case-images/{case.id}")
    regions = context.archive().regions(case.id)
    content = {
        **images,
        "code": case.code,
        "notice": "Phantom images" if case.simulated_images else None,
        "regions": regions.to_record(),
    }
    return json_answer(content | _version(case.id, regions))


def saved(call: Call) -> Response:
    """`POST /outlines/{case_id}`: keep a new version of what is drawn; says what was kept."""
    after, regions, reason = drawing(call)
    case_id = context.store().case(call.path["case_id"]).id
    images: ImageArchive = context.ensure_images(case_id)
    save_regions(
        context.store(), images, case_id, regions, after=after, by=call.account.id, reason=reason[:500]
    )
    shutil.rmtree(context.home() / "saliency" / str(case_id), ignore_errors=True)
    return json_answer(_version(case_id, regions))


def drawing(call: Call) -> tuple[int, Regions, str]:
    """The version that was changed, what is drawn now, and why, of a request's body."""
    if set(call.body) != FIELDS:
        raise InputError("A drawing has other fields", expected=", ".join(sorted(FIELDS)))
    after, reason = call.body["after"], call.body["reason"]
    if not isinstance(after, int) or not isinstance(reason, str):
        raise InputError("A drawing has other fields", expected="after: a number, reason: a text")
    return after, Regions.from_record(call.body["regions"]), reason


def mismatch(call: Call) -> Response:
    """`GET /outlines/{case_id}/mismatch`: how each sequence lies on T2 around the case's lesion."""
    case_id = context.store().case(call.path["case_id"]).id
    return mismatch_answer(mismatch_of(context.ensure_regions(case_id), case_id))


def mismatch_answer(found: Mapping[Sequence, Mismatch]) -> Response:
    """Mismatches as the browser takes them, by series."""
    return json_answer(
        {
            s.slug: {
                "score": one.score,
                "distance": one.distance,
                "better": list(one.better),
                "flagged": one.flagged,
            }
            for s, one in found.items()
        }
    )


def _version(case_id: int, regions: Regions) -> dict[str, Any]:
    """Which version is the newest, whose it is, and whether a change needs a reason."""
    newest = outlines.newest(context.store(), case_id)
    lesion = regions.case_lesion
    return {
        "revision": newest.revision if newest else 0,
        "drawn_by": newest.drawn_by if newest else None,
        "drawn_at": newest.drawn_at if newest else None,
        "case_lesion": lesion.id if lesion else None,
        "needs_reason": outlines.was_read(context.store(), case_id),
    }


ROUTES = [
    Route("/outlines/{case_id:int}", endpoint(shown, *OPEN_TO, threads=image_threads), methods=["GET"]),
    Route("/outlines/{case_id:int}", endpoint(saved, *OPEN_TO, largest=LARGEST), methods=["POST"]),
    Route("/outlines/{case_id:int}/mismatch", endpoint(mismatch, *OPEN_TO, threads=image_threads)),
]
