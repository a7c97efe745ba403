"""The ways of a new patient through the models, laid out for print."""

from __future__ import annotations

from dls.analysis.case_filter import CaseFilter
from dls.analysis.labels import short_label
from dls.analysis.linked_counts import CELL_LINKS
from dls.analysis.printed import DASH, Cell, PrintedTable, Row, Section, coefficient, percent
from dls.analysis.undefined import Undefined, defined_or_reason
from dls.analysis.workflow import CLASSES, Workflow
from dls.stats.proportions import proportion

MOST_LINKED = 200
"""Cases that an address can name one by one."""


def workflow_layout(found: tuple[Workflow, ...]) -> PrintedTable:
    """A section a way: true class against what the way ended in; a count opens its cases."""
    return PrintedTable(
        name="triage",
        caption="The way of a new patient: D from unenhanced images, then G or F where D calls malignant",
        columns=(*(Cell(short_label(label), "called") for label in CLASSES), Cell("Right, % (95% CI)")),
        sections=tuple(Section(_name(way), _rows(way)) for way in found),
        notes=(
            *(_summary(way) for way in found),
            "Accuracy with 95% CI: Clopper–Pearson 1934. Kappa: Cohen 1960.",
            CELL_LINKS,
        ),
    )


def _name(way: Workflow) -> str:
    return f"{way.first.key}, then {way.second.key}"


def _rows(way: Workflow) -> tuple[Row, ...]:
    return tuple(_row(way, place, label) for place, label in enumerate(CLASSES))


def _row(way: Workflow, place: int, label: str) -> Row:
    of_class = [way.cells.get((place, called), ()) for called in range(len(CLASSES))]
    right = defined_or_reason(lambda: proportion(len(of_class[place]), sum(map(len, of_class))))
    return Row(short_label(label), (*map(_count, of_class), percent(right)))


def _count(cases: tuple[int, ...]) -> Cell:
    opens = CaseFilter(cases=cases) if 0 < len(cases) <= MOST_LINKED else None
    return Cell(f"{len(cases)}" if cases else DASH, cases=opens)


def _summary(way: Workflow) -> str:
    missing = f"; {way.missing} cases not scored" if way.missing else ""
    if isinstance(way.accuracy, Undefined):
        return f"{_name(way)}: {way.accuracy.reason}{missing}."
    right = percent(way.accuracy)
    kappa = (
        f"{DASH} ({way.kappa.reason})"
        if isinstance(way.kappa, Undefined)
        else (coefficient(way.kappa.kappa, way.kappa.interval).text)
    )
    return f"{_name(way)}: accuracy {right.text} %, {right.detail}; kappa {kappa}{missing}."
