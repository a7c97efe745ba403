"""Tables 1-3: how well each model finds each class, against a comparator and against each other.

One-versus-rest for every class of a task; for the benign/malignant task only malignancy.  Readers have curves
by their confidence for malignancy, and in the other tasks where they ranked the classes.  Sensitivity and
specificity carry their counts and Clopper-Pearson intervals; models and comparator meet in McNemar's exact
test, on sensitivity and on specificity separately, in the cases both answered; models meet each other in
DeLong's paired test, in the cases both scored.

Source: Zhen et al., Front Oncol 2020, 10:680, Tables 1-3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dls.analysis.against_mean import against_mean
from dls.analysis.dataset import BenignCalls, ReadingCount, StudyData
from dls.analysis.system import AVERAGE, Kind, System, model
from dls.analysis.undefined import Undefined, defined_or_reason
from dls.domain import Task
from dls.stats.delong import AucComparison, AucComparisons, AucResult, auc, compare, compare_many
from dls.stats.mcnemar import McNemarResult, mcnemar
from dls.stats.proportions import Proportion, proportion
from dls.stats.roc import RocCurve, roc_curve
from dls.stats.standalone import StandaloneResult
from dls.study.patients import with_several_cases

MALIGNANT = "malignant"
TABLE_NUMBER = {Task.SEVEN_WAY: 1, Task.BENIGN_MALIGNANT: 2, Task.MALIGNANT_THREE_WAY: 3}
COMPARED_MODELS = {
    Task.SEVEN_WAY: (("A", "B"),),
    Task.BENIGN_MALIGNANT: (("C", "D"),),
    Task.MALIGNANT_THREE_WAY: (("E", "G"), ("F", "G")),
}


@dataclass(frozen=True, slots=True)
class Curve:
    """ROC curve of a score for one class against the rest; `n` of `cases` cases have a score."""

    system: System
    roc: RocCurve | Undefined
    auc: AucResult | Undefined
    n: int
    cases: int

    def name(self, task: Task) -> str:
        """In a legend: a reader's curve says of what it is."""
        if self.system.kind is Kind.MODEL:
            return self.system.name
        return f"{self.system.name}, {'confidence' if task is Task.BENIGN_MALIGNANT else 'ranking'}"


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """Where a system's calls put it on the ROC of a class; it answered `n` of `cases` cases."""

    system: System
    sensitivity: Proportion | Undefined
    specificity: Proportion | Undefined
    n: int
    cases: int


@dataclass(frozen=True, slots=True)
class AveragePoint:
    """Mean sensitivity and mean false-positive rate of the readers: the average reader on the ROC."""

    sensitivity: float
    false_positive_rate: float
    readers: int


@dataclass(frozen=True, slots=True)
class PairedCalls:
    """McNemar's test of two systems in the `n_positive` + `n_negative` cases that both answered."""

    a: System
    b: System
    sensitivity: McNemarResult | Undefined
    specificity: McNemarResult | Undefined
    n_positive: int
    n_negative: int


@dataclass(frozen=True, slots=True)
class AgainstAverage:
    """(Sensitivity + specificity) / 2 of the average reader less that of a model.

    `result` is the one-treatment Obuchowski-Rockette analysis of the calls, in the cases that all answered.
    """

    model: System
    result: StandaloneResult | Undefined


@dataclass(frozen=True, slots=True)
class PairedCurves:
    """DeLong's test of two models in the `n` cases that both scored."""

    a: System
    b: System
    result: AucComparison | Undefined
    n: int


@dataclass(frozen=True, slots=True)
class AllCurves:
    """DeLong's chi-square test that the areas of three models or more are equal, where all have scored."""

    models: tuple[System, ...]
    result: AucComparisons | Undefined
    n: int


@dataclass(frozen=True, slots=True)
class ClassAccuracy:
    """One row of Tables 1-3: a class against the rest."""

    target: str
    n_positive: int
    n_negative: int
    curves: tuple[Curve, ...]
    points: tuple[OperatingPoint, ...]
    average_reader: AveragePoint | None
    against_comparator: tuple[PairedCalls, ...]
    between_models: tuple[PairedCurves, ...]
    against_average: tuple[AgainstAverage, ...] = ()
    all_models: AllCurves | None = None

    def curve(self, key: str) -> Curve | None:
        """Curve of a system by its key."""
        return next((c for c in self.curves if c.system.key == key), None)

    def point(self, key: str) -> OperatingPoint | None:
        """Operating point of a system by its key."""
        return next((p for p in self.points if p.system.key == key), None)


