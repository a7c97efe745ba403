"""How well one system does in every subgroup: by class, size, scanner, sex, age, history and proof.

The intervals are of each subgroup by itself; they are no test of a difference between subgroups.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from dls.analysis.accuracy_layout import errors_behind
from dls.analysis.case_filter import WRONG, CaseFilter, Condition
from dls.analysis.dataset import ReadingCount, StudyData
from dls.analysis.linked_counts import SUBGROUP_LINKS
from dls.analysis.printed import DASH, Cell, PrintedTable, Row, Section, area, percent
from dls.analysis.study_filter import StudyFilter
from dls.analysis.subgroups import FACTORS, Subgroup
from dls.analysis.system import System
from dls.analysis.undefined import Undefined, defined_or_reason
from dls.domain import Task
from dls.stats.delong import AucResult, auc
from dls.stats.interval import ConfidenceInterval
from dls.stats.proportions import Proportion, proportion

ALL_CASES, CLASS = "All cases", "class"


class Measure(StrEnum):
    """What is compared between subgroups."""

    AUC = "AUC"
    SENSITIVITY = "sensitivity"
    SPECIFICITY = "specificity"
    ACCURACY = "accuracy"


Value = AucResult | Proportion | Undefined


@dataclass(frozen=True, slots=True)
class SubgroupRow:
    """One line of the forest.

    Parameters
    ----------
    group, label : heading of the rows it stands among, and its own name
    subgroup : None for all cases
    n : cases that the measure counts: all answered ones for an area or the accuracy, those of the class for a
        sensitivity, the others for a specificity
    cases : those that cost it: false negatives, false positives, wrong calls; for an area all of them
    """

    group: str
    label: str
    subgroup: Subgroup | None
    value: Value
    n: int
    cases: CaseFilter

    @property
    def estimate(self) -> tuple[float, ConfidenceInterval] | None:
        """Value and interval, None where there is none."""
        if isinstance(self.value, Undefined):
            return None
        value = self.value.auc if isinstance(self.value, AucResult) else self.value.estimate
        return value, self.value.interval


@dataclass(frozen=True, slots=True)
class Question:
    """One system's measure for a class of a task against the rest; the accuracy is of all classes."""

    system: System
    task: Task
    target: str
    measure: Measure

    def __str__(self) -> str:
        if self.measure is Measure.ACCURACY:
            return f"{self.system.name}: accuracy, {self.task}"
        return f"{self.system.name}: {self.measure} for {self.target}"


@dataclass(frozen=True, slots=True)
class SubgroupStudy:
    """The answer in all cases and in every subgroup; `within` is the filter of the page."""

    question: Question
    rows: tuple[SubgroupRow, ...]
    within: StudyFilter
    readings: ReadingCount


def measures(data: StudyData, system: System, task: Task) -> tuple[Measure, ...]:
    """The measures that a system has: an area only where it gives scores."""
    return tuple(m for m in Measure if data.has_curve(system, task) or m is not Measure.AUC)


def subgroup_study(data: StudyData, question: Question, within: StudyFilter) -> SubgroupStudy:
    """The measure in all cases and in every level of every factor.

    Raises
    ------
    InputError
        when an area is asked of a system that gives no score.
    """
    everything = _Answers(data, question)
    rows = [everything.row("", ALL_CASES, None), *_class_rows(data, question)]
    for factor in (f for f in FACTORS.values() if f.name != CLASS):
        rows += [
            everything.row(factor.label, level, Subgroup(factor.name, level))
            for level in factor.levels(data.cases)
        ]
    return SubgroupStudy(question, tuple(rows), within, data.reading_count(question.task))


def _class_rows(data: StudyData, question: Question) -> list[SubgroupRow]:
    """Each class against the rest; in a task of two classes, or for the accuracy, the cases of each class.

    A class by itself has no area, and no sensitivity or specificity where it is all on one side.
    """
    label, task = FACTORS[CLASS].label, question.task
    if task is not Task.BENIGN_MALIGNANT and question.measure is not Measure.ACCURACY:
        asked = [replace(question, target=target) for target in task.classes]
        return [_Answers(data, one).row(label, one.target, None) for one in asked]
    everything = _Answers(data, question)
    levels = FACTORS[CLASS].levels(data.cases)
    rows = [everything.row(label, level, Subgroup(CLASS, level)) for level in levels]
    return [row for row in rows if not isinstance(row.value, Undefined)]


