"""Painting a body onto one series' grid, slice by slice, each shape only within its own box."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence as Listing
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dls.domain import Sequence
from dls.geometry import Geometry
from dls.phantom.anatomy import FAR, Part
from dls.phantom.body import Body
from dls.phantom.lesion import Lesion
from dls.phantom.noise import plane_axes
from dls.phantom.physics import Weighting, tissue_signal
from dls.phantom.shapes import Array, Bounded, Ellipsoid, Vector, smooth_minimum

_SEPTA: dict[Sequence, float] = {
    Sequence.T2: 0.20,
    Sequence.DWI: 0.08,
    Sequence.PRE: -0.10,
    Sequence.ARTERIAL: -0.05,
    Sequence.PORTAL: -0.04,
    Sequence.EQUILIBRIUM: 0.12,
}
"""Relative signal of fibrous septa in a cirrhotic liver."""

_SUB = 2
_SUB_SLICES = (-0.32, 0.0, 0.32)

Box = tuple[slice, slice]


class Grid:
    """Coordinates of a series' voxels in the body's own frame, which breathing has shifted.

    Parameters
    ----------
    geometry : of the series
    shift : mm by which the body lies away from where its anatomy was drawn
    """

    def __init__(self, geometry: Geometry, shift: Vector) -> None:
        self.geometry = geometry
        self._steps = geometry.cosines * np.asarray(geometry.spacing)
        self._origin = np.asarray(geometry.origin) - np.asarray(shift)
        self._inverse = np.linalg.inv(self._steps)
        columns, rows, _ = geometry.size
        self._columns = (self._steps[:, 0, None] * np.arange(columns)).astype(np.float32)
        self._rows = (self._steps[:, 1, None] * np.arange(rows) + self._origin[:, None]).astype(np.float32)
        self._varies = [(abs(step[0]) > 1e-9, abs(step[1]) > 1e-9) for step in self._steps]

    def coordinates(self, k: float, i: NDArray[np.float64], j: NDArray[np.float64]) -> list[Array]:
        """x, y, z at columns i (n,), rows j (m,) of slice k: arrays that broadcast to (m, n)."""
        along_i = self._steps[:, 0, None] * i
        along_j = self._steps[:, 1, None] * j + (self._origin + self._steps[:, 2] * k)[:, None]
        return _planes(along_i.astype(np.float32), along_j.astype(np.float32), self._varies)

    def box_coordinates(self, k: int, box: Box) -> list[Array]:
        """x, y, z of all voxels in a box of slice k."""
        rows, columns = box
        along_j = self._rows[:, rows] + (self._steps[:, 2] * k).astype(np.float32)[:, None]
        return _planes(self._columns[:, columns], along_j, self._varies)

    def boxes(self, shapes: Iterable[Bounded], margin: float) -> NDArray[np.int64]:
        """(n, 2, 3) first and last + 1 index i, j, k of the box around each shape and a margin in mm."""
        bounds = np.array([shape.bounds for shape in shapes], float).reshape(-1, 2, 3)
        centre = (bounds[:, 0] - self._origin) @ self._inverse.T
        half = (bounds[:, 1] + margin) @ np.abs(self._inverse).T
        size = np.asarray(self.geometry.size)
        first = np.clip(np.ceil(centre - half), 0, size)
        last = np.clip(np.floor(centre + half) + 1, 0, size)
        return np.stack([first, last], axis=1).astype(np.int64)


def _planes(along_i: Array, along_j: Array, varies: list[tuple[bool, bool]]) -> list[Array]:
    """x, y, z as sums of a column term (3, n) and a row term (3, m), left unsummed where one does not vary.

    The constant part of a coordinate is in its row term.
    """
    planes = []
    for axis, (by_column, by_row) in enumerate(varies):
        down = along_j[axis][:, None] if by_row else along_j[axis][:1, None]
        planes.append(along_i[axis][None, :] + down if by_column else down)
    return planes


def _coverage(distance: Array) -> Array:
    """Part of a pixel that is inside: 1 at -1/2 and less, 0 at 1/2 and more; distance in pixels."""
    return np.minimum(np.maximum(np.float32(0.5) - distance, 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class _Box:
    """First and last + 1 index (i, j, k) of a box of voxels."""

    first: tuple[int, int, int]
    last: tuple[int, int, int]

    def at(self, k: int) -> Box | None:
        """Rows and columns of the box, or None where it misses slice k."""
        (i0, j0, k0), (i1, j1, k1) = self.first, self.last
        return (slice(j0, j1), slice(i0, i1)) if k0 <= k < k1 and i0 < i1 and j0 < j1 else None


@dataclass(frozen=True, slots=True)
class _Placed:
    """A part with the rows and columns of its box and the signal of its tissue and its filling."""

    part: Part
    box: Box
    value: np.float32
    filling: np.float32


class Painter:
    """Paints slices of one series.

    Parameters
    ----------
    body : what is painted
    grid : where
    weighting : how tissues turn into signal
    blur : width of an edge, pixels
    """

    def __init__(self, body: Body, grid: Grid, weighting: Weighting, blur: float) -> None:
        self.body, self.grid, self.weighting = body, grid, weighting
        self._edge = np.float32(1.0 / (max(blur, 1.0) * grid.geometry.spacing[0]))
        anatomy = body.anatomy
        self._behind = self._placed(anatomy.behind)
        self._inside = self._placed((*anatomy.inside, *body.ducts))
        self._before = self._placed(anatomy.before)
        self._liver_box = self._boxes([anatomy.liver], 2.0 + anatomy.ascites_mm)[0]
        lesions = [*body.companions, body.lesion]
        self._lesions = list(zip(lesions, self._boxes(lesions, 1.5), strict=True))
        self._trunk = self._trunk_table()
        outer = Ellipsoid((0.0, 0.0, 0.0), (1.06 * anatomy.trunk[0], 1.06 * anatomy.trunk[1], FAR))
        self._trunk_box = self._boxes([outer], 2.0)[0]

    def paint(self, k: int) -> Array:
        """Signal (rows, columns) of slice k, relative to M0 = 1."""
        image = self._paint_trunk(k)
        for placed in self._behind[k]:
            self._fill(image, placed, k)
        liver = self._paint_liver(image, k)
        for placed in self._inside[k]:
            self._fill(image, placed, k, liver)
        for placed in self._before[k]:
            self._fill(image, placed, k)
        for lesion, box in self._lesions:
            self._paint_lesion(image, lesion, box.at(k), k)
        return image

    def _signal(self, tissue: str) -> float:
        return tissue_signal(self.weighting, self.body.tissues[tissue])

    def _boxes(self, shapes: Iterable[Bounded], margin: float) -> list[_Box]:
        boxes = self.grid.boxes(shapes, margin).tolist()
        return [_Box(tuple(first), tuple(last)) for first, last in boxes]

    def _placed(self, parts: Listing[Part]) -> list[list[_Placed]]:
        """The parts that meet each slice, in order."""
        slices: list[list[_Placed]] = [[] for _ in range(self.grid.geometry.size[2])]
        for part, box in zip(
            parts, self.grid.boxes([part.shape for part in parts], 1.5).tolist(), strict=True
        ):
            (i0, j0, k0), (i1, j1, k1) = box
            if i0 >= i1 or j0 >= j1:
                continue
            value = np.float32(self._signal(part.tissue))
            filling = np.float32(self._signal(part.filling) if part.filling else 0.0)
            placed = _Placed(part, (slice(j0, j1), slice(i0, i1)), value, filling)
            for k in range(k0, k1):
                slices[k].append(placed)
        return slices

    def _fill(self, image: Array, placed: _Placed, k: int, within: Array | None = None) -> None:
        """Blend a part into the image; only where `within` is, if that is given."""
        part, box = placed.part, placed.box
        d = part.shape.distance(*self.grid.box_coordinates(k, box)) * self._edge
        weight = _coverage(d)
        if within is not None:
            weight *= within[box]
        view = image[box]
        if not part.filling:
            view += weight * (placed.value - view)
            return
        inner = _coverage(d + part.wall_mm * self._edge)
        view += weight * (placed.value + inner * (placed.filling - placed.value) - view)

    def _trunk_table(self) -> Array:
        """Signal by normalised radius of the trunk, in steps of 1/400, from the middle to beyond the skin."""
        skin, fat, wall = self.body.anatomy.layers
        radius = np.linspace(0, 1.5, 601)
        names = ["visceral fat", "muscle", "fat", "skin", "air"]
        which = np.searchsorted([wall, fat, skin, 1.0], radius)
        return np.array([self._signal(n) for n in names], np.float32)[which]

    def _paint_trunk(self, k: int) -> Array:
        """Skin, fat, muscle wall and visceral fat by normalised radius, made uneven by two textures."""
        columns, rows, _ = self.grid.geometry.size
        image = np.zeros((rows, columns), np.float32)
        box = self._trunk_box.at(k)
        if box is None:
            return image
        x, y, z = self.grid.box_coordinates(k, box)
        radius = self.body.anatomy.radius(x, y)
        axes = plane_axes(x, y, z)
        uneven = self.body.wall.sample(*axes)
        radius += (np.float32(0.012) + np.float32(0.10) * np.clip(1.0 - radius, 0.0, 0.3)) * uneven
        position = np.minimum(np.maximum(radius * np.float32(400.0), 0.0), 599.0)
        below = position.astype(np.int16)
        step = np.diff(self._trunk, append=np.float32(0.0))
        layers = self._trunk[below] + (position - below) * step[below]
        image[box] = layers * (1.0 + np.float32(0.14) * self.body.strands.sample(*axes))
        return image

    def _paint_liver(self, image: Array, k: int) -> Array:
        """Fluid around the liver, then the liver with its texture; returns its coverage (rows, columns)."""
        coverage = np.zeros_like(image)
        box = self._liver_box.at(k)
        if box is None:
            return coverage
        body, anatomy = self.body, self.body.anatomy
        x, y, z = self.grid.box_coordinates(k, box)
        axes = plane_axes(x, y, z)
        d = anatomy.liver.distance(x, y, z)
        if anatomy.cirrhotic:
            d = d + np.float32(1.5) * body.surface.sample(*axes)
        d = self._bulged(d, box, k)
        view = image[box]
        if anatomy.ascites_mm:
            fluid = np.maximum(
                d - np.float32(anatomy.ascites_mm), anatomy.liver.cavity.distance(x, y, z) + 1.0
            )
            view += _coverage(fluid * self._edge) * (np.float32(self._signal("ascites")) - view)
        texture = np.float32(0.018) * body.parenchyma.sample(*axes)
        if anatomy.cirrhotic:
            sheets = np.exp(-np.square(body.septa.sample(*axes) / np.float32(0.28)))
            texture += np.float32(body.fibrosis * _SEPTA[self.weighting.sequence]) * (
                sheets - np.float32(0.27)
            )
        weight = _coverage(d * self._edge)
        view += weight * (np.float32(self._signal("liver")) * (1.0 + texture) - view)
        coverage[box] = weight
        return coverage

    def _bulged(self, d: Array, box: Box, k: int) -> Array:
        """Distance to the liver once lesions near the surface have pushed it out."""
        rows, columns = box
        for lesion, place in self._lesions:
            mine = place.at(k)
            if mine is None:
                continue
            j0, j1 = max(mine[0].start, rows.start), min(mine[0].stop, rows.stop)
            i0, i1 = max(mine[1].start, columns.start), min(mine[1].stop, columns.stop)
            if j0 >= j1 or i0 >= i1:
                continue
            x, y, z = self.grid.box_coordinates(k, (slice(j0, j1), slice(i0, i1)))
            around = (lesion.rho(x, y, z) - 1.0) * np.float32(lesion.radius) - np.float32(2.0)
            around = np.maximum(around, self.body.anatomy.liver.cavity.distance(x, y, z) + 3.0)
            part = d[j0 - rows.start : j1 - rows.start, i0 - columns.start : i1 - columns.start]
            part[...] = smooth_minimum(part, around, 3.0)
        return d

    def _paint_lesion(self, image: Array, lesion: Lesion, box: Box | None, k: int) -> None:
        """Blend a lesion in, averaged over 2 x 2 x 3 points of each voxel (partial volume)."""
        if box is None:
            return
        rows, columns = box
        offsets = (np.arange(_SUB) + 0.5) / _SUB - 0.5
        i = (np.arange(columns.start, columns.stop)[:, None] + offsets).ravel()
        j = (np.arange(rows.start, rows.stop)[:, None] + offsets).ravel()
        shape = (rows.stop - rows.start, _SUB, columns.stop - columns.start, _SUB)
        opacity = np.zeros((shape[0], shape[2]), np.float32)
        value = np.zeros_like(opacity)
        for part in _SUB_SLICES:
            x, y, z = self.grid.coordinates(k + part, i, j)
            w, s = lesion.paint(x, y, z, self.weighting)
            cavity = self.body.anatomy.liver.cavity.distance(x, y, z) + np.float32(2.5)
            w = w * np.clip(0.5 - cavity, 0.0, 1.0)
            opacity += w.reshape(shape).mean(axis=(1, 3))
            value += (w * s).reshape(shape).mean(axis=(1, 3))
        share = np.float32(1.0 / len(_SUB_SLICES))
        view = image[box]
        view *= 1.0 - opacity * share
        view += value * share