@dataclass(frozen=True, slots=True)
class AccuracyTable:
    """Table 1, 2 or 3 of the present study; so many patients have several of its cases."""

    task: Task
    models: tuple[System, ...]
    comparator: System | None
    benign_calls: BenignCalls
    classes: tuple[ClassAccuracy, ...]
    readings: ReadingCount
    with_several_cases: int

    @property
    def number(self) -> int:
        """Number of the table in the paper whose form this has."""
        return TABLE_NUMBER[self.task]

    @property
    def readers_ranked(self) -> bool:
        """Whether readers have curves by their ranking of the classes."""
        by_readers = any(c.system.kind is Kind.READER for c in self.classes[0].curves)
        return by_readers and self.task is not Task.BENIGN_MALIGNANT

    def families(self) -> dict[str, list[float]]:
        """p values of the pairwise tests by the name of their test; the undefined are left out."""
        exact = [
            t for row in self.classes for p in row.against_comparator for t in (p.sensitivity, p.specificity)
        ]
        curves = [p.result for row in self.classes for p in row.between_models]
        return {
            "McNemar": [t.p_exact for t in exact if isinstance(t, McNemarResult)],
            "DeLong": [t.pvalue for t in curves if isinstance(t, AucComparison)],
        }

    def incomplete(self) -> dict[str, int]:
        """Number of cases answered by every system, by name, that did not answer all."""
        return {p.system.name: p.n for p in self.classes[0].points if p.n < p.cases}

    def reasons(self) -> tuple[str, ...]:
        """Why a statistic of the table is not defined, each reason once, with its classes."""
        found: dict[str, dict[str, None]] = {}
        for row in self.classes:
            parts: list[object] = [c.auc for c in row.curves]
            parts += [part for p in row.points for part in (p.sensitivity, p.specificity)]
            parts += [part for p in row.against_comparator for part in (p.sensitivity, p.specificity)]
            parts += [p.result for p in row.between_models]
            parts += [p.result for p in row.against_average]
            parts += [row.all_models.result] if row.all_models is not None else []
            for part in parts:
                if isinstance(part, Undefined):
                    found.setdefault(part.reason, {})[row.target] = None
        return tuple(f"{', '.join(targets)}: {reason}" for reason, targets in found.items())


def accuracy_table(
    data: StudyData,
    task: Task,
    comparator: System | None = None,
    benign_calls: BenignCalls = BenignCalls.WRONG,
) -> AccuracyTable:
    """Table 1 (seven-way), 2 (benign/malignant) or 3 (malignant three-way).

    Parameters
    ----------
    comparator : reader, consensus, `AVERAGE` or model that the models are tested against; None leaves the
        tests out
    benign_calls : what a benign call on a malignant case counts for; only the three-way task has any
    """
    systems = data.systems(task)
    models = tuple(s for s in systems if s.kind is Kind.MODEL)
    calls = {s: data.calls(s, task, benign_calls) for s in systems}
    targets = (MALIGNANT,) if task is Task.BENIGN_MALIGNANT else task.classes
    return AccuracyTable(
        task=task,
        models=models,
        comparator=comparator,
        benign_calls=benign_calls,
        classes=tuple(_class_accuracy(data, task, t, calls, comparator) for t in targets),
        readings=data.reading_count(task),
        with_several_cases=with_several_cases(data.cases.loc[data.truth(task).index]),
    )


