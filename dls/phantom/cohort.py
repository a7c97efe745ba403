"""Who the simulated patients are: the validation cohort in the published composition, a training cohort, and
one to calibrate on.

Composition of the validation cohort: Zhen et al., Front Oncol 2020;10:680, Table 1 (201 patients).
A patient's seed follows from the code alone, so the cohorts share no random numbers and a patient is the
same whatever the size of the cohort.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from dls.clinical import ClinicalRecord
from dls.domain import LesionClass
from dls.errors import InputError
from dls.phantom.clinical_data import draw_clinical
from dls.phantom.scanner import SCANNERS

VALIDATION_COMPOSITION: dict[LesionClass, int] = {
    LesionClass.CYST: 38,
    LesionClass.HEMANGIOMA: 46,
    LesionClass.FNH: 9,
    LesionClass.OTHER_BENIGN: 9,
    LesionClass.HCC: 47,
    LesionClass.METASTASIS: 37,
    LesionClass.OTHER_PRIMARY: 15,
}
"""Patients per class (paper, Table 1)."""

TRAINING_SHARES: dict[LesionClass, float] = {
    LesionClass.CYST: 0.15,
    LesionClass.HEMANGIOMA: 0.17,
    LesionClass.FNH: 0.12,
    LesionClass.OTHER_BENIGN: 0.12,
    LesionClass.HCC: 0.17,
    LesionClass.METASTASIS: 0.15,
    LesionClass.OTHER_PRIMARY: 0.12,
}
"""Share of each class in the training cohort: the paper's order, with the three rare classes raised to 12 %
so that a cohort of some hundreds can be learned from."""

LESION_MM: dict[LesionClass, tuple[float, float, float, float]] = {
    LesionClass.CYST: (32.0, 15.0, 12.0, 90.0),
    LesionClass.HEMANGIOMA: (37.0, 17.0, 14.0, 100.0),
    LesionClass.FNH: (36.0, 12.0, 15.0, 65.0),
    LesionClass.OTHER_BENIGN: (22.0, 7.0, 12.0, 42.0),
    LesionClass.HCC: (37.0, 18.0, 13.0, 105.0),
    LesionClass.METASTASIS: (36.0, 17.0, 13.0, 95.0),
    LesionClass.OTHER_PRIMARY: (48.0, 21.0, 18.0, 110.0),
}
"""Diameter of the lesion: mean, standard deviation, least and largest, mm.

HCC 3.6 ± 1.8 cm, cholangiocarcinoma 6.7 ± 3.4 cm (smaller here, so that size does not give it away) and
FNH < 5 cm are from surgical series; the others are assumed.
"""

_REPORTED: dict[LesionClass, float] = {
    LesionClass.CYST: 0.92,
    LesionClass.HEMANGIOMA: 0.80,
    LesionClass.FNH: 0.45,
    LesionClass.OTHER_BENIGN: 0.40,
}
HISTOPATHOLOGY = "histopathology"
FOLLOW_UP = "formal report with follow-up"


@dataclass(frozen=True, slots=True)
class PhantomPatient:
    """One simulated patient; everything else about the images follows from these fields.

    Parameters
    ----------
    code : "V-001" (validation), "T-0001" (training) or "C-001" (calibration)
    lesion_class : the truth
    seed : of every random number used for the images
    clinical : simulated clinical data
    lesion_mm : mean diameter of the lesion
    scanner : a name in `dls.phantom.scanner.SCANNERS`
    reference_standard : where the truth comes from
    """

    code: str
    lesion_class: LesionClass
    seed: int
    clinical: ClinicalRecord
    lesion_mm: float
    scanner: str
    reference_standard: str


def validation_cohort() -> tuple[PhantomPatient, ...]:
    """The 201 patients of the demo study, codes V-001 to V-201, classes in random order."""
    classes = [lesion for lesion, count in VALIDATION_COMPOSITION.items() for _ in range(count)]
    return _in_random_order("V-{:03d}", classes, "validation order")


def training_cohort(size: int = 1000) -> tuple[PhantomPatient, ...]:
    """Patients to train on, codes T-0001 onwards; each class has its share in `TRAINING_SHARES`.

    Raises
    ------
    InputError
        when the size is below 7, so that a class would be absent.
    """
    return _in_random_order("T-{:04d}", _apportion(size), "training order")


def calibration_cohort(size: int = 140) -> tuple[PhantomPatient, ...]:
    """Patients that are in neither of the other cohorts, codes C-001 onwards; classes as in training.

    Raises
    ------
    InputError
        when the size is below 7, so that a class would be absent.
    """
    return _in_random_order("C-{:03d}", _apportion(size), "calibration order")


def _in_random_order(code: str, classes: list[LesionClass], seed: str) -> tuple[PhantomPatient, ...]:
    order = np.random.default_rng(_seed(seed)).permutation(len(classes))
    return tuple(_patient(code.format(n), classes[i]) for n, i in enumerate(order, start=1))


def _apportion(size: int) -> list[LesionClass]:
    """`size` classes, at least one of each, nearest to `TRAINING_SHARES`; raises InputError where too few."""
    if size < len(LesionClass):
        raise InputError("The cohort is too small", expected="at least 7 patients", got=str(size))
    classes = list(LesionClass)
    counts = dict.fromkeys(classes, 1)
    for _ in range(size - len(classes)):
        counts[max(classes, key=lambda c: TRAINING_SHARES[c] * size - counts[c])] += 1
    return [lesion for lesion in classes for _ in range(counts[lesion])]


def _patient(code: str, lesion: LesionClass) -> PhantomPatient:
    seed = _seed(code)
    rng = np.random.default_rng([seed, 0])
    mean, deviation, least, largest = LESION_MM[lesion]
    spread = np.sqrt(np.log1p((deviation / mean) ** 2))
    size = float(np.clip(rng.lognormal(np.log(mean) - spread**2 / 2, spread), least, largest))
    names = tuple(SCANNERS)
    return PhantomPatient(
        code=code,
        lesion_class=lesion,
        seed=seed,
        clinical=draw_clinical(lesion, rng),
        lesion_mm=round(size, 1),
        scanner=names[int(rng.integers(len(names)))],
        reference_standard=FOLLOW_UP if rng.random() < _REPORTED.get(lesion, 0.0) else HISTOPATHOLOGY,
    )


def _seed(text: str) -> int:
    """A 64-bit seed that depends on nothing but the text."""
    return int.from_bytes(sha256(f"dls phantom {text}".encode()).digest()[:8], "big")
