"""The tables of a report in their order and with their numbers: 1-4, then the supplementary ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dls.analysis.accuracy_layout import accuracy_layout
from dls.analysis.agreement_layout import agreement_layout, inter_reader_layout
from dls.analysis.aided_layout import aided_layout
from dls.analysis.calibrated_layout import calibration_layout, decision_layout
from dls.analysis.cohort_layout import composition_layout
from dls.analysis.intra_reader_layout import intra_reader_layout
from dls.analysis.manuscript import ManuscriptResults
from dls.analysis.printed import PrintedTable
from dls.analysis.reader_comparison_layout import against_readers_layout, modalities_layout
from dls.analysis.reading_times import time_layout
from dls.analysis.subgroup_accuracy import subgroup_layout
from dls.analysis.supplement import Supplement
from dls.analysis.workflow_layout import workflow_layout
from dls.report.joined_tables import beside, stacked

INTER_READER, INTRA_READER, CALIBRATION, SUBGROUPS = (
    "inter-reader",
    "intra-reader",
    "calibration",
    "subgroups",
)
"""Names of tables: those of their files, and what a checklist finds their numbers by."""


def tables(results: ManuscriptResults) -> tuple[PrintedTable, ...]:
    """Every table that the results define."""
    layouts = (accuracy_layout(table) for table in results.accuracy)
    numbered = (
        replace(table, caption=f"Table S{number}. {table.caption}")
        for number, table in enumerate(_supplementary(results), start=1)
    )
    return (*(t for t in layouts if t.sections), agreement_layout(results.agreement), *numbered)


def table_number(results: ManuscriptResults, name: str) -> str | None:
    """Number of the table of a name, such as "Table S3"; None where the report has none."""
    captions = (table.caption for table in tables(results) if table.name == name)
    return next((caption.partition(".")[0] for caption in captions), None)


def _supplementary(results: ManuscriptResults) -> Iterator[PrintedTable]:
    cohort = composition_layout(results.cohort)
    yield replace(cohort, caption=f"Cohort: {cohort.caption}")
    yield inter_reader_layout(results.agreement)
    if results.intra_reader:
        yield intra_reader_layout(results.intra_reader)
    yield from _readers(results.supplement)
    yield from _probabilities(results.supplement)


def _readers(found: Supplement) -> Iterator[PrintedTable]:
    if found.against_readers:
        by_model = {a.model.name: against_readers_layout(a) for a in found.against_readers}
        caption = "Mean area of the readers less that of each model, malignancy"
        yield stacked("model-against-readers", caption, by_model)
    if found.modalities is not None:
        yield modalities_layout(found.modalities)
    if found.aided is not None:
        yield aided_layout(found.aided)
    if found.times:
        yield time_layout(found.times)


def _probabilities(found: Supplement) -> Iterator[PrintedTable]:
    if found.calibration:
        by_system = {f"{c.system.name}, {c.task}": calibration_layout(c) for c in found.calibration}
        yield stacked(CALIBRATION, "Calibration of probabilities", by_system)
    if found.decisions is not None:
        yield decision_layout(found.decisions)
    if found.ways:
        yield workflow_layout(found.ways)
    if found.subgroups:
        by_model = {s.question.system.name: subgroup_layout(s) for s in found.subgroups}
        yield beside(SUBGROUPS, "Area under the ROC curve for malignancy in subgroups", by_model)