def _class_accuracy(
    data: StudyData, task: Task, target: str, calls: dict[System, pd.Series], comparator: System | None
) -> ClassAccuracy:
    index = task.classes.index(target)
    positive = data.truth(task) == index
    called = {system: series == index for system, series in calls.items()}
    models = [s for s in calls if s.kind is Kind.MODEL]
    scores = {s: data.curve_score(s, target, task) for s in calls if data.has_curve(s, task)}
    points = tuple(_operating_point(system, positive, c) for system, c in called.items())
    return ClassAccuracy(
        target=target,
        n_positive=int(positive.sum()),
        n_negative=int((~positive).sum()),
        curves=tuple(_curve(system, positive, score) for system, score in scores.items()),
        points=points,
        average_reader=_average_reader(points),
        against_comparator=tuple(
            _paired_calls(m, comparator, positive, called)
            for m in models
            if comparator is not None and comparator in called and comparator != m
        ),
        between_models=tuple(
            _paired_curves(model(a), model(b), positive, scores)
            for a, b in COMPARED_MODELS[task]
            if model(a) in scores and model(b) in scores
        ),
        against_average=tuple(_against_average(m, positive, called) for m in models)
        if comparator == AVERAGE
        else (),
        all_models=_all_curves(models, positive, scores) if len(models) > 2 else None,
    )


def _curve(system: System, positive: pd.Series, score: pd.Series) -> Curve:
    y, (x,) = _aligned(positive, score)
    return Curve(
        system=system,
        roc=defined_or_reason(lambda: roc_curve(y, x)),
        auc=defined_or_reason(lambda: auc(y, x)),
        n=len(y),
        cases=len(positive),
    )


def _operating_point(system: System, positive: pd.Series, called: pd.Series) -> OperatingPoint:
    y, (c,) = _aligned(positive, called)
    return OperatingPoint(
        system=system,
        sensitivity=defined_or_reason(lambda: proportion(int((c & y).sum()), int(y.sum()))),
        specificity=defined_or_reason(lambda: proportion(int((~c & ~y).sum()), int((~y).sum()))),
        n=len(y),
        cases=len(positive),
    )


def _average_reader(points: Sequence[OperatingPoint]) -> AveragePoint | None:
    rates = [
        (p.sensitivity.estimate, 1 - p.specificity.estimate)
        for p in points
        if p.system.kind is Kind.READER
        and isinstance(p.sensitivity, Proportion)
        and isinstance(p.specificity, Proportion)
    ]
    if not rates:
        return None
    sensitivity, false_positive_rate = np.mean(rates, axis=0)
    return AveragePoint(float(sensitivity), float(false_positive_rate), len(rates))


def _paired_calls(a: System, b: System, positive: pd.Series, called: dict[System, pd.Series]) -> PairedCalls:
    y, (called_a, called_b) = _aligned(positive, called[a], called[b])
    right_a, right_b = called_a == y, called_b == y
    return PairedCalls(
        a=a,
        b=b,
        sensitivity=defined_or_reason(lambda: mcnemar(right_a[y], right_b[y])),
        specificity=defined_or_reason(lambda: mcnemar(right_a[~y], right_b[~y])),
        n_positive=int(y.sum()),
        n_negative=int((~y).sum()),
    )


def _against_average(m: System, positive: pd.Series, called: dict[System, pd.Series]) -> AgainstAverage:
    ratings = {s: c.astype(float) for s, c in called.items() if s == m or s.kind is Kind.READER}
    return AgainstAverage(m, defined_or_reason(lambda: against_mean(ratings, m, positive)))


def _paired_curves(
    a: System, b: System, positive: pd.Series, scores: dict[System, pd.Series]
) -> PairedCurves:
    y, (score_a, score_b) = _aligned(positive, scores[a], scores[b])
    return PairedCurves(a, b, defined_or_reason(lambda: compare(y, score_a, score_b)), len(y))


def _all_curves(models: list[System], positive: pd.Series, scores: dict[System, pd.Series]) -> AllCurves:
    y, columns = _aligned(positive, *(scores[m] for m in models))
    by_model = {m.key: x for m, x in zip(models, columns, strict=True)}
    return AllCurves(tuple(models), defined_or_reason(lambda: compare_many(y, by_model)), len(y))


def _aligned(positive: pd.Series, *columns: pd.Series) -> tuple[NDArray[np.bool_], tuple[NDArray, ...]]:
    """Truth and the columns in the cases that all of them have."""
    common = positive.index
    for column in columns:
        common = common.intersection(column.index)
    return positive.loc[common].to_numpy(bool), tuple(c.loc[common].to_numpy() for c in columns)
