"""Who is in the study, and the flow of its cases, laid out for print."""

from __future__ import annotations

from math import isnan
from typing import cast

from dls.analysis.case_filter import CaseFilter
from dls.analysis.cohort import Cohort, FlowStep
from dls.analysis.printed import DASH, Cell, PrintedTable, Row, Section, tenth


def composition_layout(found: Cohort) -> PrintedTable:
    """Cohort: a row a class; a count opens its cases."""
    rows = []
    for row in found.composition.itertuples():
        cases = CaseFilter(truth=str(row[1]))
        size = f"{row.median_mm:.0f} ({row.low_mm:.0f}–{row.high_mm:.0f})"
        proof = f"{row.histopathology}/{row.cases}"
        count, share = Cell(f"{row.cases}", cases=cases), Cell(tenth(cast("float", row.share)))
        rows.append(
            Row(
                str(row[1]),
                (count, share, Cell(proof), Cell(DASH if isnan(cast("float", row.median_mm)) else size)),
            )
        )
    return PrintedTable(
        name="composition",
        caption=f"{found.cases} cases, {found.malignant} malignant",
        columns=(
            Cell("Cases"),
            Cell("%"),
            Cell("Histopathology"),
            Cell("Diameter, mm", "median (quartiles)"),
        ),
        sections=(Section("", tuple(rows)),),
        notes=(f"Reference standard: {_standards(found) or 'none'}.",),
    )


def _standards(found: Cohort) -> str:
    return "; ".join(f"{name} in {n} cases" for name, n in found.standards.items())


def flow_layout(found: Cohort) -> PrintedTable:
    """Flow of the cases, as for a STARD diagram."""
    return PrintedTable(
        name="flow",
        caption="Flow of cases",
        columns=(Cell("Cases"),),
        sections=(Section("", tuple(Row(s.name, (_flow_cell(s),)) for s in found.flow)),),
        notes=(f"{found.readings}.",),
    )


def _flow_cell(step: FlowStep) -> Cell:
    return Cell(f"{step.cases}", cases=step.chosen if step.cases else None)
