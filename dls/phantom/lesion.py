"""A focal liver lesion: an irregular ellipsoid built of layers, each a tissue with its place inside.

Positions inside a lesion are given by rho (0 at the centre, 1 at the surface) and by two smooth random
fields, coarse and fine, of zero mean and unit variance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from dls.domain import Sequence
from dls.phantom.noise import Texture, plane_axes
from dls.phantom.physics import Tissue, Weighting, tissue_signal
from dls.phantom.shapes import Array, Ellipsoid, Vector


class Layer(Protocol):
    """A tissue and how much of each voxel of the lesion it fills."""

    @property
    def tissue(self) -> Tissue:
        """What it is made of."""
        ...

    def weight(self, rho: Array, coarse: Array, fine: Array, sequence: Sequence) -> Array:
        """Fraction filled, 0 to 1."""
        ...


def _step(value: Array, softness: float) -> Array:
    """0 below -softness, 1 above +softness, linear between."""
    return np.clip(0.5 + value * np.float32(0.5 / softness), 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Shell:
    """Rim or capsule: from rho = inner to the surface, thicker and thinner with the coarse field.

    Parameters
    ----------
    inner : rho where it begins
    waviness : how far the inner border moves with the coarse field
    coverage : 1 for a complete shell, less for one with gaps
    """

    tissue: Tissue
    inner: float
    waviness: float = 0.05
    coverage: float = 1.0

    def weight(self, rho: Array, coarse: Array, fine: Array, sequence: Sequence) -> Array:
        """Fraction filled by the shell."""
        w = _step(rho - np.float32(self.inner) + np.float32(self.waviness) * coarse, 0.05)
        if self.coverage < 1.0:
            w = w * _step(fine + np.float32(4.0 * self.coverage - 2.0), 0.4)
        return w


@dataclass(frozen=True, slots=True)
class Core:
    """Centre, such as necrosis: rho below `outer`, with an irregular border."""

    tissue: Tissue
    outer: float
    irregularity: float = 0.12

    def weight(self, rho: Array, coarse: Array, fine: Array, sequence: Sequence) -> Array:
        """Fraction filled by the centre."""
        return _step(np.float32(self.outer) - rho - np.float32(self.irregularity) * coarse, 0.08)


@dataclass(frozen=True, slots=True)
class Scar:
    """Central scar: a small centre with arms along the sheets where the coarse field is zero."""

    tissue: Tissue
    reach: float = 0.55
    arm: float = 0.22

    def weight(self, rho: Array, coarse: Array, fine: Array, sequence: Sequence) -> Array:
        """Fraction filled by the scar."""
        narrowing = np.float32(self.arm) * np.clip(1.0 - rho / np.float32(self.reach), 0.0, 1.0)
        arms = _step(narrowing - np.abs(coarse) * np.float32(0.45), 0.06) * (rho < self.reach)
        centre = _step(np.float32(0.16) - rho - 0.04 * fine, 0.06)
        return np.maximum(arms, centre)


@dataclass(frozen=True, slots=True)
class Patches:
    """Islands where the fine field exceeds a threshold: mosaic, fat, bleeding, septa."""

    tissue: Tissue
    threshold: float
    softness: float = 0.3

    def weight(self, rho: Array, coarse: Array, fine: Array, sequence: Sequence) -> Array:
        """Fraction filled by the islands."""
        return _step(fine - np.float32(self.threshold), self.softness)


@dataclass(frozen=True, slots=True)
class Filling:
    """Peripheral nodules that grow towards the centre from phase to phase (haemangioma).

    Parameters
    ----------
    levels : rho from which the blood spaces are filled in arterial, portal and equilibrium phase
    raggedness : how far the front moves with the fine field
    """

    tissue: Tissue
    levels: tuple[float, float, float]
    raggedness: float = 0.22

    def weight(self, rho: Array, coarse: Array, fine: Array, sequence: Sequence) -> Array:
        """Fraction filled with contrast medium in this phase."""
        level = dict(
            zip((Sequence.ARTERIAL, Sequence.PORTAL, Sequence.EQUILIBRIUM), self.levels, strict=True)
        )
        if sequence not in level:
            return np.zeros_like(rho)
        return _step(rho - np.float32(level[sequence]) + np.float32(self.raggedness) * fine, 0.10)


@dataclass(frozen=True, slots=True)
class Lesion:
    """One lesion.

    Parameters
    ----------
    body : the ellipsoid before its surface is made irregular
    tissue : what fills it where no layer does
    layers : painted over one another, in order
    lobulation : relative irregularity of the surface
    softness_mm : width over which its border blends into the liver
    heterogeneity : relative variation of the signal with the fine field
    """

    body: Ellipsoid
    tissue: Tissue
    layers: tuple[Layer, ...]
    lobulation: float
    softness_mm: float
    heterogeneity: float
    surface: Texture
    coarse: Texture
    fine: Texture

    @property
    def radius(self) -> float:
        """Mean radius, mm."""
        return float(np.mean(self.body.radii))

    @property
    def bounds(self) -> tuple[Vector, Vector]:
        """Centre and half extents of a box around the irregular surface, mm."""
        centre, half = self.body.bounds
        grow = 1.0 + 2.0 * self.lobulation
        margin = self.softness_mm
        return centre, (half[0] * grow + margin, half[1] * grow + margin, half[2] * grow + margin)

    def rho(self, x: Array, y: Array, z: Array) -> Array:
        """Relative radius (rows, columns), 1 on the surface; x (1, n), y and z (m, 1) or tilted likewise."""
        unit = self.body.unit(x, y, z)
        bumps = self.surface.sample(*plane_axes(x, y, z))
        return unit / (1.0 + np.float32(self.lobulation) * np.clip(bumps, -1.8, 1.8))

    def paint(self, x: Array, y: Array, z: Array, weighting: Weighting) -> tuple[Array, Array]:
        """Opacity and signal (rows, columns) on a plane."""
        rho = self.rho(x, y, z)
        axes = plane_axes(x, y, z)
        coarse, fine = self.coarse.sample(*axes), self.fine.sample(*axes)
        value = np.full_like(rho, tissue_signal(weighting, self.tissue))
        for layer in self.layers:
            w = layer.weight(rho, coarse, fine, weighting.sequence)
            value += w * (np.float32(tissue_signal(weighting, layer.tissue)) - value)
        value *= 1.0 + np.float32(self.heterogeneity) * np.clip(fine, -2.0, 2.0)
        opacity = _step((1.0 - rho) * np.float32(self.radius), max(self.softness_mm, 0.4))
        return opacity, value
