"""Painting a body onto one series' grid, slice by slice, each shape only within its own box."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dls.domain import Sequence
from dls.geometry import Geometry
from dls.phantom.body import Body
from dls.phantom.lesion import Lesion
from dls.phantom.physics import Tissue, Weighting, tissue_signal
from dls.phantom.shapes import Array, Shape, Vector, smooth_minimum

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

    def coordinates(self, k: float, i: NDArray[np.floating], j: NDArray[np.floating]) -> list[Array]:
        """x, y, z at columns i (n,), rows j (m,) of slice k: arrays that broadcast to (m, n)."""
        found = []
        for axis in range(3):
            along_i, along_j, along_k = self._steps[axis]
            value = np.full((1, 1), self._origin[axis] + along_k * k)
            if abs(along_i) > 1e-9:
                value = value + (along_i * i)[None, :]
            if abs(along_j) > 1e-9:
                value = value + (along_j * j)[:, None]
            found.append(value.astype(np.float32))
        return found

    def boxes(self, shapes: list[Shape], margin: float) -> NDArray[np.int64]:
        """(n, 2, 3) first and last + 1 index i, j, k of the box around each shape and a margin in mm."""
        if not shapes:
            return np.zeros((0, 2, 3), np.int64)
        bounds = np.array([shape.bounds for shape in shapes], float)
        centre = (bounds[:, 0] - self._origin) @ self._inverse.T
        half = (bounds[:, 1] + margin) @ np.abs(self._inverse).T
        size = np.asarray(self.geometry.size)
        first = np.clip(np.ceil(centre - half), 0, size)
        last = np.clip(np.floor(centre + half) + 1, 0, size)
        return np.stack([first, last], axis=1).astype(np.int64)


@dataclass(frozen=True, slots=True)
class _Placed:
    """A shape with its box of indices and its signal."""

    shape: Shape
    first: tuple[int, int, int]
    last: tuple[int, int, int]
    value: float

    def box(self, k: int) -> Box | None:
        """Rows and columns of the box, or None where it misses slice k."""
        (i0, j0, k0), (i1, j1, k1) = self.first, self.last
        return (slice(j0, j1), slice(i0, i1)) if k0 <= k < k1 and i0 < i1 and j0 < j1 else None


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
        self._behind = self._placed([p.shape for p in anatomy.behind], [p.tissue for p in anatomy.behind])
        self._inside = self._placed([p.shape for p in anatomy.inside], [p.tissue for p in anatomy.inside])
        self._ducts = self._placed(list(body.ducts), ["bile duct"] * len(body.ducts))
        self._before = self._placed([p.shape for p in anatomy.before], [p.tissue for p in anatomy.before])
        self._liver = self._placed([anatomy.liver], ["liver"], 2.0 + anatomy.ascites_mm)[0]
        lesions = [*body.companions, body.lesion]
        self._lesions = list(zip(lesions, self._placed(lesions, ["liver"] * len(lesions)), strict=True))
        self._trunk = self._trunk_table()

    def paint(self, k: int) -> Array:
        """Signal (rows, columns) of slice k, relative to M0 = 1."""
        image = self._paint_trunk(k)
        for placed in self._behind:
            self._fill(image, placed, k)
        liver = self._paint_liver(image, k)
        for placed in (*self._inside, *self._ducts):
            self._fill(image, placed, k, liver)
        for placed in self._before:
            self._fill(image, placed, k)
        for lesion, placed in self._lesions:
            self._paint_lesion(image, lesion, placed, k)
        return image

    def _signal(self, tissue: str) -> float:
        return tissue_signal(self.weighting, self.body.tissues[tissue])

    def _placed(self, shapes: list[Shape], tissues: list[str], margin: float = 1.5) -> list[_Placed]:
        boxes = self.grid.boxes(shapes, margin)
        return [
            _Placed(shape, tuple(box[0].tolist()), tuple(box[1].tolist()), self._signal(tissue))
            for shape, box, tissue in zip(shapes, boxes, tissues, strict=True)
        ]

    def _coordinates(self, k: int, box: Box) -> list[Array]:
        rows, columns = box
        return self.grid.coordinates(
            k, np.arange(columns.start, columns.stop), np.arange(rows.start, rows.stop)
        )

    def _fill(self, image: Array, placed: _Placed, k: int, within: Array | None = None) -> None:
        """Blend a shape into the image; only where `within` is, if that is given."""
        box = placed.box(k)
        if box is None:
            return
        d = placed.shape.distance(*self._coordinates(k, box))
        weight = np.clip(0.5 - d * self._edge, 0.0, 1.0)
        if within is not None:
            weight *= within[box]
        view = image[box]
        view += weight * (np.float32(placed.value) - view)

    def _trunk_table(self) -> Array:
        """Signal by normalised radius of the trunk, in steps of 1/400, from the middle to beyond the skin."""
        skin, fat, wall = self.body.anatomy.layers
        radius = np.linspace(0, 1.5, 601)
        names = ["visceral fat", "muscle", "fat", "skin", "air"]
        which = np.searchsorted([wall, fat, skin, 1.0], radius)
        return np.array([self._signal(n) for n in names], np.float32)[which]

    def _paint_trunk(self, k: int) -> Array:
        columns, rows, _ = self.grid.geometry.size
        x, y, _ = self._coordinates(k, (slice(0, rows), slice(0, columns)))
        width, depth = (np.float32(v) for v in self.body.anatomy.trunk)
        u, v = np.abs(x) / width, np.abs(y) / depth
        radius = (u ** np.float32(2.3) + v ** np.float32(2.3)) ** np.float32(1 / 2.3)
        position = np.minimum(radius * np.float32(400.0), 599.0)
        below = position.astype(np.int16)
        fraction = position - below
        low = self._trunk[below]
        return low + fraction * (self._trunk[below + 1] - low)

    def _paint_liver(self, image: Array, k: int) -> Array:
        """Fluid around the liver, then the liver with its texture; returns its coverage (rows, columns)."""
        coverage = np.zeros_like(image)
        box = self._liver.box(k)
        if box is None:
            return coverage
        body, anatomy = self.body, self.body.anatomy
        x, y, z = self._coordinates(k, box)
        axes = x.mean(axis=0), y.mean(axis=1), float(z.mean())
        d = anatomy.liver.distance(x, y, z)
        if anatomy.cirrhotic:
            d = d + np.float32(1.5) * body.surface.sample(*axes)
        d = self._bulged(d, box, k)
        view = image[box]
        if anatomy.ascites_mm:
            fluid = np.maximum(
                d - np.float32(anatomy.ascites_mm), anatomy.liver.cavity.distance(x, y, z) + 1.0
            )
            view += np.clip(0.5 - fluid * self._edge, 0.0, 1.0) * (np.float32(self._signal("ascites")) - view)
        texture = np.float32(0.018) * body.parenchyma.sample(*axes)
        if anatomy.cirrhotic:
            sheets = np.exp(-np.square(body.septa.sample(*axes) / np.float32(0.28)))
            texture += np.float32(_SEPTA[self.weighting.sequence]) * (sheets - np.float32(0.27))
        weight = np.clip(0.5 - d * self._edge, 0.0, 1.0)
        view += weight * (np.float32(self._liver.value) * (1.0 + texture) - view)
        coverage[box] = weight
        return coverage

    def _bulged(self, d: Array, box: Box, k: int) -> Array:
        """Distance to the liver once lesions near the surface have pushed it out."""
        rows, columns = box
        for lesion, placed in self._lesions:
            mine = placed.box(k)
            if mine is None:
                continue
            j0, j1 = max(mine[0].start, rows.start), min(mine[0].stop, rows.stop)
            i0, i1 = max(mine[1].start, columns.start), min(mine[1].stop, columns.stop)
            if j0 >= j1 or i0 >= i1:
                continue
            x, y, z = self._coordinates(k, (slice(j0, j1), slice(i0, i1)))
            around = (lesion.rho(x, y, z) - 1.0) * np.float32(lesion.radius) - np.float32(2.0)
            around = np.maximum(around, self.body.anatomy.liver.cavity.distance(x, y, z) + 3.0)
            part = d[j0 - rows.start : j1 - rows.start, i0 - columns.start : i1 - columns.start]
            part[...] = smooth_minimum(part, around, 3.0)
        return d

    def _paint_lesion(self, image: Array, lesion: Lesion, placed: _Placed, k: int) -> None:
        """Blend a lesion in, averaged over 2 x 2 x 3 points of each voxel (partial volume)."""
        box = placed.box(k)
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


def reference_signal(weighting: Weighting, liver: Tissue) -> float:
    """Signal of an average liver, by which the vendor's scale and the noise are set."""
    return tissue_signal(weighting, liver)
