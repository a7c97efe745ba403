"""Images, outline and saliency of a patient who is diagnosed, for investigators and administrators."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from dls.diagnosis.patients import NUMBER, Patient, draw, find
from dls.imaging.mismatch import mismatches
from dls.nn.saliency import SaliencyMethod
from dls.ui import context
from dls.ui.routes.endpoint import Call, endpoint, json_answer
from dls.ui.routes.images import OPEN_TO, archived_images, image_threads, saliency_bytes, voxels
from dls.ui.routes.outlines import LARGEST, drawing, mismatch_answer
from dls.ui.saliency import saliency_of

NOTICE = "Research use only"


def images(call: Call) -> Response:
    """`GET /diagnosis/{patient}/images`: what the viewer needs."""
    patient = _patient(call)
    return json_answer({**_shown(patient), "notice": NOTICE})


def image(call: Call) -> Response:
    """`GET /diagnosis/{patient}/images/{slug}[?k=]`: voxels."""
    return voxels(call, _patient(call).archive, NUMBER)


def saliency(call: Call) -> Response:
    """`GET /diagnosis/{patient}/saliency/{letter}/{slug}[?class=&method=]`: uint8 saliency."""
    patient = _patient(call)
    method = SaliencyMethod.parse(call.query.get("method", SaliencyMethod.GRADIENT.value))
    folder = saliency_of(
        call.path["letter"],
        lambda: patient.archive,
        patient.folder / "saliency",
        NUMBER,
        lambda: patient.clinical or {},
        target=call.query.get("class"),
        method=method,
    )
    return saliency_bytes(call, folder)


def outline(call: Call) -> Response:
    """`GET /diagnosis/{patient}/outline`: images and everything that is drawn."""
    patient = _patient(call)
    regions = patient.archive.regions(NUMBER)
    content = {"code": patient.name, "notice": NOTICE, "regions": regions.to_record()}
    return json_answer({**_shown(patient), **content, **_version(patient)})


def outlined(call: Call) -> Response:
    """`POST /diagnosis/{patient}/outline`: keep a new version of what is drawn."""
    after, regions, _ = drawing(call)
    who = call.account
    patient = draw(context.store(), _patient(call), regions, after=after, by=who.id, name=who.name)
    return json_answer(_version(patient))


def mismatch(call: Call) -> Response:
    """`GET /diagnosis/{patient}/outline/mismatch`: how each sequence lies on T2 around the lesion."""
    archive = _patient(call).archive
    drawn = archive.outline(NUMBER)
    return mismatch_answer({} if drawn is None else mismatches(archive.volumes(NUMBER), drawn))


def _patient(call: Call) -> Patient:
    return find(context.home(), call.path["patient"])


def _shown(patient: Patient) -> dict[str, Any]:
    return archived_images(patient.archive, NUMBER, f"diagnosis/{patient.id}/images")


def _version(patient: Patient) -> dict[str, Any]:
    lesion = patient.archive.regions(NUMBER).case_lesion
    return {
        "revision": patient.drawn,
        "drawn_by": patient.drawn_by,
        "drawn_at": patient.drawn_at,
        "case_lesion": lesion.id if lesion else None,
        "needs_reason": False,
    }


BASE = "/diagnosis/{patient}"
ROUTES = [
    Route(f"{BASE}/images", endpoint(images, *OPEN_TO, threads=image_threads)),
    Route(f"{BASE}/images/{{slug}}", endpoint(image, *OPEN_TO, threads=image_threads)),
    Route(f"{BASE}/saliency/{{letter}}/{{slug}}", endpoint(saliency, *OPEN_TO, threads=image_threads)),
    Route(f"{BASE}/outline", endpoint(outline, *OPEN_TO, threads=image_threads), methods=["GET"]),
    Route(f"{BASE}/outline", endpoint(outlined, *OPEN_TO, largest=LARGEST), methods=["POST"]),
    Route(f"{BASE}/outline/mismatch", endpoint(mismatch, *OPEN_TO, threads=image_threads)),
]
