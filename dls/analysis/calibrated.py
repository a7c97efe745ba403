"""Are the probabilities right? Calibration of a system's classes, and the use of acting on a probability.

References
----------
Van Calster B et al. BMC Med 2019;17:230 (calibration).  Vickers and Elkin, Med Decis Making 2006;26:565
(decision curves).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dls.analysis.accuracy import MALIGNANT
from dls.analysis.case_filter import CaseFilter, scored
from dls.analysis.dataset import ReadingCount, StudyData
from dls.analysis.system import Kind, System
from dls.analysis.undefined import Undefined, defined_or_reason
from dls.domain import MODELS, Task
from dls.stats.calibration import Calibration, calibration
from dls.stats.decision_curve import DecisionCurve, decision_curve
from dls.study.patients import PATIENT

THRESHOLDS = np.arange(1, 100) / 100
BAND_THRESHOLDS = np.arange(1, 20) / 20
BAND_REPLICATES = 500


@dataclass(frozen=True, slots=True)
class ClassCalibration:
    """Calibration of one class's probability; `bins` are the cases behind each point of its curve.

    `n` of `cases` cases have a probability, `n_positive` of them are of the class.
    """

    target: str
    found: Calibration | Undefined
    bins: tuple[CaseFilter, ...]
    n_positive: int
    n: int
    cases: int


@dataclass(frozen=True, slots=True)
class SystemCalibration:
    """Calibration of every class that a system gives probabilities of."""

    system: System
    task: Task
    classes: tuple[ClassCalibration, ...]
    readings: ReadingCount


@dataclass(frozen=True, slots=True)
class SystemDecision:
    """Net benefit of acting on one system's opinion of malignancy.

    `by_calls` says that the opinion is the class that was called, which is the same at every threshold.
    """

    system: System
    by_calls: bool
    curve: DecisionCurve | Undefined
    n: int


@dataclass(frozen=True, slots=True)
class DecisionStudy:
    """Decision curves for malignancy; `band` is the first system's, with limits by drawing patients."""

    decisions: tuple[SystemDecision, ...]
    band: DecisionCurve | Undefined
    cases: int
    readings: ReadingCount


def calibrated_systems(data: StudyData) -> tuple[tuple[System, Task], ...]:
    """Everyone whose probabilities can be judged: models in their own task, readers in malignancy."""
    models = [(s, MODELS[s.key].task) for s in data.models]
    return (*models, *((r, Task.BENIGN_MALIGNANT) for r in data.readers))


def system_calibration(data: StudyData, system: System, task: Task) -> SystemCalibration:
    """Calibration of a system's classes, each against the rest; for malignancy only that class."""
    targets = (MALIGNANT,) if task is Task.BENIGN_MALIGNANT else task.classes
    return SystemCalibration(
        system=system,
        task=task,
        classes=tuple(_class(data, system, task, target) for target in targets),
        readings=data.reading_count(task),
    )


def _class(data: StudyData, system: System, task: Task, target: str) -> ClassCalibration:
    truth = data.truth(task)
    given = data.probability(system, target, task)
    positive = (truth.loc[given.index] == task.classes.index(target)).to_numpy(bool)
    p = given.to_numpy()
    found = defined_or_reason(lambda: calibration(positive, p, target))
    bins = () if isinstance(found, Undefined) else _bins(system, task, target, p, found.curve.n)
    return ClassCalibration(target, found, bins, int(positive.sum()), len(p), len(truth))


def _bins(
    system: System, task: Task, target: str, p: NDArray[np.float64], sizes: NDArray[np.int64]
) -> tuple[CaseFilter, ...]:
    """The cases of each bin by the probabilities it begins and ends with; the bins are in order."""
    ranked, ends = np.sort(p), np.cumsum(sizes)
    return tuple(
        CaseFilter(task, where=(scored(system, target, ranked[end - size], ranked[end - 1]),))
        for size, end in zip(sizes, ends, strict=True)
    )


def decision_study(data: StudyData, first: System) -> DecisionStudy:
    """Net benefit of acting on each model's probability of malignancy and on each reader's calls.

    Parameters
    ----------
    first : a model, whose curve carries bootstrap limits
    """
    task = Task.BENIGN_MALIGNANT
    models = [s for s in data.judges_of_malignancy() if s.kind is Kind.MODEL]
    people = [s for s in data.systems(task) if s.kind is not Kind.MODEL]
    opinions = {s: data.probability(s, MALIGNANT, task) for s in sorted(models, key=lambda s: s != first)}
    calls = {s: data.calls(s, task).astype(float) for s in people}
    positive = data.truth(task) == task.classes.index(MALIGNANT)
    decisions = [_decision(s, p, positive, by_calls=False) for s, p in opinions.items()]
    decisions += [_decision(s, c, positive, by_calls=True) for s, c in calls.items()]
    p = opinions.get(first, pd.Series(dtype=float))
    return DecisionStudy(
        decisions=tuple(decisions),
        band=defined_or_reason(
            lambda: decision_curve(
                positive.loc[p.index].to_numpy(),
                p,
                BAND_THRESHOLDS,
                n_replicates=BAND_REPLICATES,
                cluster=data.cases.loc[p.index, PATIENT].to_numpy(),
            )
        ),
        cases=len(positive),
        readings=data.reading_count(task),
    )


def _decision(system: System, opinion: pd.Series, positive: pd.Series, *, by_calls: bool) -> SystemDecision:
    truth = positive.loc[opinion.index].to_numpy()
    curve = defined_or_reason(lambda: decision_curve(truth, opinion.to_numpy(), THRESHOLDS))
    return SystemDecision(system, by_calls, curve, len(opinion))