class _Answers:
    """A system's answers beside the truth, ready to be measured in any subgroup."""

    def __init__(self, data: StudyData, question: Question) -> None:
        system, task, target = question.system, question.task, question.target
        by_score = question.measure is Measure.AUC
        answers = data.curve_score(system, target, task) if by_score else data.calls(system, task)
        truth = data.truth(task).loc[answers.index].to_numpy()
        self._cases = data.cases.loc[answers.index]
        self._measure = _measured(question.measure, answers.to_numpy(), truth, task.classes.index(target))
        self._behind = _behind(question)

    def row(self, group: str, label: str, subgroup: Subgroup | None) -> SubgroupRow:
        """The measure in a subgroup, or in all cases."""
        inside = np.ones(len(self._cases), dtype=bool)
        if subgroup is not None:
            levels = FACTORS[subgroup.factor].of(self._cases).reindex(self._cases.index)
            inside = (levels == subgroup.level).to_numpy(bool)
        value, n = self._measure(inside)
        return SubgroupRow(group, label, subgroup, value, n, self._behind)


def _measured(
    measure: Measure, answer: NDArray, truth: NDArray[np.int64], target: int
) -> Callable[[NDArray[np.bool_]], tuple[Value, int]]:
    """A function from the cases inside a subgroup to the measure and the number of cases it counts."""
    positive = truth == target
    if measure is Measure.AUC:
        return lambda inside: (
            defined_or_reason(lambda: auc(positive[inside], answer[inside])),
            int(inside.sum()),
        )
    among, right = {
        Measure.SENSITIVITY: (positive, answer == target),
        Measure.SPECIFICITY: (~positive, answer != target),
        Measure.ACCURACY: (np.ones_like(positive), answer == truth),
    }[measure]

    def rate(inside: NDArray[np.bool_]) -> tuple[Value, int]:
        n = int((among & inside).sum())
        return defined_or_reason(lambda: proportion(int((among & inside & right).sum()), n)), n

    return rate


def _behind(question: Question) -> CaseFilter:
    system, task = question.system, question.task
    if question.measure in {Measure.SENSITIVITY, Measure.SPECIFICITY}:
        return errors_behind(task, question.target, system, question.measure.value)
    if question.measure is Measure.ACCURACY:
        return CaseFilter(task, where=(Condition(system.key, WRONG),))
    return CaseFilter(task)


def narrowed(within: StudyFilter, subgroup: Subgroup | None) -> StudyFilter:
    """The page's filter and a subgroup of it together; the subgroup takes the place of its own factor's."""
    if subgroup is None:
        return within
    others = tuple(s for s in within.subgroups if s.factor != subgroup.factor)
    return replace(within, subgroups=(*others, subgroup))


def subgroup_layout(study: SubgroupStudy) -> PrintedTable:
    """The numbers of the forest, a section a factor; a count opens the cases behind it."""
    sections: dict[str, list[Row]] = {}
    for row in study.rows:
        sections.setdefault(row.group, []).append(Row(row.label, (_cell(study, row),)))
    return PrintedTable(
        name=f"subgroups-{study.question.measure.lower()}",
        caption=f"{study.question} in subgroups",
        columns=(Cell(f"{study.question.measure} (95% CI)", "counted cases"),),
        sections=tuple(Section(name, tuple(rows)) for name, rows in sections.items()),
        notes=(
            "AUC: DeLong 1988; rates: Clopper–Pearson 1934, each subgroup by itself. Whether intervals "
            "overlap is no test of a difference between subgroups, and many subgroups were looked at.",
            SUBGROUP_LINKS,
            f"{study.readings}.",
        ),
    )


def _cell(study: SubgroupStudy, row: SubgroupRow) -> Cell:
    value = row.value
    if isinstance(value, AucResult):
        printed = Cell(area(value).text, f"{value.n_positive} of {value.n_positive + value.n_negative}")
    elif isinstance(value, Undefined):
        printed = Cell(DASH, f"{row.n}")
    else:
        printed = percent(value)
    return Cell(printed.text, printed.detail, row.cases, narrowed(study.within, row.subgroup))
