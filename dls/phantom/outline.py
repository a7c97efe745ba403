"""The reader's outline of the lesion: one closed polygon per T2 slice, slightly generous."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dls.phantom.lesion import Lesion
from dls.phantom.painter import Grid

_ANGLES = 48
_STEP_MM = 0.8
_MARGIN_MM = 1.0
_LEAST_MM = 4.0


def draw_outline(lesion: Lesion, grid: Grid, rng: np.random.Generator) -> tuple[NDArray[np.float64], ...]:
    """Polygons (n, 3) in mm (LPS, as the T2 series shows the lesion), from the lowest slice to the highest.

    Slices in which the lesion fills less than a circle of 4 mm diameter are left out, as a reader would; a
    lesion smaller than that everywhere keeps its largest slice.

    Parameters
    ----------
    lesion : what is outlined
    grid : the T2 series, its breathing shift included
    """
    first, last = grid.boxes([lesion], 3.0)[0]
    sections = [(k, *_section(lesion, grid, k, first, last)) for k in range(first[2], last[2])]
    area = {k: float(inside.mean(axis=0).sum()) * _STEP_MM**2 for k, inside, _, _ in sections}
    least = min(np.pi * (_LEAST_MM / 2) ** 2, max(area.values()))
    wobble = rng.normal(0, 1, (3, 2))
    return tuple(
        _polygon(grid, k, _positions(inside, i, j), wobble)
        for k, inside, i, j in sections
        if area[k] >= least
    )


def _section(
    lesion: Lesion, grid: Grid, k: int, first: NDArray[np.int64], last: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]:
    """Whether fine points (3, m, n) in a slice's thickness lie inside, and their indices j (m,), i (n,)."""
    step = _STEP_MM / grid.geometry.spacing[0]
    i = np.arange(first[0], last[0], step)
    j = np.arange(first[1], last[1], step)
    inside = [lesion.rho(*grid.coordinates(k + part, i, j)) < 1.0 for part in (-0.3, 0.0, 0.3)]
    return np.stack(inside), i, j


def _positions(
    inside: NDArray[np.bool_], i: NDArray[np.float64], j: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(n, 2) indices i, j of the points that lie inside anywhere in the slice's thickness."""
    rows, columns = np.nonzero(np.logical_or.reduce(inside))
    return np.column_stack([i[columns], j[rows]])


def _polygon(
    grid: Grid, k: int, points: NDArray[np.float64], wobble: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Polygon (48, 3) mm around points (n, 2): the farthest in each direction, smoothed, a little outside.

    The hand's wobble is the second to fourth harmonic of the angle, coefficients (3, 2).
    """
    ci, cj = points.mean(axis=0)
    di, dj = (points - (ci, cj)).T
    spacing = grid.geometry.spacing[0]
    distance = np.hypot(di, dj) * spacing
    sector = np.floor((np.arctan2(dj, di) / (2 * np.pi) % 1.0) * _ANGLES).astype(int) % _ANGLES
    radius = np.zeros(_ANGLES)
    np.maximum.at(radius, sector, distance)
    known = np.flatnonzero(radius > 0)
    radius = np.interp(np.arange(_ANGLES), known, radius[known], period=_ANGLES)
    radius = np.maximum(radius, (np.roll(radius, 1) + radius + np.roll(radius, -1)) / 3)
    angle = (np.arange(_ANGLES) + 0.5) * 2 * np.pi / _ANGLES
    hand = sum(a * np.cos((n + 2) * angle) + b * np.sin((n + 2) * angle) for n, (a, b) in enumerate(wobble))
    radius = radius * (1.015 + 0.012 * np.clip(hand, -1, 2)) + _MARGIN_MM
    index = np.column_stack(
        [ci + radius / spacing * np.cos(angle), cj + radius / spacing * np.sin(angle), np.full(_ANGLES, k)]
    )
    return grid.geometry.to_patient(index)
