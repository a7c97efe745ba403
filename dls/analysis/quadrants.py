"""Where a model and somebody else part: both right, one right, the other right, both wrong; and the errors of
a system for one class.

Source of the galleries' form: Zhen et al., Front Oncol 2020, 10:680, Figures S3 (false positives) and S4
(false negatives).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import pandas as pd

from dls.analysis.accuracy_layout import errors_behind
from dls.analysis.case_filter import RIGHT, WRONG, CaseFilter, Condition
from dls.analysis.case_selection import select
from dls.analysis.dataset import StudyData
from dls.analysis.labels import call_label
from dls.analysis.printed import Cell, PrintedTable, Row, Section
from dls.analysis.system import Kind, System
from dls.domain import MODELS, Task

FALSE_POSITIVES, FALSE_NEGATIVES = "false positives", "false negatives"


@dataclass(frozen=True, slots=True)
class Quadrants:
    """How often two systems were right together, alone, or not at all.

    Parameters
    ----------
    counts : (first, second) -> cases, each "right" or "wrong"
    missing : cases that one of them has not answered
    """

    task: Task
    first: System
    second: System
    counts: dict[tuple[str, str], int]
    missing: int

    def filter(self, first: str, second: str) -> CaseFilter:
        """The cases of a quadrant."""
        return CaseFilter(
            self.task, where=(Condition(self.first.key, first), Condition(self.second.key, second))
        )

    def name(self, first: str, second: str) -> str:
        """A quadrant in words, such as "Model A right, Reader 1 wrong"."""
        if first == second:
            return f"both {first}"
        return f"{self.first.name} {first}, {self.second.name} {second}"


@dataclass(frozen=True, slots=True)
class GalleryCase:
    """One case of a gallery: what it is, and what the two systems called it, None where they did not.

    `score` is the probability that the first gave to the class it called, None for who gives none.
    """

    case_id: int
    code: str
    truth: str
    first: str | None
    second: str | None
    score: float | None


def quadrants(data: StudyData, task: Task, first: System, second: System) -> Quadrants:
    """Count the four quadrants over the cases that both answered."""
    truth = data.truth(task)
    right = {s.key: (data.calls(s, task) == truth.loc[data.calls(s, task).index]) for s in (first, second)}
    both = pd.DataFrame(right).dropna()
    a, b = both[first.key].astype(bool), both[second.key].astype(bool)
    sides = {RIGHT: (a, b), WRONG: (~a, ~b)}
    counts = {(x, y): int((sides[x][0] & sides[y][1]).sum()) for x, y in product((RIGHT, WRONG), repeat=2)}
    return Quadrants(task, first, second, counts, len(truth) - len(both))


def errors_of(kind: str, task: Task, target: str, system: System) -> CaseFilter:
    """False positives or false negatives of a system for one class against the rest."""
    return errors_behind(task, target, system, "sensitivity" if kind == FALSE_NEGATIVES else "specificity")


def gallery(data: StudyData, chosen: CaseFilter, first: System, second: System) -> tuple[GalleryCase, ...]:
    """The cases of a selection, with what two systems called them."""
    listed = select(data, chosen)
    scores = None
    if first.kind is Kind.MODEL:
        frame = data.scores[first.key]
        calls = data.calls(first, chosen.task).map(lambda c: call_label(MODELS[first.key].task, c))
        scores = {i: float(frame[label].loc[i]) for i, label in calls.items()}
    return tuple(
        GalleryCase(
            case_id=int(i),  # type: ignore[call-overload]
            code=row["code"],
            truth=row["truth"],
            first=row[first.name],
            second=row[second.name],
            score=None if scores is None else scores.get(i),
        )
        for i, row in listed.iterrows()
    )


def quadrant_layout(found: Quadrants) -> PrintedTable:
    """The two-by-two table; a count opens its cases."""
    rows = tuple(
        Row(
            f"{found.first.name} {a}",
            tuple(Cell(f"{found.counts[a, b]}", cases=found.filter(a, b)) for b in (RIGHT, WRONG)),
        )
        for a in (RIGHT, WRONG)
    )
    notes = ["A count opens its cases."]
    if found.missing:
        notes.append(f"{found.missing} cases that one of the two has not answered are left out.")
    return PrintedTable(
        name=f"disagreement-{found.first.key}-{found.second.key}",
        caption=f"{found.first.name} and {found.second.name}, {found.task}",
        columns=(Cell(f"{found.second.name} right"), Cell(f"{found.second.name} wrong")),
        sections=(Section("", rows),),
        notes=tuple(notes),
    )
