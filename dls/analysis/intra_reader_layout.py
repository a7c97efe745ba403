"""Agreement of the readers with themselves, laid out for print."""

from __future__ import annotations

from dls.analysis.case_filter import CaseFilter, changed
from dls.analysis.intra_reader import IntraReader
from dls.analysis.linked_counts import CHANGED_LINKS
from dls.analysis.printed import DASH, Cell, PrintedTable, Row, Section, coefficient, percent, signed
from dls.analysis.undefined import Undefined
from dls.stats.repeatability import RepeatedClasses, RepeatedRatings


def intra_reader_layout(found: tuple[IntraReader, ...]) -> PrintedTable:
    """A row a reader: share of equal classes, kappa, repeatability of the confidence for malignancy."""
    simulated = [r.reader.name for r in found if r.simulated]
    return PrintedTable(
        name="intra-reader",
        caption="Agreement of readers with themselves, seven-way, in cases that they met twice",
        columns=(
            Cell("Same class, % (95% CI)"),
            Cell("Kappa (95% CI)"),
            Cell("Malignancy, 0–100", "second − first (95% CI)"),
            Cell("Repeatability", "coefficient, 0–100"),
        ),
        sections=(Section("", tuple(_row(r) for r in found)),),
        notes=(
            "Same class: Clopper–Pearson 1934. Kappa: Cohen 1960. Repeatability coefficient: two readings of "
            "a case differ by less in 95 of 100 cases (Bland and Altman 1999).",
            CHANGED_LINKS,
            *([f"Simulated readings: {', '.join(simulated)}."] if simulated else []),
        ),
    )


def _row(of: IntraReader) -> Row:
    cases = CaseFilter(where=(changed(of.reader),)) if of.differ else None
    return Row(of.reader.name, (*_classes(of.classes, cases), *_malignancy(of.malignancy)))


def _classes(found: RepeatedClasses | Undefined, cases: CaseFilter | None) -> tuple[Cell, Cell]:
    if isinstance(found, Undefined):
        return Cell(DASH), Cell(DASH)
    if found.kappa is None:
        return percent(found.agreement, cases), Cell(DASH)
    return percent(found.agreement, cases), coefficient(found.kappa.kappa, found.kappa.interval)


def _malignancy(found: RepeatedRatings | Undefined) -> tuple[Cell, Cell]:
    if isinstance(found, Undefined):
        return Cell(DASH), Cell(DASH)
    return Cell(signed(found.bias, found.bias_interval, 1)), Cell(f"{found.repeatability_coefficient:.1f}")
