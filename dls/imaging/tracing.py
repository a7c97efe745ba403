"""From voxels back to contours: the border of a mask as polygons that give the same mask again.

The border is the isoline of the mask by marching squares (contourpy; Lorensen & Cline, Comput Graph 1987,
21:163, in two dimensions).  It passes between the centres of voxels inside and outside, so that rasterising
it by `roi.mask` gives back every voxel.
"""

from __future__ import annotations

import numpy as np
from contourpy import LineType, contour_generator
from numpy.typing import NDArray

from dls.errors import GeometryError
from dls.geometry import Geometry
from dls.imaging.roi import Outline

_LEVEL = 0.51
"""A little over a half: a border at the edge of the volume then lies just within it."""


def outline_of(marked: NDArray[np.bool_], geometry: Geometry) -> Outline:
    """Outline of a mask (nz, ny, nx) on its grid; holes become contours of their own (even-odd rule).

    Raises
    ------
    GeometryError
        when the mask is empty or does not have the shape of the grid.
    """
    if marked.shape != geometry.shape:
        raise GeometryError(
            "The mask does not fill its grid", expected=f"{geometry.shape}", got=f"{marked.shape}"
        )
    contours = []
    for k in np.flatnonzero(marked.any(axis=(1, 2))):
        padded = np.pad(marked[k], 1).astype(float)
        for line in contour_generator(z=padded, line_type=LineType.Separate).lines(_LEVEL):
            border = np.asarray(line, dtype=float)[:-1] - 1  # closed; without the padding
            index = np.column_stack([border, np.full(len(border), k)])
            contours.append(geometry.to_patient(index))
    if not contours:
        raise GeometryError("The mask is empty", expected="at least one marked voxel")
    return Outline.of(contours)
