"""How well a sequence lies on T2 around a lesion, so that displaced ones are looked at first.

The similarity is normalised mutual information, which needs no relation between the contrasts but that they
change together.  It is measured in a box around the lesion, where the sequence lies and at displacements
around that; the score is the share of the best similarity that is missing where it lies.  Comparing a
sequence with itself displaced, not with a fixed threshold, makes the score independent of how similar two
contrasts can be at all.

Source: Studholme, Hill, Hawkes, Pattern Recognition 1999, 32:71 (normalised mutual information); Maes et al.,
IEEE Trans Med Imaging 1997, 16:187 (registration by maximising it).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from dls.domain import Sequence
from dls.geometry import Geometry
from dls.imaging.regions import Shift
from dls.imaging.resample import onto
from dls.imaging.roi import Outline, mask
from dls.imaging.volume import Volume

BINS = 20
STEP = 2.0
"""mm in the plane between the samples of the box, and between displacements."""
REACH = 8
"""Largest displacement in steps in the plane: 16 mm."""
REACH_SLICES = 4
"""Largest displacement across slices in half slices of T2: 14 mm at 7 mm."""
BOX_MM = (60.0, 140.0)
"""Smallest and largest side of the box; between them it is twice the lesion's extent."""
FLAG_SCORE = 0.3
FLAG_MM = 5.0
"""A sequence is looked at above both.  Phantoms as they are (breathing of a few millimetres) score 0 to 0.43,
median 0.14; displaced by 11 mm they score 0.5 to 0.8."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """How one sequence lies on T2.

    Parameters
    ----------
    score : 0 where no displacement is more similar, up to 1
    similarity : normalised mutual information as it lies, 1 to 2
    better : mm in LPS to add to the present shift for the most similar place
    """

    score: float
    similarity: float
    better: Shift

    @property
    def distance(self) -> float:
        """Length of `better` in mm."""
        return float(np.linalg.norm(self.better))

    @property
    def flagged(self) -> bool:
        """Whether somebody should look at it."""
        return self.score >= FLAG_SCORE and self.distance >= FLAG_MM


def mismatches(volumes: Mapping[Sequence, Volume], outline: Outline) -> dict[Sequence, Mismatch]:
    """Mismatch of every sequence but T2.

    Parameters
    ----------
    volumes : in T2's space (shifts taken out), T2 among them
    outline : of the lesion, on T2

    Raises
    ------
    GeometryError
        when the outline lies outside T2.
    """
    t2 = volumes[Sequence.T2]
    box = _box(outline, t2.geometry)
    fixed = binned(onto(t2.voxels, t2.geometry, box))
    return {s: _mismatch(fixed, volume, box) for s, volume in volumes.items() if s is not Sequence.T2}


def similarity(fixed: NDArray[np.integer], moving: NDArray[np.integer]) -> float:
    """Normalised mutual information (H(A) + H(B)) / H(A, B) of two equally large arrays of bins 0..BINS-1."""
    joint = np.bincount(fixed.ravel() * BINS + moving.ravel(), minlength=BINS * BINS)
    table = joint.reshape(BINS, BINS)
    together = _entropy(joint)
    return (_entropy(table.sum(axis=0)) + _entropy(table.sum(axis=1))) / together if together > 0 else 1.0


def _mismatch(fixed: NDArray[np.intp], volume: Volume, box: Geometry) -> Mismatch:
    wide = _widened(box)
    moving = binned(onto(volume.voxels, volume.geometry, wide))
    known: dict[tuple[int, int, int], float] = {}

    def at(place: tuple[int, int, int]) -> float:
        if place not in known:
            known[place] = similarity(fixed, _window(moving, place, fixed.shape))
        return known[place]

    here = at((0, 0, 0))
    coarse = _best(at, product(range(-REACH, REACH + 1, 2), range(-REACH, REACH + 1, 2), _slices()))
    near = [
        (coarse[0] + i, coarse[1] + j, k)
        for i, j, k in product((-1, 0, 1), (-1, 0, 1), _slices())
        if abs(coarse[0] + i) <= REACH and abs(coarse[1] + j) <= REACH and abs(k - coarse[2]) <= 1
    ]
    best = _best(at, [(0, 0, 0), *near])
    gain = at(best) - 1
    score = 0.0 if gain <= 0 else 1 - (here - 1) / gain
    step = np.array([STEP, STEP, box.spacing[2] / 2]) * best
    x, y, z = (float(c) for c in box.cosines @ step)
    return Mismatch(float(score), here, (x, y, z))


def _box(outline: Outline, t2: Geometry) -> Geometry:
    """Grid around the lesion: T2's directions and slices (one more on each side), `STEP` in the plane."""
    places = np.argwhere(mask(outline, t2))[:, ::-1]
    low, high = places.min(axis=0), places.max(axis=0)
    extent = float(((high - low + 1) * t2.spacing)[:2].max())
    n = round(float(np.clip(2 * extent, *BOX_MM)) / STEP)
    middle = (low + high) / 2
    first, last = max(int(low[2]) - 1, 0), min(int(high[2]) + 1, t2.size[2] - 1)
    corner = np.array([*(middle[:2] - (n - 1) / 2 * STEP / np.asarray(t2.spacing[:2])), first])
    x, y, z = (float(c) for c in t2.to_patient(corner))
    return Geometry((n, n, last - first + 1), (x, y, z), (STEP, STEP, t2.spacing[2]), t2.direction)


def _widened(box: Geometry) -> Geometry:
    """The box with room for every displacement, at half slices."""
    nx, ny, nz = box.size
    x, y, z = (float(c) for c in box.to_patient((-REACH, -REACH, -REACH_SLICES / 2)))
    size = (nx + 2 * REACH, ny + 2 * REACH, 2 * nz - 1 + 2 * REACH_SLICES)
    return Geometry(size, (x, y, z), (STEP, STEP, box.spacing[2] / 2), box.direction)


def _window(
    moving: NDArray[np.intp], place: tuple[int, int, int], shape: tuple[int, ...]
) -> NDArray[np.intp]:
    """Part of the widened box that lies on the box when displaced by a place (steps in i, j, half slices)."""
    i, j, k = REACH + place[0], REACH + place[1], REACH_SLICES + place[2]
    return moving[k : k + 2 * shape[0] - 1 : 2, j : j + shape[1], i : i + shape[2]]


def _slices() -> range:
    return range(-REACH_SLICES, REACH_SLICES + 1)


def _best(
    at: Callable[[tuple[int, int, int]], float], places: Iterable[tuple[int, int, int]]
) -> tuple[int, int, int]:
    """The place of the largest similarity; of equal ones the nearest."""
    return max(places, key=lambda place: (at(place), -sum(p * p for p in place)))


def binned(values: NDArray[np.float32]) -> NDArray[np.intp]:
    """Values as bins 0..BINS-1 between their 1st and 99th percentile."""
    low, high = np.percentile(values, (1, 99))
    width = max(float(high - low), 1e-6)
    return np.clip((values - low) / width * BINS, 0, BINS - 1).astype(np.intp)


def _entropy(counts: NDArray[np.integer]) -> float:
    share = counts[counts > 0] / counts.sum()
    return float(-(share * np.log(share)).sum())
