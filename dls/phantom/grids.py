"""Where a patient's series lie: each protocol's grid, small tilts, and the breathing between acquisitions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dls.geometry import Geometry
from dls.phantom.scanner import Protocol
from dls.phantom.shapes import Vector, rotation

_HEIGHT = -9.0
"""Middle of the liver above the origin of the anatomy, mm."""


def draw_tilt(rng: np.random.Generator) -> tuple[float, str]:
    """Degrees and axis of a small tilt of the slices; most are straight."""
    if rng.random() < 0.8:
        return 0.0, "x"
    return (float(rng.uniform(-7, 7)), "x") if rng.random() < 0.7 else (float(rng.uniform(-3, 3)), "y")


def draw_grid(
    protocol: Protocol, trunk: tuple[float, float], tilt: tuple[float, str], rng: np.random.Generator
) -> Geometry:
    """Grid that holds the trunk (half width, half depth in mm), centred near the liver's middle."""
    columns, rows = protocol.matrix
    field = max(2.12 * trunk[0] + 8.0, (2.2 * trunk[1] + 8.0) * columns / rows)
    spacing = round(field / columns, 4)
    cosines = rotation(*tilt)
    half = (np.array([columns, rows, protocol.slices]) - 1) / 2
    steps = np.array([spacing, spacing, protocol.slice_spacing])
    centre = np.array([rng.normal(0, 3), rng.normal(0, 3), _HEIGHT + rng.normal(0, 2.5)])
    origin = centre - cosines @ (half * steps)
    return Geometry(
        size=(columns, rows, protocol.slices),
        origin=(float(origin[0]), float(origin[1]), float(origin[2])),
        spacing=(spacing, spacing, protocol.slice_spacing),
        direction=tuple(cosines.ravel().tolist()),
    )


def covering(geometry: Geometry, centre: Vector, half_height: float) -> Geometry:
    """The grid, moved along its slices just enough to show a lesion whole, as a technologist plans it.

    Parameters
    ----------
    centre : of the lesion, mm
    half_height : of the lesion and the breathing around it, mm; a lesion higher than the slab is centred
    """
    spacing = geometry.spacing[2]
    last = geometry.size[2] - 1
    margin = min(half_height / spacing, last / 2)
    k = float(geometry.to_index(centre)[2])
    moved = (k - float(np.clip(k, margin, last - margin))) * spacing
    origin = np.asarray(geometry.origin) + moved * geometry.cosines[:, 2]
    return replace(geometry, origin=(float(origin[0]), float(origin[1]), float(origin[2])))


def draw_shift(rng: np.random.Generator, height_mm: float) -> Vector:
    """How far breathing has moved the body in one acquisition, mm; mostly along z."""
    x, y = np.clip(rng.normal(0, (0.6, 1.0)), -2.5, 2.5)
    z = np.clip(rng.normal(0, height_mm), -2.5 * height_mm, 2.5 * height_mm)
    return float(x), float(y), float(z)
