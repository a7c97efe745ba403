"""Implicit shapes: an approximate signed distance (mm, negative inside) at points in patient coordinates.

Coordinates are passed as three arrays that broadcast against each other; on an untilted grid x varies along
columns only and y, z along rows only, which is what makes the evaluation cheap.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Vector = tuple[float, float, float]


class Bounded(Protocol):
    """Anything with a box around it."""

    @property
    def bounds(self) -> tuple[Vector, Vector]:
        """Centre and half extents of a box around it, mm."""
        ...


class Shape(Bounded, Protocol):
    """Anything with a box around it and a distance."""

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Signed distance in mm, negative inside."""
        ...


def rotation(degrees: float, axis: str = "z") -> NDArray[np.float64]:
    """(3, 3) rotation about one of the patient's axes."""
    a = np.deg2rad(degrees)
    i, j = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    matrix = np.eye(3)
    matrix[i, i] = matrix[j, j] = np.cos(a)
    matrix[i, j], matrix[j, i] = -np.sin(a), np.sin(a)
    return matrix


@lru_cache(maxsize=4096)
def _to_unit_sphere(radii: Vector, turn: tuple[float, ...]) -> Array:
    """(3, 3) matrix from an offset in mm to the unit sphere."""
    return (np.asarray(turn).reshape(3, 3).T / np.asarray(radii)[:, None]).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Ellipsoid:
    """An ellipsoid; a very large radius makes it a cylinder.

    Parameters
    ----------
    centre, radii : mm
    turn : (9,) row-major rotation from the ellipsoid's axes to the patient's; empty for none
    """

    centre: Vector
    radii: Vector
    turn: tuple[float, ...] = ()

    @property
    def bounds(self) -> tuple[Vector, Vector]:
        """Centre and half extents, mm."""
        matrix = np.asarray(self.turn or np.eye(3)).reshape(3, 3)
        half = np.sqrt(((matrix * np.asarray(self.radii)) ** 2).sum(axis=1))
        return self.centre, (float(half[0]), float(half[1]), float(half[2]))

    def unit(self, x: Array, y: Array, z: Array) -> Array:
        """Distance from the centre where the surface is 1."""
        dx, dy, dz = (c - np.float32(m) for c, m in zip((x, y, z), self.centre, strict=True))
        if not self.turn:
            a, b, c = (np.float32(1.0 / r) for r in self.radii)
            return np.sqrt(np.square(a * dx) + (np.square(b * dy) + np.square(c * dz)))
        rows = _to_unit_sphere(self.radii, self.turn)
        p, q, r = (row[0] * dx + (row[1] * dy + row[2] * dz) for row in rows)
        return np.sqrt(p * p + q * q + r * r)

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Signed distance, exact for a sphere."""
        finite = [r for r in self.radii if r < 200.0]
        return (self.unit(x, y, z) - np.float32(1.0)) * np.float32(sum(finite) / len(finite))


@dataclass(frozen=True, slots=True)
class Tube:
    """A straight piece of vessel or bone: from `start` to `end` with its radius at either end, mm."""

    start: Vector
    end: Vector
    start_radius: float
    end_radius: float

    @property
    def bounds(self) -> tuple[Vector, Vector]:
        """Centre and half extents, mm."""
        a, b = np.asarray(self.start), np.asarray(self.end)
        half = np.abs(b - a) / 2 + max(self.start_radius, self.end_radius)
        centre = (a + b) / 2
        return tuple(centre.tolist()), tuple(half.tolist())

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Distance to the axis less the radius there.

        With offset o from the start, axis v and t = o·v / v·v clipped to [0, 1], the squared distance is
        o·o - t (2 o·v - t v·v).
        """
        ax, ay, az = self.start
        vx, vy, vz = self.end[0] - ax, self.end[1] - ay, self.end[2] - az
        length = np.float32(max(vx * vx + vy * vy + vz * vz, 1e-6))
        dx, dy, dz = x - np.float32(ax), y - np.float32(ay), z - np.float32(az)
        along = np.float32(vx) * dx + (np.float32(vy) * dy + np.float32(vz) * dz)
        t = np.minimum(np.maximum(along / length, 0.0), 1.0)
        squared = dx * dx + (dy * dy + dz * dz) - t * (2.0 * along - t * length)
        radius = np.float32(self.start_radius) + t * np.float32(self.end_radius - self.start_radius)
        return np.sqrt(np.maximum(squared, 0.0)) - radius


@dataclass(frozen=True, slots=True)
class Intersection:
    """What lies inside both shapes; bounded by the first."""

    first: Shape
    second: Shape

    @property
    def bounds(self) -> tuple[Vector, Vector]:
        """Bounds of the first shape."""
        return self.first.bounds

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """The larger of the two distances."""
        return np.maximum(self.first.distance(x, y, z), self.second.distance(x, y, z))


@dataclass(frozen=True, slots=True)
class Shrunk:
    """What lies deeper than `margin` mm inside a shape."""

    shape: Shape
    margin: float

    @property
    def bounds(self) -> tuple[Vector, Vector]:
        """Bounds of the whole shape."""
        return self.shape.bounds

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """The shape's distance, moved inwards."""
        return self.shape.distance(x, y, z) + np.float32(self.margin)


@dataclass(frozen=True, slots=True)
class Anterior:
    """Everything in front of a coronal plane: gas above fluid in a patient who lies on the back."""

    y: float

    @property
    def bounds(self) -> tuple[Vector, Vector]:
        """The whole body."""
        return (0.0, self.y, 0.0), (1e3, 1e3, 1e3)

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Distance behind the plane."""
        return y - np.float32(self.y)


@dataclass(frozen=True, slots=True)
class Outside:
    """Everything outside a shape."""

    shape: Shape

    @property
    def bounds(self) -> tuple[Vector, Vector]:
        """The whole body."""
        return (0.0, 0.0, 0.0), (1e3, 1e3, 1e3)

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """The shape's distance with its sign turned."""
        return -self.shape.distance(x, y, z)


def smooth_minimum(a: Array, b: Array, width: float) -> Array:
    """Union of two distances whose seam is rounded over `width` mm (polynomial smooth minimum)."""
    h = np.maximum(np.float32(width) - np.abs(a - b), 0.0)
    return np.minimum(a, b) - h * h * np.float32(0.25 / width)


def smooth_maximum(a: Array, b: Array, width: float) -> Array:
    """Intersection of two distances whose edge is rounded over `width` mm."""
    return -smooth_minimum(-a, -b, width)
