"""Image bytes: a reader's own assignments by opaque code; any case for investigators and administrators."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path
from typing import Any

from anyio import CapacityLimiter
from starlette.responses import Response
from starlette.routing import Route

from dls.domain import Sequence
from dls.errors import AccessError, InputError
from dls.imaging.archive import ImageArchive
from dls.nn.saliency import SaliencyMethod
from dls.study.accounts import Role
from dls.study.adjudication import case_behind
from dls.ui import context
from dls.ui.routes.endpoint import PRIVATE, Call, endpoint, json_answer
from dls.ui.saliency import ensure_saliency

OPEN_TO = (Role.INVESTIGATOR, Role.ADMINISTRATOR)
IMAGE_THREADS = 12
_GEOMETRY = ("name", "slug", "nx", "ny", "nz", "origin", "row", "col", "nrm", "sp", "dz", "rescale", "shift")


def viewer_images(case_id: int, base: str) -> dict[str, Any]:
    """Geometry, windows, image addresses and the outline of a case, as the viewer takes them.

    Parameters
    ----------
    case_id : its images are made first when they are a phantom's
    base : address under which the case's images are served, relative to the application
    """
    return archived_images(context.ensure_regions(case_id), case_id, base)


def archived_images(archive: ImageArchive, number: int, base: str) -> dict[str, Any]:
    """As `viewer_images`, of images that an archive keeps under a number."""
    record = archive.geometry(number)
    series = [
        {**{name: entry[name] for name in _GEOMETRY}, "window": entry["wl"], "url": f"{base}/{entry['slug']}"}
        for entry in record["sequences"]
    ]
    return {"series": series, "outline": record["outline"] or []}


def reader_image(call: Call) -> Response:
    """`/images/{code}/{slug}[?k=]`: voxels of the reader's own case, or of one given for adjudication."""
    case_id = case_behind(context.store(), call.account.id, call.path["code"])
    return voxels(call, context.ensure_images(case_id), case_id)


def case_images(call: Call) -> Response:
    """`/case-images/{case_id}`: what the viewer needs to show a case to an investigator."""
    case = context.store().case(call.path["case_id"])
    notice = "Phantom images" if case.simulated_images else None
    return json_answer({**viewer_images(case.id, f"case-images/{case.id}"), "notice": notice})


def case_image(call: Call) -> Response:
    """`/case-images/{case_id}/{slug}[?k=]`: voxels of any case."""
    case_id = call.path["case_id"]
    return voxels(call, context.ensure_images(case_id), case_id)


def saliency(call: Call) -> Response:
    """`/saliency/{case_id}/{letter}/{slug}[?class=&method=]`: uint8 saliency on a sequence's own grid."""
    method = SaliencyMethod.parse(call.query.get("method", SaliencyMethod.GRADIENT.value))
    folder = ensure_saliency(call.path["case_id"], call.path["letter"], call.query.get("class"), method)
    return saliency_bytes(call, folder)


def saliency_bytes(call: Call, folder: Path) -> Response:
    """The saliency of the sequence that a call asks for, from the folder of a result."""
    path = folder / f"{_sequence(call).slug}.u8.gz"
    if not path.is_file():
        raise AccessError("The model does not use this sequence")
    return _compressed(call, path.read_bytes())


def voxels(call: Call, images: ImageArchive, number: int) -> Response:
    """The volume that a call asks for, or slice `k` of it, from an archive."""
    sequence = _sequence(call)
    wanted = call.query.get("k")
    if wanted is None:
        return _compressed(call, images.volume_gzip(number, sequence))
    if not wanted.isascii() or not wanted.isdigit():
        raise InputError("There is no such slice", expected="a number from 0 on", got=repr(wanted))
    return Response(images.slice_bytes(number, sequence, int(wanted)), headers=PRIVATE, media_type=_BYTES)


def _sequence(call: Call) -> Sequence:
    for sequence in Sequence:
        if sequence.slug == call.path["slug"]:
            return sequence
    raise AccessError("There is no such sequence")


def _compressed(call: Call, data: bytes) -> Response:
    """Bytes that are kept compressed, sent as they are to every browser that takes them so."""
    if call.accepts_gzip:
        return Response(data, headers={**PRIVATE, "Content-Encoding": "gzip"}, media_type=_BYTES)
    return Response(gzip.decompress(data), headers=PRIVATE, media_type=_BYTES)


_BYTES = "application/octet-stream"


@cache
def image_threads() -> CapacityLimiter:
    """Threads for images only, so that a save never waits behind images that are being made."""
    return CapacityLimiter(IMAGE_THREADS)


ROUTES = [
    Route("/images/{code}/{slug}", endpoint(reader_image, *Role, threads=image_threads)),
    Route("/case-images/{case_id:int}", endpoint(case_images, *OPEN_TO, threads=image_threads)),
    Route("/case-images/{case_id:int}/{slug}", endpoint(case_image, *OPEN_TO, threads=image_threads)),
    Route("/saliency/{case_id:int}/{letter}/{slug}", endpoint(saliency, *OPEN_TO, threads=image_threads)),
]
