"""Clinical data of simulated patients, drawn from distributions published for each lesion class.

Sources: HCC (82 % male, 52.9 ± 12.9 years, HBV 91 %, AFP ≤20 / 20-400 / >400 ng/mL in 36 / 25 / 39 %, albumin
36.1 ± 6.0 g/L) and intrahepatic cholangiocarcinoma (70 % male, cirrhosis 28 %, AFP >400 in 6 %, CA19-9 >37 in
55 %) from surgical series; FNH mostly women of 35-50 years.  Assumed: a known cancer in 95 % and a raised CEA
in 60 % of metastases, everything about the other classes, and the rates of missing values.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dls.clinical import ClinicalRecord
from dls.domain import LesionClass


@dataclass(frozen=True, slots=True)
class ClinicalProfile:
    """How clinical data are distributed in one lesion class.

    Parameters
    ----------
    male, cirrhosis, other_cancer : probabilities
    age : mean and standard deviation, years
    afp : probabilities of ≤20, 20-400 and >400 ng/mL
    cea, ca125, ca19_9 : probability that the marker is above its cut-off
    albumin : mean and standard deviation, g/L
    bilirubin : median, µmol/L, and standard deviation of its logarithm
    prothrombin : mean prolongation, s
    ferritin : median, ng/mL
    ascites : probabilities of none, slight and moderate
    """

    male: float
    age: tuple[float, float]
    cirrhosis: float
    other_cancer: float
    afp: tuple[float, float, float]
    cea: float
    ca125: float
    ca19_9: float
    albumin: tuple[float, float]
    bilirubin: tuple[float, float]
    prothrombin: float
    ferritin: float
    ascites: tuple[float, float, float]


_HEALTHY_AFP = (0.97, 0.028, 0.002)
_DRY = (0.98, 0.015, 0.005)

PROFILES: dict[LesionClass, ClinicalProfile] = {
    LesionClass.CYST: ClinicalProfile(
        0.42, (57, 12), 0.12, 0.10, _HEALTHY_AFP, 0.05, 0.04, 0.06, (43.5, 3.8), (12, 0.35), 0.3, 120, _DRY
    ),
    LesionClass.HEMANGIOMA: ClinicalProfile(
        0.40, (49, 11), 0.12, 0.07, _HEALTHY_AFP, 0.03, 0.04, 0.04, (44.5, 3.6), (12, 0.35), 0.2, 110, _DRY
    ),
    LesionClass.FNH: ClinicalProfile(
        0.18, (41, 9), 0.06, 0.05, _HEALTHY_AFP, 0.02, 0.04, 0.03, (45, 3.5), (12, 0.35), 0.2, 90, _DRY
    ),
    LesionClass.OTHER_BENIGN: ClinicalProfile(
        0.66, (54, 11), 0.80, 0.07, (0.82, 0.16, 0.02), 0.05, 0.10, 0.10, (37, 5.5), (20, 0.55), 1.8, 190,
        (0.72, 0.20, 0.08),
    ),
    LesionClass.HCC: ClinicalProfile(
        0.82, (52.9, 12.9), 0.91, 0.04, (0.36, 0.25, 0.39), 0.07, 0.18, 0.15, (36.1, 6.0), (18, 0.55), 1.5,
        260, (0.83, 0.12, 0.05),
    ),
    LesionClass.METASTASIS: ClinicalProfile(
        0.56, (60, 11), 0.08, 0.95, (0.95, 0.04, 0.01), 0.60, 0.30, 0.35, (39.5, 4.8), (13, 0.5), 0.6, 210,
        (0.89, 0.08, 0.03),
    ),
    LesionClass.OTHER_PRIMARY: ClinicalProfile(
        0.70, (57, 10.5), 0.28, 0.05, (0.78, 0.16, 0.06), 0.25, 0.32, 0.55, (39.5, 5), (17, 0.8), 0.8, 220,
        (0.89, 0.08, 0.03),
    ),
}  # fmt: skip

_MISSING: dict[str, float] = {
    "age": 0.0, "sex": 0.0, "cirrhosis_history": 0.01, "other_cancer": 0.01, "afp": 0.05, "cea": 0.07,
    "ca125": 0.15, "ca19_9": 0.08, "psa": 0.40, "ferritin": 0.35, "albumin": 0.03, "bilirubin": 0.03,
    "prothrombin": 0.06, "encephalopathy": 0.02, "ascites": 0.01,
}  # fmt: skip
"""Probability that a variable was not recorded."""


def draw_clinical(lesion: LesionClass, rng: np.random.Generator) -> ClinicalRecord:
    """Clinical data of one simulated patient with a lesion of this class."""
    p = PROFILES[lesion]
    male = bool(rng.random() < p.male)
    ascites = ("none", "slight", "moderate")[int(rng.choice(3, p=p.ascites))]
    encephalopathy = "grade 1-2" if ascites == "moderate" and rng.random() < 0.25 else "none"
    values: dict[str, object] = {
        "age": float(np.clip(round(rng.normal(*p.age)), 19, 88)),
        "sex": "male" if male else "female",
        "cirrhosis_history": bool(rng.random() < p.cirrhosis),
        "other_cancer": bool(rng.random() < p.other_cancer),
        "afp": _afp(p.afp, rng),
        "cea": _marker(p.cea, 5.0, 2.2, rng),
        "ca125": _marker(p.ca125, 35.0, 14.0, rng),
        "ca19_9": _marker(p.ca19_9, 37.0, 12.0, rng),
        "psa": _marker(0.06, 4.0, 1.0, rng),
        "ferritin": round(float(np.clip(rng.lognormal(np.log(p.ferritin), 0.7), 5, 5000)), 1),
        "albumin": round(float(np.clip(rng.normal(*p.albumin), 18, 56)), 1),
        "bilirubin": round(float(np.clip(rng.lognormal(np.log(p.bilirubin[0]), p.bilirubin[1]), 4, 450)), 1),
        "prothrombin": round(float(np.clip(rng.normal(p.prothrombin, 1.2), 0, 20)), 1),
        "encephalopathy": encephalopathy,
        "ascites": ascites,
    }
    absent = {name for name, rate in _MISSING.items() if rng.random() < rate}
    if not male:
        absent.add("psa")
    return ClinicalRecord.from_dict({name: v for name, v in values.items() if name not in absent})


def _afp(levels: tuple[float, float, float], rng: np.random.Generator) -> float:
    """AFP in ng/mL: a level by its probability, then a log-uniform value within it."""
    low, high = ((1.2, 20.0), (20.5, 400.0), (405.0, 60_000.0))[int(rng.choice(3, p=levels))]
    return round(float(np.exp(rng.uniform(np.log(low), np.log(high)))), 1)


def _marker(raised: float, cut: float, median: float, rng: np.random.Generator) -> float:
    """Value of a tumour marker: above its cut-off with the given probability, else log-normal below it."""
    if rng.random() < raised:
        return round(float(cut * (1.02 + rng.lognormal(0.7, 1.1))), 1)
    return round(float(min(rng.lognormal(np.log(median), 0.5), cut)), 1)
