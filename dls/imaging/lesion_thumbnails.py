"""Small pictures of a case's lesion in one sequence, cut from the archive, to recognise a case by."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dls.domain import Sequence
from dls.errors import InputError
from dls.imaging.archive import ImageArchive

SIDE = 160
"""Pixels of a picture's side."""
SMALLEST_MM = 35.0
"""Half a picture's side, at least."""
AROUND = 1.8
"""Half a picture's side over the lesion's radius."""


def lesion_thumbnail(archive: ImageArchive, case_id: int, sequence: Sequence) -> bytes:
    """The slice through the middle of the lesion as PNG, `SIDE` pixels square, in the sequence's own window.

    A case without an outline shows the middle of the volume.  The picture is cut along the sequence's own
    rows and columns; nothing is resampled across slices.

    Raises
    ------
    InputError
        when the case or the sequence is not kept.
    """
    record = archive.geometry(case_id)
    entry = next((e for e in record["sequences"] if e["name"] == sequence), None)
    if entry is None:
        raise InputError(f"The case has no {sequence} images", got=f"case {case_id}")
    (i, j, k), half_mm = _place(entry, record["outline"])
    shape = int(entry["ny"]), int(entry["nx"])
    stored = np.frombuffer(archive.slice_bytes(case_id, sequence, k), dtype="<i2").reshape(shape)
    picture = Image.fromarray(_grey(stored, entry["wl"])).crop(
        (
            round(i - half_mm / entry["sp"][0]),
            round(j - half_mm / entry["sp"][1]),
            round(i + half_mm / entry["sp"][0]) + 1,
            round(j + half_mm / entry["sp"][1]) + 1,
        )
    )
    png = BytesIO()
    picture.resize((SIDE, SIDE), Image.Resampling.BILINEAR).save(png, "PNG")
    return png.getvalue()


def _place(
    entry: dict[str, Any], outline: list[list[list[float]]] | None
) -> tuple[tuple[float, float, int], float]:
    """Column, row and slice of the lesion's middle in a sequence, and half the picture's side in mm."""
    if not outline:
        middle = (entry["nx"] - 1) / 2, (entry["ny"] - 1) / 2, int(entry["nz"]) // 2
        return middle, 0.5 * min(entry["nx"] * entry["sp"][0], entry["ny"] * entry["sp"][1])
    points = np.concatenate([np.asarray(contour, dtype=float) for contour in outline])
    centre = (points.min(axis=0) + points.max(axis=0)) / 2
    radius = float(np.linalg.norm(points - centre, axis=1).max())
    offset = centre + np.asarray(entry["shift"]) - np.asarray(entry["origin"])
    i = float(offset @ np.asarray(entry["row"])) / entry["sp"][0]
    j = float(offset @ np.asarray(entry["col"])) / entry["sp"][1]
    k = round(float(offset @ np.asarray(entry["nrm"])) / entry["dz"])
    return (i, j, int(np.clip(k, 0, entry["nz"] - 1))), max(SMALLEST_MM, AROUND * radius)


def _grey(stored: NDArray[np.int16], window: tuple[float, float]) -> NDArray[np.uint8]:
    centre, width = window
    shown = (stored.astype(np.float32) - (centre - width / 2)) / max(width, 1e-6)
    return (np.clip(shown, 0, 1) * 255).astype(np.uint8)
