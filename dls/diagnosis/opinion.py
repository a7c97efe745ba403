"""What each model says of a patient and how far that can be trusted; and the way from D to G or F.

Source of the way: Zhen et al., Front Oncol 2020, 10:680: model D tells benign from malignant on unenhanced
images; a malignant lesion goes on to G (unenhanced images and clinical data) or, with contrast, to F.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from dls.clinical import VARIABLES
from dls.diagnosis.answers import Answers, features_of
from dls.diagnosis.patients import NUMBER, Patient
from dls.domain import MODELS, LesionClass, Task
from dls.errors import DLSError
from dls.nn.calibration import calibration
from dls.nn.model_card import scanner_not_seen
from dls.nn.novelty import Novelty, load_gaussians, novelty
from dls.nn.package import ModelPackage
from dls.nn.temperature import with_temperature

Found = TypeVar("Found")
TRIAGE, TYPING, BESIDE = "D", ("F", "G"), ("A", "B", "C")
MALIGNANT = Task.BENIGN_MALIGNANT.classes[1]
_MALIGNANT_LABELS = {c.label for c in LesionClass if c.malignant} | {MALIGNANT}


@dataclass(frozen=True, slots=True, eq=False)
class Opinion:
    """What one model says.

    Parameters
    ----------
    classes, scores : outputs, and the patient's scores: the mean over the cross sections
    by_section : (n, n_classes) scores of the cross sections of the lesion
    called : class called: the largest score, or for benign/malignant by the protocol's operating point
    agreeing : cross sections whose own call is the same
    low, high : range of the called class's score over the cross sections
    calibrated : score of the called class after temperature scaling; None where none was fitted
    novelty : distance from the training patients; None where it cannot be measured
    scanner_new : whether the training's scanners are recorded and the patient's is not among them
    problems : why something beside the scores could not be read
    """

    letter: str
    classes: tuple[str, ...]
    scores: tuple[float, ...]
    by_section: NDArray[np.float64]
    called: str
    agreeing: int
    low: float
    high: float
    calibrated: float | None
    novelty: Novelty | None
    scanner_new: bool
    problems: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """For example "Model A"."""
        return MODELS[self.letter].name

    @property
    def score(self) -> float:
        """The patient's score of the called class."""
        return self.scores[self.classes.index(self.called)]

    @property
    def sections(self) -> int:
        """Cross sections of the lesion."""
        return len(self.by_section)

    @property
    def malignant(self) -> bool:
        """Whether the called class is malignant."""
        return self.called in _MALIGNANT_LABELS

    @property
    def spread(self) -> str:
        """How the cross sections differ, in words."""
        if self.sections == 1:
            return "one cross section only: nothing to compare it with"
        span = f"score {self.low:.2f} to {self.high:.2f}"
        if self.agreeing == self.sections:
            return f"all {self.sections} cross sections agree ({span})"
        return f"only {self.agreeing} of {self.sections} cross sections agree ({span})"


@dataclass(frozen=True, slots=True)
class Way:
    """The way through the models.

    Parameters
    ----------
    triage : what D says; None where it could not be asked
    typing : what F and G say, where D calls malignant
    beside : what A, B and C say
    unused : what E, F and G say where D does not call malignant: they know malignant classes only
    not_applicable : letter -> why
    cautions : reasons for care, in words
    """

    triage: Opinion | None
    typing: tuple[Opinion, ...]
    beside: tuple[Opinion, ...]
    unused: tuple[Opinion, ...]
    not_applicable: Mapping[str, str]
    cautions: tuple[str, ...]

    @property
    def leading(self) -> Opinion | None:
        """The model at the end of the way: F, else G, else D, else any that answered."""
        return next(iter((*self.typing, *([self.triage] if self.triage else []), *self.beside)), None)


def way(
    patient: Patient,
    answers: Answers,
    packages: Mapping[str, ModelPackage | str],
    operating_points: Mapping[str, float],
) -> Way:
    """Put the answers in their order.

    Parameters
    ----------
    packages : the study's packages by letter, or why one cannot be used
    operating_points : letter -> score from which a benign/malignant model calls malignant
    """
    found: dict[str, Opinion] = {}
    lacking = dict(answers.not_applicable)
    for letter in MODELS:
        package = packages.get(letter)
        if isinstance(package, str):
            lacking[letter] = package
        elif package is None:
            lacking.setdefault(letter, "the study has no package of it")
        elif letter not in answers.probabilities:
            lacking.setdefault(letter, "it has come to the study since: ask again")
        elif package.sha256 != answers.packages[letter]:
            lacking[letter] = "another package is in use since it was asked: ask again"
        else:
            points = operating_points.get(letter)
            found[letter] = _opinion(patient, package, answers.probabilities[letter], points)
    triage = found.get(TRIAGE)
    goes_on = triage is not None and triage.malignant
    typing = tuple(found[k] for k in TYPING if k in found) if goes_on else ()
    rest = ("E",) if goes_on else ("E", *TYPING)
    beside = tuple(found[k] for k in BESIDE if k in found)
    return Way(
        triage,
        typing,
        beside,
        tuple(found[k] for k in rest if k in found),
        {letter: lacking[letter] for letter in MODELS if letter in lacking},
        _cautions(patient, triage, typing, beside),
    )


