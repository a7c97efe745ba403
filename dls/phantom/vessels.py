"""Portal and hepatic veins as trees of straight tubes that grow at random from fixed main stems."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dls.phantom.shapes import Tube, Vector

_Point = NDArray[np.float64]

_PORTAL: tuple[tuple[Vector, Vector, float, float, int], ...] = (
    ((20, 4, -34), (-14, -2, -16), 6.5, 6.0, 0),
    ((-14, -2, -16), (-46, 4, -6), 5.2, 4.6, 0),
    ((-46, 4, -6), (-76, -26, 12), 4.0, 3.0, 3),
    ((-46, 4, -6), (-84, 26, -10), 4.0, 3.0, 3),
    ((-46, 4, -6), (-70, -8, -40), 3.4, 2.4, 3),
    ((-14, -2, -16), (2, -26, 8), 4.4, 4.0, 0),
    ((2, -26, 8), (14, -46, 20), 4.0, 3.4, 2),
    ((14, -46, 20), (46, -48, 22), 3.0, 1.8, 2),
    ((14, -46, 20), (-12, -58, 22), 2.8, 1.8, 2),
)
_HEPATIC: tuple[tuple[Vector, Vector, float, float, int], ...] = (
    ((-24, 14, 46), (-60, 24, 30), 5.0, 4.2, 0),
    ((-60, 24, 30), (-98, 18, -4), 4.2, 2.2, 3),
    ((-24, 12, 46), (-42, -14, 28), 4.4, 3.8, 0),
    ((-42, -14, 28), (-56, -46, -2), 3.8, 2.0, 3),
    ((-20, 8, 46), (4, -18, 36), 4.2, 3.6, 0),
    ((4, -18, 36), (38, -46, 20), 3.4, 1.6, 2),
)
"""Start, end (mm), radii at both, and generations that branch off; the veins join the cava below the dome."""


def portal_veins(rng: np.random.Generator, scale: float) -> list[Tube]:
    """Tubes of the portal tree; `scale` stretches it with the trunk's width."""
    return _tree(_PORTAL, rng, scale)


def hepatic_veins(rng: np.random.Generator, scale: float) -> list[Tube]:
    """Tubes of the three hepatic veins and their branches."""
    return _tree(_HEPATIC, rng, scale)


def _tree(
    stems: tuple[tuple[Vector, Vector, float, float, int], ...], rng: np.random.Generator, scale: float
) -> list[Tube]:
    moved: dict[Vector, _Point] = {}
    tubes: list[Tube] = []
    for start, end, thick, thin, generations in stems:
        a, b = (
            moved.setdefault(p, np.asarray(p, float) * (scale, 1.0, 1.0) + rng.normal(0, 3.0, 3))
            for p in (start, end)
        )
        middle = (a + b) / 2 + rng.normal(0, 3.5, 3)
        tubes.append(_tube(a, middle, thick, (thick + thin) / 2))
        tubes.append(_tube(middle, b, (thick + thin) / 2, thin))
        if generations:
            _grow(tubes, a, middle, radius=thin * 0.85, generations=1, rng=rng)
            _grow(tubes, middle, b, radius=thin, generations=generations, rng=rng)
    return tubes


def _grow(
    tubes: list[Tube],
    before: _Point,
    tip: _Point,
    *,
    radius: float,
    generations: int,
    rng: np.random.Generator,
) -> None:
    """Two branches off the tip, each turned from the direction of its parent, and theirs in turn."""
    direction = tip - before
    direction = direction / np.linalg.norm(direction)
    for _ in range(2):
        turned = direction + rng.normal(0, 0.6, 3)
        length = float(rng.uniform(14, 26))
        end = tip + turned / np.linalg.norm(turned) * length
        thin = radius * 0.7
        tubes.append(_tube(tip, end, radius * 0.85, thin))
        if generations > 1 and thin > 0.9:
            _grow(tubes, tip, end, radius=thin, generations=generations - 1, rng=rng)


def _tube(a: _Point, b: _Point, thick: float, thin: float) -> Tube:
    return Tube((float(a[0]), float(a[1]), float(a[2])), (float(b[0]), float(b[1]), float(b[2])), thick, thin)
