"""A sheet of one lesion of each class in the six sequences, to be looked at: do they look like liver MRI?

Run as `python -m dls.phantom.contact_sheet FILE.png`.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

from dls.domain import ALL_SEQUENCES, LesionClass
from dls.errors import InputError
from dls.phantom.cohort import PhantomPatient, validation_cohort
from dls.phantom.render import PhantomSeries, PhantomStudy, render

TILE = (260, 200)
"""Width and height of one image on the sheet, pixels."""

FIELD_MM = 372.0
"""Width of the part of the patient that a tile shows, mm."""

_HEADER, _MARGIN = 22, 150

REPRESENTATIVES: dict[LesionClass, str] = {
    LesionClass.CYST: "V-057",
    LesionClass.HEMANGIOMA: "V-087",
    LesionClass.FNH: "V-044",
    LesionClass.OTHER_BENIGN: "V-198",
    LesionClass.HCC: "V-005",
    LesionClass.METASTASIS: "V-158",
    LesionClass.OTHER_PRIMARY: "V-032",
}
"""Validation patient shown for each class: typical ones, chosen by their parameters."""


def representatives() -> dict[LesionClass, PhantomPatient]:
    """The patient that stands for each class."""
    by_code = {patient.code: patient for patient in validation_cohort()}
    return {lesion: by_code[code] for lesion, code in REPRESENTATIVES.items()}


def tile(study: PhantomStudy, series: PhantomSeries) -> NDArray[np.uint8]:
    """(height, width) grey levels of the slice through the middle of the lesion, windowed by percentiles."""
    points = np.concatenate(study.outline)
    centre = (points.min(axis=0) + points.max(axis=0)) / 2
    geometry = series.geometry
    k = int(np.clip(round(float(geometry.to_index(centre)[2])), 0, geometry.size[2] - 1))
    image = series.voxels[k].astype(np.float32)
    width, height = TILE
    step = FIELD_MM / width / geometry.spacing[0]
    rows = (np.arange(height) - (height - 1) / 2) * step + (geometry.size[1] - 1) / 2
    columns = (np.arange(width) - (width - 1) / 2) * step + (geometry.size[0] - 1) / 2
    resized = ndimage.map_coordinates(image, np.meshgrid(rows, columns, indexing="ij"), order=1)
    low, high = np.percentile(series.voxels[::2], (40, 98.8))
    low = min(low, 0.1 * high)
    grey = np.clip((resized - low) / (high - low), 0, 1)
    return np.round(255 * grey**0.85).astype(np.uint8)


def arrow_tip(study: PhantomStudy, series: PhantomSeries) -> tuple[float, float]:
    """Pixel (x, y) of a tile just outside the lesion, below it and to its left."""
    points = np.concatenate(study.outline)
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    radius = float(np.ptp(points[:, :2], axis=0).max()) / 2 + 3.0
    i, j, _ = series.geometry.to_index(middle + np.array([-0.75, 0.75, 0.0]) * radius)
    step = FIELD_MM / TILE[0] / series.geometry.spacing[0]
    columns, rows, _ = series.geometry.size
    x = (float(i) - (columns - 1) / 2) / step + (TILE[0] - 1) / 2
    y = (float(j) - (rows - 1) / 2) / step + (TILE[1] - 1) / 2
    return x, y


def contact_sheet(patients: Mapping[LesionClass, PhantomPatient] | None = None) -> NDArray[np.uint8]:
    """(rows, columns) grey image: a row per class, a column per sequence, an arrow at each lesion."""
    chosen = representatives() if patients is None else patients
    width, height = TILE
    sheet = Image.new("L", (_MARGIN + width * len(ALL_SEQUENCES), _HEADER + height * len(chosen)), color=0)
    draw = ImageDraw.Draw(sheet)
    for column, sequence in enumerate(ALL_SEQUENCES):
        draw.text((_MARGIN + column * width + 8, 5), str(sequence), fill=230)
    for row, (lesion, patient) in enumerate(chosen.items()):
        study = render(patient)
        top = _HEADER + row * height
        label = f"{lesion.label}\n{patient.code}, {patient.lesion_mm:.0f} mm\n{patient.scanner}"
        draw.text((8, top + 8), label.replace(" malignancy", "\nmalignancy"), fill=230)
        for column, series in enumerate(study.series):
            left = _MARGIN + column * width
            sheet.paste(Image.fromarray(tile(study, series)), (left, top))
            x, y = arrow_tip(study, series)
            tip = (left + x, top + y)
            draw.polygon([tip, (tip[0] - 9, tip[1] + 3), (tip[0] - 3, tip[1] + 9)], fill=255)
    return np.asarray(sheet)


def main(arguments: list[str] | None = None) -> int:
    """Write the sheet to a PNG file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="PNG file to write")
    path: Path = parser.parse_args(arguments).file
    if path.suffix.lower() != ".png":
        raise InputError("The contact sheet is a PNG file", expected="a name ending in .png", got=str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(contact_sheet()).save(path, optimize=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