def missing_clinical(patient: Patient) -> tuple[str, ...]:
    """Labels of the clinical values that are not known."""
    return tuple(v.label for v in VARIABLES if (patient.clinical or {}).get(v.name) is None)


def _opinion(
    patient: Patient, package: ModelPackage, rows: NDArray[np.float64], point: float | None
) -> Opinion:
    classes, scores = package.classes, rows.mean(axis=0)
    called = _call(scores, package.spec.task, point)
    own = rows[:, called]
    problems: list[str] = []
    fitted = _readable(lambda: calibration(package), problems)
    return Opinion(
        letter=package.spec.letter,
        classes=classes,
        scores=tuple(float(s) for s in scores),
        by_section=rows,
        called=classes[called],
        agreeing=sum(_call(row, package.spec.task, point) == called for row in rows),
        low=float(own.min()),
        high=float(own.max()),
        calibrated=None
        if fitted is None
        else float(with_temperature(scores[None], fitted.temperature)[0, called]),
        novelty=_readable(lambda: _novelty(patient, package), problems),
        scanner_new=scanner_not_seen(package, patient.scanner),
        problems=tuple(problems),
    )


def _call(scores: NDArray[np.float64], task: Task, point: float | None) -> int:
    if task is Task.BENIGN_MALIGNANT and point is not None:
        return int(scores[1] >= point)
    return int(np.argmax(scores))


def _readable(read: Callable[[], Found], problems: list[str]) -> Found | None:
    """What is read; None where it cannot be, and the problem is noted."""
    try:
        return read()
    except DLSError as error:
        problems.append(str(error))
        return None


def _novelty(patient: Patient, package: ModelPackage) -> Novelty | None:
    features, gaussians = features_of(patient), load_gaussians(package)
    if gaussians is None or not features.has(package.sha256, NUMBER):
        return None
    return novelty(gaussians, features.get(package.sha256, NUMBER))


def _cautions(
    patient: Patient, triage: Opinion | None, typing: tuple[Opinion, ...], beside: tuple[Opinion, ...]
) -> tuple[str, ...]:
    said: list[str] = []
    said += [problem for one in (triage, *typing, *beside) if one is not None for problem in one.problems]
    on_the_way = [*([triage] if triage else []), *typing]
    for one in on_the_way:
        if one.sections > 1 and one.agreeing < one.sections:
            said.append(
                f"{one.name} is divided: {one.agreeing} of {one.sections} cross sections say {one.called}."
            )
    if triage is None:
        said.append("Without Model D there is no triage: read the other models' answers with care.")
    else:
        against = [o for o in beside if o.malignant != triage.malignant]
        said += [f"{o.name} contradicts Model D: it calls {o.called}." for o in against]
    if len({o.called for o in typing}) > 1:
        said.append("Models F and G differ: " + ", ".join(f"{o.letter} {o.called}" for o in typing) + ".")
    unusual = [o.letter for o in (*on_the_way, *beside) if o.novelty is not None and o.novelty.unusual]
    if unusual:
        said.append(
            f"This patient is unlike those that {_models(unusual)} learned from: at least 95 of 100 of them "
            "were more ordinary. The scores mean little here."
        )
    new = [o.letter for o in (*on_the_way, *beside) if o.scanner_new]
    if new:
        said.append(f"{_models(new)} did not learn from images of this scanner ({patient.scanner}).")
    missing = missing_clinical(patient)
    if typing and missing:
        listed = ", ".join(missing)
        said.append(f"{len(missing)} of {len(VARIABLES)} clinical values are missing: {listed}.")
    return tuple(said)


def _models(letters: list[str]) -> str:
    listed = sorted(letters)
    if len(listed) == 1:
        return f"Model {listed[0]}"
    return f"Models {', '.join(listed[:-1])} and {listed[-1]}"
