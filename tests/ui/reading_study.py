"""A small study with images, ready to be read: two readers, an investigator, an administrator, five cases."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dls.clinical import ClinicalRecord
from dls.domain import LesionClass, Sequence
from dls.geometry import Geometry
from dls.imaging.archive import ImageArchive
from dls.imaging.roi import Outline
from dls.imaging.volume import Volume
from dls.study.accounts import Role, add_account
from dls.study.cases import NewCase
from dls.study.database import CHEAP_PASSWORDS
from dls.study.order import assign
from dls.study.protocol import Protocol, create_study
from dls.study.store import Store

PASSWORD = "sesame-opens-it"
READERS = ("anna", "ben")
CASES = 5
LESION = np.array([-60.0, -10.0, 10.0])
RADIUS = 18.0
TILT = np.deg2rad(2.0)

_TILTED = (
    1.0,
    0.0,
    0.0,
    0.0,
    float(np.cos(TILT)),
    float(-np.sin(TILT)),
    0.0,
    float(np.sin(TILT)),
    float(np.cos(TILT)),
)
_LEVEL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
BRIGHTNESS = {
    Sequence.T2: (180, 260, 620),
    Sequence.DWI: (60, 150, 560),
    Sequence.PRE: (200, 420, 300),
    Sequence.ARTERIAL: (210, 470, 800),
    Sequence.PORTAL: (230, 640, 560),
    Sequence.EQUILIBRIUM: (230, 600, 480),
}
"""Body, liver and lesion by sequence."""


def make_reading_study(home: Path, *, pixels: int = 48, cases: int = CASES, **plan: object) -> Store:
    """Make `study.db` and the image archive in a folder; `pixels` columns across 360 mm."""
    store = Store(home / "study.db", password_cost=CHEAP_PASSWORDS)
    readers = tuple(add_account(store, name, name.title(), Role.READER, PASSWORD).id for name in READERS)
    add_account(store, "ines", "Ines", Role.INVESTIGATOR, PASSWORD)
    add_account(store, "adam", "Adam", Role.ADMINISTRATOR, PASSWORD)
    made = Protocol(readers=readers, investigator_unblinded=True, **plan)  # type: ignore[arg-type]
    create_study(store, "Small study", made)
    archive = ImageArchive(home / "images")
    for number in range(cases):
        case = store.add_case(_case(number))
        archive.put(case.id, _volumes(pixels), _outline(pixels))
    assign(store)
    return store


def geometry(sequence: Sequence, pixels: int) -> Geometry:
    """Three grids: T2 with 7 mm slices, DWI with slightly larger pixels, tilted T1 with thin slices."""
    rows, mm = pixels * 3 // 4, 360 / pixels
    if sequence is Sequence.T2:
        return Geometry((pixels, rows, 12), (-180.0, -135.0, -38.5), (mm, mm, 7.0), _LEVEL)
    if sequence is Sequence.DWI:
        return Geometry((pixels, rows, 12), (-185.0, -140.0, -40.0), (mm * 1.03, mm * 1.03, 7.0), _LEVEL)
    return Geometry((pixels, rows, 28), (-178.0, -137.0, -36.0), (mm, mm, 3.0), _TILTED)


def _case(number: int) -> NewCase:
    record = ClinicalRecord(age=51.0 + number, sex="male", afp=820.0, albumin=41.0, ascites="none")
    return NewCase(
        code=f"SECRET-{number}",
        lesion_class=LesionClass(number % len(LesionClass)),
        reference_standard="histopathology",
        lesion_mm=2 * RADIUS,
        scanner="Maker 1.5 T",
        clinical=record.to_dict(),
        image_source="import",
        simulated_images=True,
    )


def _volumes(pixels: int) -> dict[Sequence, Volume]:
    return {sequence: _volume(sequence, pixels) for sequence in Sequence}


def _volume(sequence: Sequence, pixels: int) -> Volume:
    grid = geometry(sequence, pixels)
    k, j, i = np.indices(grid.shape)
    points = grid.to_patient(np.stack([i, j, k], axis=-1))
    x, y, z = np.moveaxis(points, -1, 0)
    body, liver, lesion = BRIGHTNESS[sequence]
    voxels = np.full(grid.shape, 6.0)
    voxels[(x / 160) ** 2 + (y / 112) ** 2 < 1] = body
    voxels[((x + 55) / 85) ** 2 + ((y + 8) / 78) ** 2 + (z / 90) ** 2 < 1] = liver
    voxels[np.linalg.norm(points - LESION, axis=-1) < RADIUS] = lesion
    voxels += np.random.default_rng(7).normal(0, 9, grid.shape)
    return Volume(np.clip(voxels, 0, 2000).astype(np.int16), grid)


def _outline(pixels: int) -> Outline:
    """Circles where the T2 slices cut the spherical lesion."""
    grid = geometry(Sequence.T2, pixels)
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    contours = []
    for k in range(grid.size[2]):
        z = grid.origin[2] + 7.0 * k
        if abs(z - LESION[2]) < RADIUS:
            radius = np.sqrt(RADIUS**2 - (z - LESION[2]) ** 2)
            circle = [
                LESION[0] + radius * np.cos(angles),
                LESION[1] + radius * np.sin(angles),
                np.full(24, z),
            ]
            contours.append(np.stack(circle, axis=1))
    return Outline(tuple(contours))
