"""Voxels together with the place they have in the patient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dls.errors import GeometryError
from dls.geometry import Geometry


@dataclass(frozen=True, slots=True, eq=False)
class Volume:
    """One MR volume.

    Parameters
    ----------
    voxels : (slices, rows, columns) int16 or float32, after rescale slope and intercept
    geometry : the grid; `geometry.shape` equals the shape of the voxels
    window : (centre, width) that the scanner wrote, in the unit of the voxels, or None

    Raises
    ------
    GeometryError
        when the shape of the voxels is not the shape of the grid.
    """

    voxels: NDArray[Any]
    geometry: Geometry
    window: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if self.voxels.shape != self.geometry.shape:
            raise GeometryError(
                "The voxels do not fill their grid",
                expected=f"shape {self.geometry.shape} (slices, rows, columns)",
                got=f"shape {self.voxels.shape}",
            )
        if self.voxels.dtype not in (np.dtype(np.int16), np.dtype(np.float32)):
            raise GeometryError(
                "Unknown type of voxel", expected="int16 or float32", got=str(self.voxels.dtype)
            )
