"""Where a grid of voxels lies in the patient (DICOM LPS coordinates, millimetres).

Source: DICOM PS3.3 C.7.6.2.1.1 (equation C.7.6.2.1-1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class Geometry:
    """A regular grid: voxel (i, j, k) counts columns, rows and slices.

    Parameters
    ----------
    size : (3,) number of columns, rows, slices
    origin : (3,) mm, centre of voxel (0, 0, 0)
    spacing : (3,) mm, between columns, rows and slices
    direction : (9,) row-major cosines; its columns are the unit vectors of i, j and k
    """

    size: tuple[int, int, int]
    origin: tuple[float, float, float]
    spacing: tuple[float, float, float]
    direction: tuple[float, ...]

    @property
    def cosines(self) -> NDArray[np.float64]:
        """(3, 3) matrix whose columns are the directions of i, j and k."""
        return np.asarray(self.direction, dtype=float).reshape(3, 3)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of the array of voxels: (slices, rows, columns)."""
        return self.size[2], self.size[1], self.size[0]

    def to_patient(self, index: ArrayLike) -> NDArray[np.float64]:
        """Patient coordinates (..., 3) in mm of voxel indices (..., 3) in order i, j, k."""
        scaled = np.asarray(index, dtype=float) * np.asarray(self.spacing)
        return scaled @ self.cosines.T + np.asarray(self.origin)

    def to_index(self, point: ArrayLike) -> NDArray[np.float64]:
        """Fractional voxel indices (..., 3), order i, j, k, of patient points (..., 3) in mm."""
        offset = np.asarray(point, dtype=float) - np.asarray(self.origin)
        return offset @ self.cosines / np.asarray(self.spacing)

    def contains(self, point: ArrayLike) -> NDArray[np.bool_]:
        """Whether patient points (..., 3) lie within the outer faces of the grid's voxels."""
        index = self.to_index(point)
        return np.all((index >= -0.5) & (index <= np.asarray(self.size) - 0.5), axis=-1)
