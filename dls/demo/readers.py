"""Simulated readings whose numbers of errors follow the published readers.

The totals of correct readings are those of Zhen et al. 2020, Table 4 (177, 155 and 170 of 201 for readers
1, 2 and 3; 173 for the consensus), and the consensus' errors by class those of its Table 1.  How the errors
of a single reader spread over the classes, which wrong class is chosen, confidences and times are assumptions
of this simulation.  Every reading made here is stored as simulated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dls.domain import LesionClass
from dls.phantom.cohort import VALIDATION_COMPOSITION

ERRORS_BY_CLASS: Mapping[str, tuple[int, ...]] = {
    "reader1": (2, 4, 1, 3, 5, 3, 6),
    "reader2": (3, 8, 2, 6, 11, 8, 8),
    "reader3": (2, 6, 1, 4, 7, 5, 6),
    "consensus": (2, 5, 1, 4, 6, 4, 6),
}
"""Wrong calls by lesion class 0-6 over the 201 patients of the validation composition."""

MISTAKEN_FOR: NDArray[np.float64] = np.array(
    [
        # cyst  hem   FNH  other  HCC   met  primary
        [0.00, 0.75, 0.00, 0.10, 0.00, 0.15, 0.00],
        [0.45, 0.00, 0.10, 0.15, 0.12, 0.18, 0.00],
        [0.00, 0.20, 0.00, 0.45, 0.35, 0.00, 0.00],
        [0.00, 0.10, 0.25, 0.00, 0.55, 0.10, 0.00],
        [0.00, 0.00, 0.03, 0.08, 0.00, 0.37, 0.52],
        [0.00, 0.03, 0.00, 0.02, 0.45, 0.00, 0.50],
        [0.00, 0.00, 0.00, 0.02, 0.53, 0.45, 0.00],
    ]
)
"""Row: true class; column: chance of the class that a wrong call names (an assumption)."""


@dataclass(frozen=True, slots=True)
class SimulatedAnswer:
    """One made-up answer: class, confidence for malignancy in per cent, and seconds of work."""

    lesion_class: LesionClass
    malignancy: int
    seconds: float


def simulate(truth: Sequence[LesionClass], seed: int = 2020) -> dict[str, list[SimulatedAnswer]]:
    """Readings of the three simulated readers and their consensus, in the order of `truth`.

    Hard cases are hard for everyone: all readers share a latent difficulty per case, and the wrong calls of
    a reader fall on the cases that are hardest to them.  Where `truth` has the composition of the paper's
    validation cohort, the number of wrong calls in each class is exactly `ERRORS_BY_CLASS`; elsewhere it is
    in proportion.
    """
    rng = np.random.default_rng(seed)
    classes = np.array([int(c) for c in truth])
    difficulty = rng.normal(size=classes.size)
    tempting = np.array([rng.choice(7, p=MISTAKEN_FOR[c]) for c in classes])
    readings = {}
    for name, errors in ERRORS_BY_CLASS.items():
        own = difficulty + rng.normal(scale=0.4 if name == "consensus" else 0.8, size=classes.size)
        wrong = _hardest(classes, own, errors)
        other = np.array([rng.choice(7, p=MISTAKEN_FOR[c]) for c in classes])
        mistake = np.where(rng.random(classes.size) < 0.6, tempting, other)
        called = np.where(wrong, mistake, classes)
        readings[name] = [_reading(rng, int(c), float(d)) for c, d in zip(called, own, strict=True)]
    return readings


def _hardest(
    classes: NDArray[np.int_], difficulty: NDArray[np.float64], errors: Sequence[int]
) -> NDArray[np.bool_]:
    """Mark, in each class, its share of wrong calls on the most difficult cases."""
    wrong = np.zeros(classes.size, dtype=bool)
    for (lesion, of), count in zip(VALIDATION_COMPOSITION.items(), errors, strict=True):
        members = np.flatnonzero(classes == lesion)
        worst = members[np.argsort(-difficulty[members])]
        wrong[worst[: round(count * members.size / of)]] = True
    return wrong


def _reading(rng: np.random.Generator, called: int, difficulty: float) -> SimulatedAnswer:
    certainty = 1 / (1 + np.exp(difficulty - 1.2))
    spread = 50 * np.clip(certainty + rng.normal(scale=0.08), 0.02, 1)
    malignancy = round(50 + spread) if called >= LesionClass.HCC else round(50 - spread)
    seconds = float(rng.lognormal(np.log(38) + 0.25 * difficulty, 0.35))
    return SimulatedAnswer(LesionClass(called), int(malignancy), round(seconds, 1))
