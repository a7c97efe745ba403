"""Table 4: accuracy and kappa of every system with the truth, confusion matrices, agreement between readers.

Every model is judged in its own task; a reader and the consensus in the seven-way task, or in any other on
request.  Source: Zhen et al., Front Oncol 2020, 10:680, Table 4 and Figure 3.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dls.analysis.dataset import BENIGN_CALL, BenignCalls, ReadingCount, StudyData
from dls.analysis.labels import BENIGN_LABEL
from dls.analysis.system import AVERAGE, Kind, System
from dls.analysis.undefined import Undefined, defined_or_reason
from dls.domain import MODELS, Task
from dls.stats.agreement import KappaResult, cohen_kappa
from dls.stats.kappa_comparison import KappaComparison, compare_correlated_kappas
from dls.stats.mcnemar import McNemarResult, mcnemar
from dls.stats.multirater import AgreementResult, conger_kappa, fleiss_kappa, gwet_ac1
from dls.stats.proportions import Proportion, proportion
from dls.study.patients import with_several_cases


@dataclass(frozen=True, slots=True)
class ConfusionMatrix:
    """Counts of true class against called class.

    Parameters
    ----------
    rows, columns : labels of the truth and of the calls; a three-way matrix has a last column for benign
        calls when there are any
    counts : (rows, columns) int
    cases : cases the task applies to; `n` of them have a call
    """

    system: System
    task: Task
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: NDArray[np.int64]
    cases: int

    @property
    def n(self) -> int:
        """Cases with a call."""
        return int(self.counts.sum())

    @property
    def correct(self) -> int:
        """Cases called what they are."""
        return int(np.trace(self.counts))

    @property
    def rates(self) -> NDArray[np.float64]:
        """(rows, columns): share of each true class; NaN in the row of a class without a case."""
        totals = self.counts.sum(axis=1, keepdims=True)
        return np.divide(self.counts, totals, out=np.full(self.counts.shape, np.nan), where=totals > 0)


@dataclass(frozen=True, slots=True)
class TruthAgreement:
    """One row of Table 4."""

    system: System
    task: Task
    accuracy: Proportion | Undefined
    kappa: KappaResult | Undefined
    n: int
    cases: int
    against: AgainstComparator | None = None


@dataclass(frozen=True, slots=True)
class AgainstComparator:
    """A system and the comparator, in the cases that both answered: exact McNemar, difference of kappas."""

    accuracy: McNemarResult | Undefined
    kappa: KappaComparison | Undefined


@dataclass(frozen=True, slots=True)
class AverageAgreement:
    """Accuracies and kappas of the readers whose mean is printed."""

    accuracies: tuple[float, ...]
    kappas: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ReaderPair:
    """Cohen's kappa between two readers, in the `n` cases that both read, `differ` of them not alike."""

    a: System
    b: System
    kappa: KappaResult | Undefined
    n: int
    differ: int


@dataclass(frozen=True, slots=True)
class InterReader:
    """Agreement between the readers, and of all of them in the `complete` of `cases` cases that all read.

    In `differ` of the complete cases the readers gave more than one class.
    """

    pairs: tuple[ReaderPair, ...]
    fleiss: AgreementResult | Undefined
    conger: AgreementResult | Undefined
    gwet: AgreementResult | Undefined
    readers: int
    complete: int
    differ: int
    cases: int


@dataclass(frozen=True, slots=True)
class AgreementTable:
    """Table 4 of the present study, with the agreement between its readers.

    So many patients have several of its cases.
    """

    rows: tuple[TruthAgreement, ...]
    inter_reader: InterReader
    benign_calls: BenignCalls
    readings: ReadingCount
    with_several_cases: int
    comparator: System | None = None
    average: AverageAgreement | None = None


def agreement_table(
    data: StudyData,
    benign_calls: BenignCalls = BenignCalls.WRONG,
    comparator: System | None = None,
) -> AgreementTable:
    """Accuracy, kappa and z of every model in its task, of readers and consensus in the seven-way task.

    Parameters
    ----------
    comparator : whom everybody is tested against in their task; None, or the average of the readers, which
        calls no case, leaves the tests out
    """
    models = [(s, MODELS[s.key].task) for s in data.models]
    people = [(s, Task.SEVEN_WAY) for s in data.systems(Task.SEVEN_WAY) if s.kind is not Kind.MODEL]
    return AgreementTable(
        rows=tuple(
            replace(row, against=_against(data, row, comparator, benign_calls))
            for s, t in [*models, *people]
            for row in [truth_agreement(data, s, t, benign_calls)]
        ),
        inter_reader=inter_reader(data),
        benign_calls=benign_calls,
        readings=data.reading_count(),
        with_several_cases=with_several_cases(data.cases),
        comparator=comparator,
        average=_average(data) if comparator == AVERAGE else None,
    )


