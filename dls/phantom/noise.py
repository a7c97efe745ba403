"""Smooth random fields in space (texture of tissue) and measurement noise (texture of images).

Both are windows of blocks that are made once per process; a patient's seed chooses the windows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Array = NDArray[np.float32]

_LATTICE = 96
_SMOOTHING = 2.0
_SHEET = 768


@cache
def _block() -> Array:
    """(96, 96, 96) periodic field of zero mean and unit variance; features are about 5 cells wide."""
    white = np.random.default_rng(20200680).standard_normal((_LATTICE,) * 3, dtype=np.float32)
    smooth = ndimage.gaussian_filter(white, _SMOOTHING, mode="wrap")
    return (smooth / smooth.std()).astype(np.float32)


@cache
def _sheet(blur: float) -> Array:
    """(768, 768) noise of unit variance, correlated over `blur` pixels as an interpolated image is."""
    white = np.random.default_rng(11360201).standard_normal((_SHEET, _SHEET), dtype=np.float32)
    smooth = ndimage.gaussian_filter(white, 0.42 * blur, mode="wrap") if blur > 1.0 else white
    return (smooth / smooth.std()).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Texture:
    """A smooth random field in patient space.

    Parameters
    ----------
    grain : width of its features, mm
    offset : where in the block it starts, cells
    """

    grain: float
    offset: tuple[float, float, float]

    @classmethod
    def draw(cls, grain: float, rng: np.random.Generator) -> Texture:
        """A field of this grain at a random place of the block."""
        x, y, z = rng.uniform(0, _LATTICE, 3)
        return cls(grain, (x, y, z))

    def sample(self, x: Array, y: Array, z: float) -> Array:
        """Values (len(y), len(x)) on the plane z: mean 0, variance 1, linear and periodic between cells.

        It gathers instead of multiplying by sparse matrices: BLAS threads slow each other down where several
        processes render.

        Parameters
        ----------
        x, y : (n,) mm, coordinates of columns and of rows
        z : mm
        """
        cell = self.grain / 5.0
        depth = z / cell + self.offset[2]
        below = int(np.floor(depth))
        f = np.float32(depth - below)
        block = _block()
        plane = (1 - f) * block[below % _LATTICE] + f * block[(below + 1) % _LATTICE]
        above, down = _neighbours(np.asarray(y, float) / cell + self.offset[1])
        left, across = _neighbours(np.asarray(x, float) / cell + self.offset[0])
        down = down[:, None]
        along_y = (1 - down) * plane[above] + down * plane[(above + 1) % _LATTICE]
        return (1 - across) * along_y[:, left] + across * along_y[:, (left + 1) % _LATTICE]


def plane_axes(x: Array, y: Array, z: Array) -> tuple[Array, Array, float]:
    """Coordinates of columns (n,) and rows (m,) and the height, for `Texture.sample`, of a plane of points.

    The plane is given as arrays that broadcast to (m, n); a small tilt is averaged out.
    """
    return x.mean(axis=0), y.mean(axis=1), float(z.mean())


def _neighbours(position: NDArray[np.float64]) -> tuple[NDArray[np.int64], Array]:
    """Lattice cell below each of n positions, and how far beyond it the position lies, 0 to 1."""
    below = np.floor(position).astype(np.int64)
    return below % _LATTICE, (position - below).astype(np.float32)


def magnitude(signal: Array, sigma: float, blur: float, rng: np.random.Generator) -> Array:
    """Magnitude of a slice (rows, columns) with complex Gaussian noise of deviation sigma (Rician)."""
    sheet = _sheet(round(blur, 2))
    rows, columns = signal.shape
    j1, j2 = rng.integers(0, _SHEET - rows, 2)
    i1, i2 = rng.integers(0, _SHEET - columns, 2)
    real = signal + np.float32(sigma) * sheet[j1 : j1 + rows, i1 : i1 + columns]
    imaginary = np.float32(sigma) * sheet[j2 : j2 + rows, i2 : i2 + columns]
    return np.sqrt(real * real + imaginary * imaginary)
