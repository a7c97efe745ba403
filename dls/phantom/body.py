"""One patient's trunk as it is scanned: anatomy, tissues with their personal values, lesions in the liver."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dls.phantom.anatomy import Anatomy, Part, draw_anatomy
from dls.phantom.appearance import Appearance, draw_appearance
from dls.phantom.cohort import PhantomPatient
from dls.phantom.lesion import Lesion
from dls.phantom.noise import Texture
from dls.phantom.physics import TISSUES, Tissue
from dls.phantom.shapes import Ellipsoid, Tube, rotation

_CANDIDATES = 6000
_ASCITES_MM = {"none": 0.0, "slight": 5.0, "moderate": 14.0}


@dataclass(frozen=True, slots=True)
class Body:
    """Everything that is the same in all six series of a patient.

    Parameters
    ----------
    anatomy : organs and vessels
    tissues : name -> this patient's tissue
    lesion : the one that is outlined and has the patient's class
    companions : further lesions of the same kind
    ducts : dilated bile ducts
    fibrosis : how much septa show in a cirrhotic liver, 0 to about 1
    parenchyma, septa, surface : textures of the liver
    wall, strands : unevenness of the trunk's layers, and of their signal
    """

    anatomy: Anatomy
    tissues: dict[str, Tissue]
    lesion: Lesion
    companions: tuple[Lesion, ...]
    ducts: tuple[Part, ...]
    fibrosis: float
    parenchyma: Texture
    septa: Texture
    surface: Texture
    wall: Texture
    strands: Texture


def draw_body(patient: PhantomPatient) -> Body:
    """The trunk of a patient; follows from the seed, the class, the lesion's size and the clinical data."""
    rng = np.random.default_rng([patient.seed, 1])
    record = patient.clinical
    cirrhotic = bool(record.cirrhosis_history) and bool(rng.random() < 0.6)
    anatomy = draw_anatomy(
        rng, male=record.sex == "male", cirrhotic=cirrhotic, ascites_mm=_ASCITES_MM[record.ascites or "none"]
    )
    tissues = {name: tissue.varied(rng, 0.05) for name, tissue in TISSUES.items()}
    tissues["liver"] = _liver_tissue(rng, cirrhotic)

    rng = np.random.default_rng([patient.seed, 2])
    diameter = patient.lesion_mm
    look = draw_appearance(patient.lesion_class, diameter, rng)
    inside = _points_in_liver(anatomy, rng)
    centre = _choose(inside, diameter / 2, rng)
    lesion = _lesion(look, centre, diameter, rng)
    taken = [(centre, diameter / 2)]
    companions = []
    for _ in range(look.companions):
        size = float(np.clip(diameter * rng.uniform(0.3, 0.85), 8.0, 45.0))
        room = _room(inside, size / 2, taken)
        if len(room) and room[:, 3].max() > 0.2 * size:
            place = _choose(room, size / 2, rng)
            taken.append((place, size / 2))
            companions.append(_lesion(look, place, size, rng))
    return Body(
        anatomy=anatomy,
        tissues=tissues,
        lesion=lesion,
        companions=tuple(companions),
        ducts=_ducts(centre, diameter / 2, rng) if look.ducts else (),
        fibrosis=float(rng.uniform(0.2, 1.0)),
        parenchyma=Texture.draw(9.0, rng),
        septa=Texture.draw(float(rng.uniform(7.0, 11.0)), rng),
        surface=Texture.draw(20.0, rng),
        wall=Texture.draw(85.0, rng),
        strands=Texture.draw(11.0, rng),
    )


def _liver_tissue(rng: np.random.Generator, cirrhotic: bool) -> Tissue:
    """Liver with its variation; fibrosis lengthens T1 and delays the uptake, iron shortens T2 in some."""
    liver = TISSUES["liver"].varied(rng, 0.07)
    if rng.random() < (0.2 if cirrhotic else 0.06):
        liver = replace(liver, t2=liver.t2 * float(rng.uniform(0.70, 0.92)))
    if cirrhotic:
        a, p, e = liver.uptake
        liver = replace(liver, t1=liver.t1 * 1.07, uptake=(a * 1.25, p * 0.92, e * 1.04))
    return liver