def _against(
    data: StudyData, row: TruthAgreement, comparator: System | None, benign_calls: BenignCalls
) -> AgainstComparator | None:
    """The test against the comparator; None where it is the same, or does not judge the task."""
    task = row.task
    if comparator is None or comparator == row.system or comparator not in data.systems(task):
        return None
    a, b = (data.calls(s, task, benign_calls) for s in (row.system, comparator))
    both = a.index.intersection(b.index)
    truth = data.truth(task).loc[both].to_numpy()
    ours, theirs = a.loc[both].to_numpy(), b.loc[both].to_numpy()
    categories = range(BENIGN_CALL, len(task.classes))
    return AgainstComparator(
        accuracy=defined_or_reason(lambda: mcnemar(ours == truth, theirs == truth)),
        kappa=defined_or_reason(lambda: compare_correlated_kappas(truth, ours, theirs, categories)),
    )


def _average(data: StudyData) -> AverageAgreement:
    rows = [truth_agreement(data, reader, Task.SEVEN_WAY) for reader in data.readers]
    return AverageAgreement(
        accuracies=tuple(r.accuracy.estimate for r in rows if isinstance(r.accuracy, Proportion)),
        kappas=tuple(r.kappa.kappa for r in rows if isinstance(r.kappa, KappaResult)),
    )


def truth_agreement(
    data: StudyData, system: System, task: Task, benign_calls: BenignCalls = BenignCalls.WRONG
) -> TruthAgreement:
    """Accuracy and kappa of one system with the truth, in the cases it answered."""
    calls = data.calls(system, task, benign_calls)
    truth = data.truth(task)
    answered = truth.loc[calls.index]
    return TruthAgreement(
        system=system,
        task=task,
        accuracy=defined_or_reason(lambda: proportion(int((calls == answered).sum()), len(calls))),
        kappa=defined_or_reason(
            lambda: cohen_kappa(answered.to_numpy(), calls.to_numpy(), _categories(task, calls))
        ),
        n=len(calls),
        cases=len(truth),
    )


def confusion_matrix(
    data: StudyData, system: System, task: Task, benign_calls: BenignCalls = BenignCalls.WRONG
) -> ConfusionMatrix:
    """Confusion matrix of one system in one task, over the cases it answered."""
    calls = data.calls(system, task, benign_calls)
    truth = data.truth(task)
    columns = _categories(task, calls)
    counts = np.zeros((len(task.classes), len(columns)), dtype=np.int64)
    np.add.at(counts, (truth.loc[calls.index].to_numpy(), calls.to_numpy() - columns.start), 1)
    labels = task.classes
    if BENIGN_CALL in columns:
        counts = np.roll(counts, -1, axis=1)
        labels = (*labels, BENIGN_LABEL)
    return ConfusionMatrix(system, task, task.classes, labels, counts, len(truth))


def inter_reader(data: StudyData) -> InterReader:
    """Cohen's kappa of every pair of readers and Fleiss' kappa of all, on the seven classes."""
    calls = {r: data.calls(r, Task.SEVEN_WAY) for r in data.readers}
    categories = range(len(Task.SEVEN_WAY.classes))
    pairs = []
    for a, b in combinations(calls, 2):
        both = calls[a].index.intersection(calls[b].index)
        first, second = calls[a].loc[both].to_numpy(), calls[b].loc[both].to_numpy()
        kappa = defined_or_reason(lambda x=first, y=second: cohen_kappa(x, y, categories))  # type: ignore[misc]
        pairs.append(ReaderPair(a, b, kappa, len(both), int((first != second).sum())))
    ratings = pd.DataFrame({r.key: c for r, c in calls.items()}).dropna().astype(int)
    return InterReader(
        pairs=tuple(pairs),
        fleiss=defined_or_reason(lambda: fleiss_kappa(ratings, categories)),
        conger=defined_or_reason(lambda: conger_kappa(ratings, categories)),
        gwet=defined_or_reason(lambda: gwet_ac1(ratings, categories)),
        readers=len(calls),
        complete=len(ratings),
        differ=int((ratings.nunique(axis=1) > 1).sum()),
        cases=len(data.cases),
    )


def _categories(task: Task, calls: pd.Series) -> range:
    """Sorted category numbers of a task; -1 among them when a malignant case was called benign."""
    first = BENIGN_CALL if (calls == BENIGN_CALL).any() else 0
    return range(first, len(task.classes))
