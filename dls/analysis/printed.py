"""A table as it is printed: sections, rows and cells of text, each able to name the cases behind it."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from math import isnan

from dls.analysis.case_filter import CaseFilter
from dls.analysis.study_filter import Part, StudyFilter
from dls.analysis.undefined import Undefined
from dls.stats.delong import AucResult
from dls.stats.interval import ConfidenceInterval
from dls.stats.proportions import Proportion

DASH = "–"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: the text, a smaller second line, and the cases that the last of them counts.

    `within` is the part of the study that the cases are of, where it is not that of the whole table.
    """

    text: str
    detail: str = ""
    cases: CaseFilter | None = None
    within: StudyFilter | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the body: its label, and a cell a column."""

    label: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """Rows under one heading, such as "Sensitivity, %"."""

    heading: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """A table of the manuscript.

    Parameters
    ----------
    name : for files, such as "table-1"
    columns : headings of the cells, without the row label's
    notes : methods, missing answers, simulated readings; printed below
    part : the part of the study that it is of; None for the whole study
    """

    name: str
    caption: str
    columns: tuple[Cell, ...]
    sections: tuple[Section, ...]
    notes: tuple[str, ...]
    part: Part | None = None


def of_part(table: PrintedTable, part: Part) -> PrintedTable:
    """A table that says of which part of the study it is, and whose counts open cases of that part."""
    return replace(table, part=part)


def percent(value: Proportion | Undefined, cases: CaseFilter | None = None) -> Cell:
    """A proportion in per cent with its interval, over its count: 87.2 (74.3–95.2), 41/47."""
    if isinstance(value, Undefined):
        return Cell(DASH)
    low, high = value.interval
    text = f"{tenth(value.estimate)} ({tenth(low)}–{tenth(high)})"
    return Cell(text, f"{value.count}/{value.n}", cases)


def area(value: AucResult | Undefined) -> Cell:
    """An AUC with its interval: 0.925 (0.871–0.978)."""
    if isinstance(value, Undefined):
        return Cell(DASH)
    low, high = value.interval
    return Cell(f"{value.auc:.3f} ({low:.3f}–{high:.3f})")


def coefficient(value: float, interval: ConfidenceInterval) -> Cell:
    """A kappa with its interval: 0.744 (0.687–0.801), or 0.100 (−0.544 to 0.744)."""
    until = " to " if interval.low < 0 else "–"
    return Cell(f"{fixed(value, 3)} ({fixed(interval.low, 3)}{until}{fixed(interval.high, 3)})")


def signed(value: float, interval: ConfidenceInterval, places: int = 3) -> str:
    """A difference with its interval: +0.042 (−0.010 to +0.094)."""
    shown, low, high = (fixed(v, places, sign="+") for v in (value, *interval))
    return f"{shown} ({low} to {high})"


def fixed(value: float, places: int, *, sign: str = "") -> str:
    """A number with so many decimals, with a minus sign below zero and none at it.

    Parameters
    ----------
    sign : "+" gives every number a sign
    """
    return f"{round(value, places) + 0.0:{sign}.{places}f}".replace("-", "−")


def percentage_points(interval: ConfidenceInterval) -> ConfidenceInterval:
    """An interval of fractions in per cent."""
    return ConfidenceInterval(100 * interval.low, 100 * interval.high)


def sentence(text: str) -> str:
    """A text that begins with a capital letter."""
    return text[:1].upper() + text[1:]


def p_value(p: float) -> str:
    """A p value to three places; below that, "<0.001"."""
    if isnan(p):
        return DASH
    return "<0.001" if p < 0.0005 else f"{p:.3f}"


def tenth(fraction: float) -> str:
    """A fraction in per cent to one place, and a full one as 100."""
    text = f"{100 * fraction:.1f}"
    return "100" if text == "100.0" else text


def to_csv(table: PrintedTable, rests_on: str = "") -> str:
    """The table as comma-separated text; a cell's second line follows in brackets, notes come last.

    A table of a part of the study says so first.

    Parameters
    ----------
    rests_on : protocol and version of the program (`dls.analysis.provenance.origin`), for the last line;
        empty for a table whose notes say it
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if table.part is not None:
        writer.writerow([str(table.part)])
    writer.writerow(["", "", *(_joined(c) for c in table.columns)])
    for section in table.sections:
        for row in section.rows:
            writer.writerow([section.heading, row.label, *(_joined(c) for c in row.cells)])
    writer.writerow([])
    writer.writerows([[note] for note in (*table.notes, rests_on) if note])
    return out.getvalue()


def _joined(cell: Cell) -> str:
    return f"{cell.text} [{cell.detail}]" if cell.detail else cell.text


def several_cases(patients: int) -> str:
    """That so many patients have more than one case."""
    return f"{patients} patient{' has' if patients == 1 else 's have'} more than one case"


def independence_note(patients: int) -> list[str]:
    """A note that so many patients have more than one of the table's cases, which its numbers do not know."""
    said = f"{several_cases(patients)}; intervals and tests take cases as independent."
    return [said] if patients else []


def answered_note(incomplete: dict[str, int], cases: int) -> list[str]:
    """A note that says who has not answered every case."""
    parts = ", ".join(f"{name} {n}" for name, n in incomplete.items())
    return [f"Cases answered, of {cases}: {parts}; all others all."] if parts else []
