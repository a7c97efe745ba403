"""Regions of interest: polygons drawn on T2, as masks on any sequence's grid.

An outline is kept in patient millimetres, so that it means the same on every grid.  It is rasterised once, on
the grid it was drawn on, and carried to other sequences through origin, spacing and direction cosines.
Source: Zhen et al., Front Oncol 2020, 10:680, Methods (regions drawn on T2, copied to the other sequences).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dls.errors import GeometryError
from dls.geometry import Geometry

OFF_PLANE = 0.5
"""A contour belongs to the nearest slice; its vertices may stray from it by less than half a slice."""


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """A lesion's border: one closed planar polygon (or several) for each slice that shows it.

    Parameters
    ----------
    contours : each (n, 3) float, mm in LPS, n >= 3; the last vertex is joined to the first
    """

    contours: tuple[NDArray[np.float64], ...]

    @classmethod
    def of(cls, contours: Iterable[ArrayLike]) -> Outline:
        """Outline from anything that reads as (n, 3) numbers, such as nested lists from JSON.

        Raises
        ------
        GeometryError
            when there is no contour, or one is not at least three finite points of three coordinates.
        """
        try:
            arrays = tuple(np.asarray(c, dtype=float) for c in contours)
        except (TypeError, ValueError) as error:
            raise GeometryError("The outline does not hold points", got=str(error)) from error
        outline = cls(arrays)
        outline._check_form()
        return outline

    def to_lists(self) -> list[list[list[float]]]:
        """Nested lists for JSON; `of` turns them back."""
        return [contour.tolist() for contour in self.contours]

    def validate(self, geometry: Geometry) -> None:
        """Check the outline against the grid it was drawn on.

        Raises
        ------
        GeometryError
            when the form is wrong, a vertex lies outside the volume, or a contour does not stay on one slice.
        """
        self._check_form()
        for number, contour in enumerate(self.contours, start=1):
            outside = ~geometry.contains(contour)
            if outside.any():
                raise GeometryError(
                    "The region of interest lies outside the volume",
                    expected=f"points within {_extent(geometry)}",
                    got=f"{int(outside.sum())} of {len(contour)} points of contour {number} outside, "
                    f"the first at {_point(contour[int(outside.argmax())])}",
                    remedy="draw it on this T2 series; check that outline and images are of one patient",
                )
            depth = geometry.to_index(contour)[:, 2]
            if np.ptp(depth) >= OFF_PLANE:
                raise GeometryError(
                    "A contour does not stay on one slice",
                    expected="all its points on one T2 slice",
                    got=f"contour {number} from slice {depth.min():.1f} to {depth.max():.1f}",
                    remedy="draw it on the T2 series, slice by slice",
                )

    def _check_form(self) -> None:
        if not self.contours:
            raise GeometryError("The region of interest is empty", expected="at least one contour")
        for number, contour in enumerate(self.contours, start=1):
            if (
                contour.ndim != 2
                or contour.shape[1] != 3
                or len(contour) < 3
                or not np.isfinite(contour).all()
            ):
                raise GeometryError(
                    "A contour is not a polygon",
                    expected="at least 3 points of 3 finite coordinates in mm",
                    got=f"contour {number} of shape {contour.shape}",
                )


def mask(outline: Outline, geometry: Geometry) -> NDArray[np.bool_]:
    """Voxels (nz, ny, nx) whose centre lies inside the outline, on the grid it was drawn on.

    Even-odd rule; contours of one slice are joined by exclusive or, so that a ring has a hole.  A contour too
    small to hold any centre marks the voxel nearest to its own, so that no lesion vanishes.

    Raises
    ------
    GeometryError
        from `Outline.validate`.
    """
    outline.validate(geometry)
    marked = np.zeros(geometry.shape, dtype=bool)
    for contour in outline.contours:
        index = geometry.to_index(contour)
        k = round(float(index[:, 2].mean()))
        low = np.maximum(np.floor(index[:, :2].min(axis=0)).astype(int), 0)
        high = np.minimum(np.ceil(index[:, :2].max(axis=0)).astype(int) + 1, geometry.size[:2])
        inside = _inside(index[:, :2] - low, (high[1] - low[1], high[0] - low[0]))
        if inside.any():
            marked[k, low[1] : high[1], low[0] : high[0]] ^= inside
        else:
            i, j = np.clip(
                np.rint(index[:, :2].mean(axis=0)).astype(int), 0, np.asarray(geometry.size[:2]) - 1
            )
            marked[k, j, i] = True
    return marked


def propagate(outline: Outline, source: Geometry, target: Geometry) -> NDArray[np.bool_]:
    """Voxels (nz, ny, nx) of the target whose centre falls into a marked voxel of the source (nearest).

    Raises
    ------
    GeometryError
        when the outline lies outside the source, or no voxel of the target meets it.
    """
    carried = carry(mask(outline, source), source, target)
    if not carried.any():
        raise GeometryError(
            "The region of interest lies outside a sequence",
            expected=f"a region within {_extent(target)}",
            got=f"one around {_point(np.concatenate(outline.contours).mean(axis=0))}",
            remedy="check that the sequences cover the same part of the liver",
        )
    return carried


def carry(marked: NDArray[np.bool_], source: Geometry, target: Geometry) -> NDArray[np.bool_]:
    """A mask (nz, ny, nx) of the source on the target's grid, nearest neighbour; may come out empty."""
    carried = np.zeros(target.shape, dtype=bool)
    if not marked.any():
        return carried
    places = np.argwhere(marked)[:, ::-1]
    low, high = places.min(axis=0) - 0.5, places.max(axis=0) + 0.5
    corners = np.array(np.meshgrid(*zip(low, high, strict=True))).reshape(3, -1).T
    box = target.to_index(source.to_patient(corners))
    first = np.maximum(np.floor(box.min(axis=0)).astype(int), 0)
    last = np.minimum(np.ceil(box.max(axis=0)).astype(int) + 1, target.size)
    if (last <= first).any():
        return carried
    i, j, k = np.meshgrid(*(np.arange(a, b) for a, b in zip(first, last, strict=True)), indexing="ij")
    where = np.rint(source.to_index(target.to_patient(np.stack([i, j, k], axis=-1)))).astype(int)
    within = np.all((where >= 0) & (where < source.size), axis=-1)
    x, y, z = np.moveaxis(np.clip(where, 0, np.asarray(source.size) - 1), -1, 0)
    part = within & marked[z, y, x]
    carried[first[2] : last[2], first[1] : last[1], first[0] : last[0]] = part.transpose(2, 1, 0)
    return carried


def _inside(polygon: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Pixels (rows, columns) whose centre (column, row) is inside a polygon (n, 2), by the even-odd rule."""
    rows, columns = np.arange(shape[0])[:, None], np.arange(shape[1])[None, :]
    inside = np.zeros(shape, dtype=bool)
    for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        if y0 == y1:
            continue
        crosses = (y0 > rows) != (y1 > rows)
        inside ^= crosses & (columns < x0 + (rows - y0) * (x1 - x0) / (y1 - y0))
    return inside


def _extent(geometry: Geometry) -> str:
    """The box of the grid's outer faces in patient coordinates."""
    ends = [(-0.5, n - 0.5) for n in geometry.size]
    corners = geometry.to_patient(np.array(np.meshgrid(*ends)).reshape(3, -1).T)
    pairs = zip("xyz", corners.min(axis=0), corners.max(axis=0), strict=True)
    return ", ".join(f"{axis} {low:.0f} to {high:.0f} mm" for axis, low, high in pairs)


def _point(point: NDArray[np.float64]) -> str:
    return "(" + ", ".join(f"{x:.1f}" for x in point) + ") mm"
