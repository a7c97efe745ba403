"""The upper abdomen of a simulated patient as implicit shapes, with variety from patient to patient.

Coordinates are DICOM patient coordinates (LPS, mm): x to the patient's left, y to the back, z to the head.
The origin lies in the middle of the trunk at the height of the liver's hilum.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from dls.phantom.shapes import (
    Anterior,
    Array,
    Ellipsoid,
    Intersection,
    Outside,
    Shape,
    Shrunk,
    Tube,
    Vector,
    rotation,
    smooth_maximum,
    smooth_minimum,
)
from dls.phantom.vessels import hepatic_veins, portal_veins

FAR = 1000.0
"""Radius that makes an ellipsoid a cylinder, mm."""


@dataclass(frozen=True, slots=True)
class Part:
    """A shape filled with a tissue, or a wall of it around something else.

    Parameters
    ----------
    shape : where it is
    tissue, filling : names in `dls.phantom.physics.TISSUES`; no filling makes it solid
    wall_mm : thickness of the tissue around the filling
    """

    shape: Shape
    tissue: str
    filling: str = ""
    wall_mm: float = 0.0


@dataclass(frozen=True, slots=True)
class Liver:
    """Right and left lobe and caudate, within the cavity, less the neighbours that press into it."""

    right: Ellipsoid
    left: Ellipsoid
    caudate: Ellipsoid
    cavity: Ellipsoid
    hollows: tuple[Ellipsoid, ...]

    @property
    def bounds(self) -> tuple[Vector, Vector]:
        """Box around both lobes, mm."""
        boxes = [np.asarray(lobe.bounds) for lobe in (self.right, self.left, self.caudate)]
        low = np.min([c - h for c, h in boxes], axis=0)
        high = np.max([c + h for c, h in boxes], axis=0)
        return tuple(((low + high) / 2).tolist()), tuple(((high - low) / 2 + 4).tolist())

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Signed distance, mm."""
        d = smooth_minimum(self.right.distance(x, y, z), self.left.distance(x, y, z), 22.0)
        d = smooth_minimum(d, self.caudate.distance(x, y, z), 8.0)
        d = smooth_maximum(d, self.cavity.distance(x, y, z) + np.float32(4.0), 8.0)
        for hollow in self.hollows:
            d = smooth_maximum(d, -hollow.distance(x, y, z), 9.0)
        return d


