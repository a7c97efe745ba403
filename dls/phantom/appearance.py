"""What lesions of each class look like: tissues, layers and their variation from patient to patient.

Relaxation and diffusion (3 T): T1 of HCC 1056 ± 292, metastasis 1757 ± 723, haemangioma 2524 ± 908 and cyst
3793 ± 207 ms; T2 of malignant lesions 76 ± 11, haemangioma 142 ± 40 and cyst 341 ± 38 ms; ADC of cyst
2.5-3.0, haemangioma 1.57, FNH 1.44, HCC 1.05-1.38 and metastasis 0.94-1.5 x 10⁻³ mm²/s.  Arterial
hyperenhancement 85 %, washout 79 % and capsule 29-40 % of HCC; central scar 60-70 % of FNH.  Uptakes of
contrast medium are assumed, such that the published looks arise; each class has atypical members that look
like another class, because in patients they do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from dls.domain import LesionClass
from dls.phantom.lesion import Core, Filling, Layer, Patches, Scar, Shell
from dls.phantom.physics import Tissue


@dataclass(slots=True)
class Appearance:
    """Everything about a lesion but its place and size.

    Parameters
    ----------
    tissue, layers, lobulation, softness_mm, heterogeneity : as in `dls.phantom.lesion.Lesion`
    elongation : deviation of the logarithm of the axes
    companions : further lesions of the same kind
    ducts : dilated bile ducts behind it
    """

    tissue: Tissue
    layers: list[Layer] = field(default_factory=list)
    lobulation: float = 0.06
    softness_mm: float = 1.2
    heterogeneity: float = 0.03
    elongation: float = 0.12
    companions: int = 0
    ducts: bool = False


Rng = np.random.Generator
Uptake = tuple[float, float, float]


def draw_appearance(lesion: LesionClass, diameter_mm: float, rng: Rng) -> Appearance:
    """How one lesion of this class looks, for one patient."""
    return _DRAW[lesion](diameter_mm, rng)


def _normal(rng: Rng, mean: float, deviation: float, low: float, high: float) -> float:
    return float(np.clip(rng.normal(mean, deviation), low, high))


def _scaled(uptake: Uptake, rng: Rng, spread: float = 0.15) -> Uptake:
    """Uptake with a common and a phase-wise log-normal variation."""
    common = rng.normal(0, spread)
    a, b, c = (float(u * np.exp(common + rng.normal(0, spread / 2))) for u in uptake)
    return a, b, c


def _chance(rng: Rng, probability: float) -> bool:
    return bool(rng.random() < probability)


def _cyst(diameter: float, rng: Rng) -> Appearance:
    t1, t2, adc = _normal(rng, 3793, 250, 2800, 4300), _normal(rng, 341, 60, 180, 500), rng.uniform(2.4, 3.0)
    uptake = (0.0, 0.0, 0.0)
    complicated = _chance(rng, 0.24)  # bled into, infected or mucinous
    if complicated:
        t1, t2, adc = rng.uniform(900, 3200), rng.uniform(95, 280), rng.uniform(1.2, 2.5)
    look = Appearance(Tissue(1.0, t1, t2, adc, uptake), lobulation=rng.uniform(0.01, 0.10))
    look.softness_mm, look.heterogeneity = rng.uniform(0.5, 1.4), rng.uniform(0.0, 0.05)
    look.elongation = 0.13
    if _chance(rng, 0.45 if complicated else 0.12):
        wall = Tissue(0.85, 1100, 60, 1.3, _scaled((0.25, 0.45, 0.5), rng))
        thickness = rng.uniform(2.0, 6.0) if complicated else 1.1
        look.layers.append(Shell(wall, 1 - 2 * thickness / diameter, 0.02))
    if _chance(rng, 0.10):
        septum = Tissue(0.85, 1200, 70, 1.4, _scaled((0.15, 0.35, 0.4), rng))
        look.layers.append(Patches(septum, rng.uniform(1.4, 1.9), 0.2))
    look.companions = int(rng.choice(3, p=(0.6, 0.25, 0.15)))
    return look


def _hemangioma(diameter: float, rng: Rng) -> Appearance:
    t1, t2 = _normal(rng, 2300, 600, 1200, 3600), _normal(rng, 142, 40, 94, 270)
    adc = _normal(rng, 1.57, 0.21, 1.1, 2.2)
    rare = rng.random()
    sclerosed, thrombosed = rare < 0.08, 0.08 <= rare < 0.15
    if sclerosed:
        t1, t2, adc = rng.uniform(1100, 1700), rng.uniform(66, 100), rng.uniform(1.1, 1.5)
    elif thrombosed:
        t1, t2, adc = rng.uniform(1800, 3600), rng.uniform(110, 300), rng.uniform(1.5, 2.5)
    tissue = Tissue(0.92, t1, t2, adc, _scaled((0.05, 0.12, 0.2), rng))
    blood = Tissue(0.92, t1, t2, adc, _scaled((0.95, 1.1, 0.85), rng, 0.3))
    if sclerosed:
        blood = Tissue(0.88, t1, t2, adc, _scaled((0.4, 0.45, 0.45), rng, 0.2))
        levels = (rng.uniform(0.75, 1.0), rng.uniform(0.7, 0.95), rng.uniform(0.3, 0.8))
    elif thrombosed:  # its blood stands still
        tissue = Tissue(0.96, t1, t2, adc, _scaled((0.0, 0.02, 0.04), rng))
        levels = (1.4, 1.3, rng.uniform(1.0, 1.3))
    elif diameter < 28 and _chance(rng, 0.45):  # fills in a flash
        levels = (rng.uniform(-0.1, 0.35), -0.5, -0.5)
    else:
        levels = (rng.uniform(0.84, 1.02), rng.uniform(0.55, 0.82), rng.uniform(0.05, 0.55))
        if _chance(rng, 0.26):  # hardly fills while it is watched
            levels = (1.3, rng.uniform(0.95, 1.15), rng.uniform(0.75, 1.05))
    look = Appearance(tissue, [Filling(blood, levels, rng.uniform(0.16, 0.28))])
    if diameter > 45 and _chance(rng, 0.6):
        scar = Tissue(0.95, 3000, rng.uniform(180, 260), 2.0, (0.0, 0.02, 0.06))
        look.layers.append(Core(scar, rng.uniform(0.18, 0.36), 0.14))
    look.lobulation, look.softness_mm = rng.uniform(0.06, 0.14), rng.uniform(0.6, 1.4)
    look.heterogeneity = rng.uniform(0.02, 0.06)
    look.companions = int(rng.choice(3, p=(0.72, 0.2, 0.08)))
    return look


def _fnh(diameter: float, rng: Rng) -> Appearance:
    t1, t2 = _normal(rng, 920, 110, 720, 1250), _normal(rng, 53, 5, 43, 70)
    adc = _normal(rng, 1.45, 0.15, 1.1, 1.9)
    uptake = _scaled((0.88, 0.60, 0.46), rng, 0.14)
    if _chance(rng, 0.08):
        uptake = (uptake[0] * 0.5, uptake[1] * 0.85, uptake[2] * 0.75)
    look = Appearance(Tissue(0.82, t1, t2, adc, uptake), lobulation=rng.uniform(0.04, 0.11))
    if _chance(rng, 0.65 if diameter > 30 else 0.45):
        scar = Tissue(
            0.9, rng.uniform(1300, 1700), rng.uniform(85, 130), 1.8, (0.10, 0.40, rng.uniform(0.7, 1.0))
        )
        look.layers.append(Scar(scar, rng.uniform(0.45, 0.75), rng.uniform(0.18, 0.32)))
    look.softness_mm, look.heterogeneity = rng.uniform(0.8, 2.2), rng.uniform(0.015, 0.04)
    look.elongation = 0.14
    look.companions = int(_chance(rng, 0.15))
    return look


def _other_benign(diameter: float, rng: Rng) -> Appearance:
    t1, t2 = _normal(rng, 790, 130, 520, 1150), _normal(rng, 43, 6, 32, 62)
    adc, fat = _normal(rng, 1.12, 0.12, 0.85, 1.45), 0.0
    uptake = _scaled((0.13, 0.46, 0.38), rng)
    kind = int(rng.choice(3, p=(0.62, 0.20, 0.18)))
    if kind == 1:  # dysplastic, or adenoma-like
        t2, uptake = _normal(rng, 50, 7, 40, 68), _scaled((0.5, 0.5, 0.36), rng, 0.2)
        t1 = _normal(rng, 900, 150, 620, 1250)
    elif kind == 2:  # rare: angiomyolipoma, solitary necrotic nodule, granuloma
        t1, t2 = rng.uniform(900, 1700), _normal(rng, 60, 12, 40, 90)
        uptake, fat = _scaled((0.22, 0.32, 0.36), rng, 0.35), float(rng.choice((0.0, 0.4)))
    look = Appearance(Tissue(0.81, t1, t2, adc, uptake, fat=fat), lobulation=rng.uniform(0.02, 0.09))
    look.softness_mm, look.heterogeneity = rng.uniform(0.8, 2.4), rng.uniform(0.01, 0.05)
    if _chance(rng, 0.2):
        rim = Tissue(0.82, 1000, 55, 1.2, _scaled((0.2, 0.5, 0.6), rng))
        look.layers.append(Shell(rim, 1 - 3.0 / diameter, 0.03, 0.7))
    look.companions = int(rng.choice(4, p=(0.4, 0.25, 0.2, 0.15)))
    return look


def _malignant_values(rng: Rng, t1: float, spread: float) -> tuple[float, float, float]:
    """T1, T2 and ADC of a malignant lesion; T2 and ADC are drawn alike for the three classes."""
    return (
        _normal(rng, t1, spread, 720, 2600),
        _normal(rng, 76, 11, 50, 115),
        _normal(rng, 1.00, 0.13, 0.72, 1.5),
    )


def _hcc(diameter: float, rng: Rng) -> Appearance:
    t1, t2, adc = _malignant_values(rng, 1240, 290)
    early = _chance(rng, 0.06)  # well differentiated
    if early:
        t2, t1 = _normal(rng, 52, 5, 43, 62), _normal(rng, 880, 120, 650, 1150)
    hyper, washout = _chance(rng, 0.5 if early else 0.89), _chance(rng, 0.35 if early else 0.84)
    uptake = (
        rng.uniform(0.30, 0.80) if hyper else rng.uniform(0.06, 0.28),
        rng.uniform(0.30, 0.52) if washout else rng.uniform(0.45, 0.65),
        rng.uniform(0.18, 0.35) if washout else rng.uniform(0.36, 0.55),
    )
    look = Appearance(Tissue(0.83, t1, t2, adc, uptake), lobulation=rng.uniform(0.03, 0.11))
    if diameter > 30 and _chance(rng, 0.6):  # mosaic
        other = Tissue(0.84, t1 * rng.uniform(1.05, 1.5), t2 * rng.uniform(1.05, 1.35), adc * 1.12,
                       (uptake[0] * 0.45, uptake[1] * 0.75, uptake[2] * 0.9))  # fmt: skip
        look.layers.append(Patches(other, rng.uniform(0.1, 0.9), 0.35))
    if _chance(rng, 0.13):  # fat or bleeding: bright before contrast
        look.layers.append(Patches(Tissue(0.85, 480, 60, 1.1, (0.2, 0.3, 0.3)), rng.uniform(0.9, 1.4)))
    if diameter > 30 and _chance(rng, 0.42):
        look.layers.append(Core(_necrosis(rng), rng.uniform(0.25, 0.5), 0.16))
    if _chance(rng, 0.36):
        capsule = Tissue(0.78, 950, 48, 1.1, _scaled((0.12, 0.65, 0.85), rng))
        look.layers.append(Shell(capsule, 1 - 3.2 / diameter, 0.02, rng.uniform(0.8, 1.0)))
    elif _chance(rng, 0.25):
        look.layers.append(Shell(_rim(rng, t1, t2, adc), rng.uniform(0.64, 0.88), 0.08, 0.9))
    look.softness_mm, look.heterogeneity = rng.uniform(0.8, 2.4), rng.uniform(0.02, 0.07)
    look.companions = int(rng.choice(4, p=(0.66, 0.20, 0.08, 0.06)))
    look.ducts = _chance(rng, 0.04)
    return look


def _metastasis(diameter: float, rng: Rng) -> Appearance:
    t1, t2, adc = _malignant_values(rng, 1380, 330)
    mucinous = _chance(rng, 0.12)
    uptake = _scaled((0.12, 0.29, 0.36), rng, 0.35)
    if mucinous:
        t1, t2, adc = rng.uniform(1800, 3700), rng.uniform(110, 320), rng.uniform(1.5, 2.7)
        uptake = _scaled((0.01, 0.03, 0.06), rng, 0.4)
    look = Appearance(Tissue(0.95 if mucinous else 0.86, t1, t2, adc, uptake))
    if not mucinous and _chance(rng, 0.26):  # from a hypervascular primary
        look.tissue = Tissue(
            0.86, t1, t2, adc, (rng.uniform(0.3, 0.8), rng.uniform(0.3, 0.5), rng.uniform(0.2, 0.42))
        )
    if _chance(rng, 0.15 if mucinous else 0.70):
        rim = _rim(rng, t1 * 0.92, t2 * 0.95, adc)
        look.layers.append(
            Shell(rim, rng.uniform(0.63, 0.89), rng.uniform(0.03, 0.10), rng.uniform(0.7, 1.0))
        )
    if not mucinous and _chance(rng, 0.45):
        look.layers.append(Core(_necrosis(rng), rng.uniform(0.22, 0.52), 0.13))
    look.lobulation = rng.uniform(0.03, 0.11)
    look.softness_mm = rng.uniform(0.6, 1.6) if mucinous else rng.uniform(1.0, 3.0)
    look.heterogeneity = rng.uniform(0.02, 0.06)
    look.companions = int(rng.choice(7, p=(0.46, 0.14, 0.12, 0.10, 0.08, 0.06, 0.04)))
    look.ducts = _chance(rng, 0.08)
    return look


def _other_primary(diameter: float, rng: Rng) -> Appearance:
    t1, t2, adc = _malignant_values(rng, 1330, 310)
    late = rng.uniform(0.26, 0.50)
    look = Appearance(Tissue(0.85, t1, t2, adc, (rng.uniform(0.06, 0.22), rng.uniform(0.22, 0.42), late)))
    if _chance(rng, 0.28):  # small-duct or mixed type: enhances like an HCC
        look.tissue = Tissue(
            0.85, t1, t2, adc, (rng.uniform(0.3, 0.8), rng.uniform(0.32, 0.52), rng.uniform(0.2, 0.5))
        )
    if _chance(rng, 0.62):
        rim = _rim(rng, t1 * 0.92, t2, adc)
        look.layers.append(
            Shell(rim, rng.uniform(0.65, 0.90), rng.uniform(0.04, 0.11), rng.uniform(0.65, 1.0))
        )
    if _chance(rng, 0.38):
        look.layers.append(Core(_necrosis(rng), rng.uniform(0.2, 0.46), 0.15))
    if _chance(rng, 0.22):
        fibrous = Tissue(0.75, 1150, 50, 1.25, (0.08, 0.35, rng.uniform(0.7, 1.0)))
        look.layers.append(Patches(fibrous, rng.uniform(0.6, 1.2), 0.4))
    look.lobulation, look.softness_mm = rng.uniform(0.05, 0.14), rng.uniform(1.0, 3.2)
    look.heterogeneity, look.elongation = rng.uniform(0.02, 0.07), 0.15
    look.companions = int(rng.choice(4, p=(0.62, 0.2, 0.1, 0.08)))
    look.ducts = _chance(rng, 0.15)
    return look


def _rim(rng: Rng, t1: float, t2: float, adc: float) -> Tissue:
    """Vital, vascular edge of a malignant lesion."""
    return Tissue(0.85, t1, t2, adc * 0.95, _scaled((0.48, 0.45, 0.36), rng, 0.22))


def _necrosis(rng: Rng) -> Tissue:
    """Dead or mucinous centre: more water, no vessels."""
    return Tissue(
        0.92,
        rng.uniform(1500, 2600),
        rng.uniform(80, 160),
        rng.uniform(1.3, 2.2),
        (0.02, 0.08, rng.uniform(0.1, 0.3)),
    )


_DRAW: dict[LesionClass, Callable[[float, Rng], Appearance]] = {
    LesionClass.CYST: _cyst,
    LesionClass.HEMANGIOMA: _hemangioma,
    LesionClass.FNH: _fnh,
    LesionClass.OTHER_BENIGN: _other_benign,
    LesionClass.HCC: _hcc,
    LesionClass.METASTASIS: _metastasis,
    LesionClass.OTHER_PRIMARY: _other_primary,
}