_Place = NDArray[np.float64]


def _points_in_liver(anatomy: Anatomy, rng: np.random.Generator) -> _Place:
    """(n, 4) points x, y, z within the liver and their depth below its surface, mm."""
    centre, half = (np.asarray(v) for v in anatomy.liver.bounds)
    points = (centre + half * rng.uniform(-1, 1, (_CANDIDATES, 3))).astype(np.float32)
    x, y, z = (points[:, i : i + 1] for i in range(3))
    depth = -anatomy.liver.distance(x, y, z)[:, 0]
    inside = depth > 2.0
    return np.column_stack([points, depth])[inside].astype(float)


def _room(inside: _Place, radius: float, taken: list[tuple[_Place, float]]) -> _Place:
    """Those of the points where a lesion of this radius is clear of the others."""
    free = np.ones(len(inside), bool)
    for other, reach in taken:
        free &= np.linalg.norm(inside[:, :3] - other, axis=1) > 1.1 * (reach + radius)
    return inside[free]


def _choose(inside: _Place, radius: float, rng: np.random.Generator) -> _Place:
    """A centre (3,) mm that is deep enough for most of the lesion to lie in the liver, or the deepest."""
    depth = inside[:, 3]
    deep = np.flatnonzero(depth >= radius * rng.uniform(0.45, 1.1) + 2.0)
    return inside[int(rng.choice(deep)) if len(deep) else int(np.argmax(depth)), :3]


def _lesion(look: Appearance, centre: _Place, diameter: float, rng: np.random.Generator) -> Lesion:
    """A lesion of this look at a place, turned at random."""
    axes = np.exp(look.elongation * rng.standard_normal(3))
    axes *= diameter / 2 / np.cbrt(axes.prod())
    turn = rotation(rng.uniform(0, 360), "z") @ rotation(rng.uniform(-60, 60), "x")
    body = Ellipsoid(
        (float(centre[0]), float(centre[1]), float(centre[2])),
        (float(axes[0]), float(axes[1]), float(axes[2])),
        tuple(turn.ravel().tolist()),
    )
    return Lesion(
        body=body,
        tissue=look.tissue,
        layers=tuple(look.layers),
        lobulation=look.lobulation,
        softness_mm=look.softness_mm,
        heterogeneity=look.heterogeneity,
        surface=Texture.draw(max(0.75 * diameter, 8.0), rng),
        coarse=Texture.draw(max(0.42 * diameter, 6.0), rng),
        fine=Texture.draw(float(np.clip(0.2 * diameter, 4.5, 10.0)), rng),
    )


def _ducts(centre: _Place, radius: float, rng: np.random.Generator) -> tuple[Part, ...]:
    """Five to eight dilated ducts that fan out from the lesion, away from the hilum."""
    away = centre - np.array([-10.0, 0.0, -15.0])
    away = away / max(float(np.linalg.norm(away)), 1.0)
    tubes = []
    for _ in range(int(rng.integers(5, 9))):
        direction = away + rng.normal(0, 0.55, 3)
        direction /= np.linalg.norm(direction)
        start = centre + direction * radius * 0.9
        bend = start + (direction + rng.normal(0, 0.2, 3)) * rng.uniform(10, 18)
        end = bend + (direction + rng.normal(0, 0.35, 3)) * rng.uniform(8, 16)
        a, b, c = ((float(p[0]), float(p[1]), float(p[2])) for p in (start, bend, end))
        width = float(rng.uniform(1.6, 2.8))
        tubes += [Tube(a, b, width, width * 0.85), Tube(b, c, width * 0.85, width * 0.5)]
    return tuple(Part(tube, "bile duct") for tube in tubes)