@dataclass(frozen=True, slots=True)
class LungBase:
    """The part of the cavity above the two domes of the diaphragm."""

    cavity: Ellipsoid
    right: tuple[float, float, float]
    left: tuple[float, float, float]

    @property
    def bounds(self) -> tuple[Vector, Vector]:
        """The cavity above the lowest recess."""
        (x, y, _), (half_x, half_y, _) = self.cavity.bounds
        return (x, y, 60.0), (half_x, half_y, 110.0)

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Signed distance, mm: below a dome or outside the cavity is positive."""
        domes = [
            np.float32(top) - 95.0 * (((x - cx) / np.float32(98.0)) ** 2 + ((y - cy) / np.float32(86.0)) ** 2)
            for cx, cy, top in (self.right, self.left)
        ]
        above = (np.maximum(domes[0], domes[1]) - z) * np.float32(0.6)
        return np.maximum(above, self.cavity.distance(x, y, z) + np.float32(2.0))


@dataclass(frozen=True, slots=True)
class Anatomy:
    """One patient's abdomen.

    Parameters
    ----------
    trunk : half width and half depth of the body, mm
    layers : normalised radii at which skin, fat and muscle wall end (from outside inwards)
    behind : parts painted before the liver, in order
    liver : the liver
    inside : parts painted over the liver and only there (vessels)
    before : parts painted after the liver, in order
    cirrhotic : nodular surface and texture
    ascites_mm : thickness of fluid around the liver
    """

    trunk: tuple[float, float]
    layers: tuple[float, float, float]
    behind: tuple[Part, ...]
    liver: Liver
    inside: tuple[Part, ...]
    before: tuple[Part, ...]
    cirrhotic: bool
    ascites_mm: float

    def radius(self, x: Array, y: Array) -> Array:
        """Normalised radius, 1 on the skin: between an ellipse and a rectangle, with a groove at the back."""
        width, depth = (np.float32(v) for v in self.trunk)
        groove = 1.0 + np.float32(0.05) * np.exp(-np.square(x / np.float32(17.0))) * (y > 0)
        u, v = np.abs(x) / width, np.abs(y) / depth * groove
        return np.sqrt(np.sqrt(u * u * u * u + v * v * v * v + np.float32(1.4) * (u * v) ** 2))


def draw_anatomy(rng: np.random.Generator, *, male: bool, cirrhotic: bool, ascites_mm: float) -> Anatomy:
    """The abdomen of one patient; body size depends on sex, liver and spleen on cirrhosis."""
    width = float(np.clip(rng.normal(172 if male else 161, 10), 140, 196))
    depth = width * float(np.clip(rng.normal(0.665, 0.03), 0.6, 0.74))
    fat = float(np.clip(rng.normal(17 if male else 21, 6), 8, 38)) / width
    layers = (1 - 1.8 / width, 1 - fat, 1 - fat - float(rng.uniform(10, 14)) / width)
    inner_x, inner_y = layers[2] * width, layers[2] * depth
    cavity = Ellipsoid((0.0, 0.0, 0.0), (inner_x, inner_y, FAR))
    s = inner_x / 140.0

    kidneys = _kidneys(rng, s, inner_y)
    liver = _liver(rng, s, inner_y, cavity, kidney=kidneys[0][0].shape, cirrhotic=cirrhotic)
    spleen = _spleen(rng, s, inner_y, cavity, cirrhotic)
    spine_y = 0.50 * inner_y
    portal = portal_veins(rng, s)
    behind = (
        Part(
            LungBase(cavity, (-62 * s, -4.0, 84 + rng.normal(0, 4)), (72 * s, -4.0, 70 + rng.normal(0, 5))),
            "lung",
        ),
        *_ribs(rng, width * (layers[1] + layers[2]) / 2, depth * (layers[1] + layers[2]) / 2),
        *_spine(rng, spine_y),
        *(part for kidney in kidneys for part in kidney),
        *_bowel(rng, s, cavity),
        *_pancreas(rng, s),
        *(Part(tube, "portal vein") for tube in portal[:4]),
        *_stomach(rng, s, cavity),
        *spleen,
        *_great_vessels(rng, spine_y),
    )
    veins = [Part(tube, "portal vein") for tube in portal]
    veins += [Part(tube, "hepatic vein") for tube in hepatic_veins(rng, s)]
    before = (
        Part(Ellipsoid((22 * s, -32.0, 118.0), (62 * s, 46.0, 42.0)), "heart"),
        *_gallbladder(rng, s, inner_y),
        *_vena_cava(rng),
    )
    return Anatomy((width, depth), layers, behind, liver, tuple(veins), before, cirrhotic, ascites_mm)


def _around(rng: np.random.Generator, x: float, y: float, z: float, spread: float = 3.0) -> Vector:
    dx, dy, dz = rng.normal(0, spread, 3)
    return x + dx, y + dy, z + dz


def _turned(*turns: tuple[float, str]) -> tuple[float, ...]:
    matrix = np.eye(3)
    for degrees, axis in turns:
        matrix = rotation(degrees, axis) @ matrix
    return tuple(matrix.ravel().tolist())


def _liver(
    rng: np.random.Generator, s: float, inner_y: float, cavity: Ellipsoid, *, kidney: Shape, cirrhotic: bool
) -> Liver:
    right_scale, left_scale = (0.92, 1.15) if cirrhotic else (1.0, 1.0)
    right_scale *= float(np.exp(0.05 * rng.standard_normal()))
    left_scale *= float(np.exp(0.12 * rng.standard_normal()))
    top = float(rng.normal(72, 3))
    height = 84 * right_scale
    right = Ellipsoid(
        (-66 * s, 0.02 * inner_y, top - height),
        (86 * s * right_scale**0.5, 0.93 * inner_y, height),
        _turned((-12, "z"), (6, "y")),
    )
    left = Ellipsoid(
        (14 * s, -0.52 * inner_y, top - 52),
        (74 * s * left_scale, 0.38 * inner_y * left_scale**0.5, 44 * left_scale),
        _turned((14, "z"), (-14, "y")),
    )
    caudate_scale = 1.3 if cirrhotic else 1.0
    caudate = Ellipsoid((-10.0 * s, 0.02 * inner_y, 12.0), (15 * caudate_scale, 13 * caudate_scale, 26.0))
    (kx, ky, kz), (rx, ry, rz) = kidney.bounds
    hollows = (
        Ellipsoid((8.0, 0.60 * inner_y, 0.0), (40.0, 0.52 * inner_y, FAR)),
        Ellipsoid((kx, ky, kz), (rx + 5, ry + 6, rz + 6)),
        Ellipsoid((2 * s, 0.02 * inner_y, -48.0), (48 * s, 0.38 * inner_y, 44.0)),
        Ellipsoid((-26 * s, -0.40 * inner_y, -62.0), (26 * s, 0.42 * inner_y, 34.0)),
        Ellipsoid((6 * s, -0.72 * inner_y, 2.0), (4.5, 0.30 * inner_y, 26.0), _turned((-12, "z"))),
        Ellipsoid((62 * s, 0.02 * inner_y, 22.0), (50 * s, 0.44 * inner_y, 58.0)),
    )
    return Liver(right, left, caudate, cavity, hollows)


def _spleen(
    rng: np.random.Generator, s: float, inner_y: float, cavity: Ellipsoid, cirrhotic: bool
) -> tuple[Part, ...]:
    scale = float(np.exp(0.1 * rng.standard_normal())) * (1.28 if cirrhotic else 1.0)
    body = Ellipsoid(
        _around(rng, 106 * s, 0.40 * inner_y, 14.0),
        (24 * scale**0.6, 46 * scale, 50 * scale),
        _turned((38, "z"), (8, "y")),
    )
    notch = Ellipsoid((70 * s, 0.16 * inner_y, 10.0), (34 * s, 34.0, 60.0))
    shape = Intersection(Intersection(body, Outside(notch)), _shrunk(cavity, 3.0))
    vein = Tube((82 * s, 0.28 * inner_y, 6.0), (20.0, 8.0, -26.0), 4.0, 5.0)
    return Part(shape, "spleen"), Part(vein, "portal vein")


def _shrunk(cavity: Ellipsoid, margin: float) -> Ellipsoid:
    x, y, z = cavity.radii
    return Ellipsoid(cavity.centre, (x - margin, y - margin, z))


def _kidneys(rng: np.random.Generator, s: float, inner_y: float) -> list[tuple[Part, ...]]:
    found = []
    for side, height in ((-1, -66.0), (1, -50.0)):
        x, y, z = _around(rng, side * 62 * s, 0.50 * inner_y, height, 4.0)
        size = float(np.exp(0.06 * rng.standard_normal()))
        turn = _turned((-side * 35, "z"), (side * 10, "y"))
        matrix = np.asarray(turn).reshape(3, 3)
        parts = [Part(Ellipsoid((x, y, z), (30 * size, 25 * size, 52 * size), turn), "renal cortex")]
        for level in (-30.0, -11.0, 9.0, 29.0):
            for angle in (20.0, 75.0, 130.0, 185.0, 330.0):
                spoke = rotation(angle, "z") @ np.array([18.5 * size, 0.0, 0.0]) * (1.0, 0.84, 1.0)
                place = matrix @ (spoke + np.array([0.0, 0.0, level * size]))
                pyramid = Ellipsoid(
                    (x + place[0], y + place[1], z + place[2]),
                    (7.0 * size, 4.6 * size, 7.5 * size),
                    tuple((matrix @ rotation(angle, "z")).ravel().tolist()),
                )
                parts.append(Part(pyramid, "renal medulla"))
        sinus = matrix @ np.array([-side * 9.0 * size, 0.0, 0.0])
        parts.append(
            Part(Ellipsoid((x + sinus[0], y + sinus[1], z + sinus[2]), (13, 9, 30), turn), "visceral fat")
        )
        found.append(tuple(parts))
    return found


def _ribs(rng: np.random.Generator, wall_x: float, wall_y: float) -> tuple[Part, ...]:
    """Eight pairs, 30 mm apart, which are those within reach of the scan; each a chain of straight pieces."""
    shift = float(rng.uniform(-14, 14))
    angles = np.deg2rad(np.linspace(28, 138, 7))
    parts = []
    for side in (-1.0, 1.0):
        for level in np.arange(-75.0, 165.0, 30.0) + shift:
            drop = 62.0 * (angles - angles[0]) / (angles[-1] - angles[0])
            points = [
                (side * wall_x * float(np.sin(a)), wall_y * float(np.cos(a)), float(level - d))
                for a, d in zip(angles, drop, strict=True)
            ]
            for start, end in pairwise(points):
                parts.append(Part(Tube(start, end, 5.6, 5.6), "cortical bone", "bone", 1.7))
    return tuple(parts)


def _spine(rng: np.random.Generator, y: float) -> tuple[Part, ...]:
    shift = float(rng.uniform(0, 34))
    parts = [Part(Ellipsoid((side * 29.0, y + 33, 0.0), (21.0, 17.0, FAR)), "muscle") for side in (-1.0, 1.0)]
    parts += [
        Part(Ellipsoid((side * 33.0, y + 4, -95.0), (14.0, 14.0, 62.0)), "muscle") for side in (-1.0, 1.0)
    ]
    parts += [
        Part(Ellipsoid((0.0, y, 0.0), (21.5, 17.0, FAR)), "cortical bone", "bone", 1.5),
    ]
    for level in np.arange(-125.0, 125.0, 34.0) + shift:
        parts.append(Part(Ellipsoid((0.0, y, float(level)), (20.5, 16.0, 4.5)), "disc"))
        arch = float(level) + 15
        parts += [
            Part(Tube((side * 10.0, y + 17, arch), (side * 30.0, y + 26, arch), 5.0, 3.5), "bone")
            for side in (-1.0, 1.0)
        ]
        parts.append(Part(Tube((0.0, y + 32, arch), (0.0, y + 50, arch - 12), 4.0, 3.0), "bone"))
    parts += [
        Part(Ellipsoid((0.0, y + 23, 0.0), (13.5, 11.0, FAR)), "cortical bone", "csf", 2.6),
        Part(Ellipsoid((0.0, y + 23, 40.0), (5.2, 4.4, 95.0)), "cord"),
    ]
    return tuple(parts)


def _great_vessels(rng: np.random.Generator, spine_y: float) -> tuple[Part, ...]:
    x, r = 9 + float(rng.normal(0, 2.5)), float(np.clip(rng.normal(10, 1.2), 7.5, 14))
    y = spine_y - 17 - r
    crura = [
        Part(Tube((x - 15, y + 5, 40.0), (x - 14, y + 12, -60.0), 5.0, 3.0), "muscle"),
        Part(Tube((x + 15, y + 6, 40.0), (x + 14, y + 12, -60.0), 5.0, 3.0), "muscle"),
    ]
    return (
        *crura,
        Part(Ellipsoid((x, y, 0.0), (r, r, FAR)), "artery"),
        Part(Tube((x, y - r, -12.0), (x - 4, y - r - 24, -14.0), 3.4, 3.0), "artery"),
        Part(Tube((x - 4, y - r - 24, -14.0), (-28.0, -4.0, -20.0), 2.6, 2.0), "artery"),
        Part(Tube((x, y - r, -26.0), (x - 2, y - r - 12, -90.0), 3.6, 3.4), "artery"),
        Part(Tube((18.0, 4.0, -30.0), (10.0, -2.0, -120.0), 5.2, 4.8), "portal vein"),
    )


def _vena_cava(rng: np.random.Generator) -> tuple[Part, ...]:
    width = float(np.clip(rng.normal(12.0, 1.3), 9, 15))
    return (Part(Ellipsoid((-23.0, 19.0, 0.0), (width, width * 0.75, FAR)), "cava"),)


def _gallbladder(rng: np.random.Generator, s: float, inner_y: float) -> tuple[Part, ...]:
    if rng.random() < 0.1:
        return ()
    centre = _around(rng, -40 * s, -0.40 * inner_y, -48.0, 4.0)
    scale = float(np.exp(0.15 * rng.standard_normal()))
    turn = _turned((25, "x"), (20, "z"))
    body = Ellipsoid(centre, (15.5 * scale, 17.5 * scale, 32 * scale), turn)
    return (Part(body, "stomach wall", "bile", 1.6),)


def _stomach(rng: np.random.Generator, s: float, cavity: Ellipsoid) -> tuple[Part, ...]:
    size = float(np.exp(0.16 * rng.standard_normal()))
    centre = _around(rng, 66 * s, -24.0, 22.0, 5.0)
    turn = _turned((float(rng.normal(-20, 12)), "z"), (float(rng.normal(18, 10)), "y"))
    body = Ellipsoid(centre, (42 * size * s, 34 * size, 50 * size), turn)
    level = centre[1] + float(rng.uniform(-24, 12)) * size
    content = ("gastric fluid", "chyme")[int(rng.integers(2))]
    gas = Intersection(Shrunk(body, 5.5), Anterior(level))
    return (
        Part(Intersection(body, _shrunk(cavity, 4.0)), "stomach wall", content, float(rng.uniform(3.0, 5.0))),
        Part(Intersection(gas, _shrunk(cavity, 9.0)), "air"),
    )


def _bowel(rng: np.random.Generator, s: float, cavity: Ellipsoid) -> tuple[Part, ...]:
    """Loops in front of the kidneys: a wall around fluid, stool or gas."""
    parts = []
    for _ in range(26):
        x = float(rng.uniform(-95, 110)) * s
        y = float(rng.uniform(-72, 12))
        centre = (x, y, float(rng.uniform(-130, -34)))
        r = float(rng.uniform(11, 19))
        turn = _turned((float(rng.uniform(0, 180)), "z"), (float(rng.uniform(-50, 50)), "y"))
        loop = Intersection(Ellipsoid(centre, (r, r * 0.85, r * 1.7), turn), _shrunk(cavity, 4.0))
        content = ("gastric fluid", "bowel", "chyme", "air")[int(rng.choice(4, p=(0.15, 0.35, 0.25, 0.25)))]
        parts.append(Part(loop, "stomach wall", content, 2.6))
    return tuple(parts)


def _pancreas(rng: np.random.Generator, s: float) -> tuple[Part, ...]:
    points = [
        _around(rng, -22 * s, 2.0, -58.0, 2),
        _around(rng, -8 * s, -8.0, -44.0, 2),
        _around(rng, 18 * s, -12.0, -32.0, 2),
        _around(rng, 50 * s, 6.0, -18.0, 2),
        _around(rng, 82 * s, 22.0, -4.0, 2),
    ]
    radii = (14.0, 11.0, 9.0, 9.0, 8.0)
    return tuple(
        Part(Tube(points[i], points[i + 1], radii[i], radii[i + 1]), "pancreas")
        for i in range(len(points) - 1)
    )
