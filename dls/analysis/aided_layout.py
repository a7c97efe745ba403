"""The comparison of readers with themselves, as it is printed."""

from __future__ import annotations

from dataclasses import replace

from dls.analysis.aided import AidedStudy, ReaderChange
from dls.analysis.case_filter import (
    BETTER_AIDED,
    CHANGED_AIDED,
    WORSE_AIDED,
    WRONG_AIDED,
    WRONG_UNAIDED,
    CaseFilter,
    read_both_ways,
)
from dls.analysis.conditions import WHOLE_TIME
from dls.analysis.linked_counts import BOTH_WAYS_LINKS
from dls.analysis.printed import DASH, Cell, PrintedTable, Row, Section, p_value, percent, signed
from dls.analysis.undefined import Undefined
from dls.domain import Task
from dls.stats.mcnemar import McNemarResult
from dls.stats.proportions import Proportion


def aided_layout(study: AidedStudy) -> PrintedTable:
    """A column a reader: accuracy, malignancy, reclassification, net benefit and time."""
    readers = study.readers
    healthy, sick = Task.BENIGN_MALIGNANT.classes
    sections = (
        Section(
            "Accuracy of seven classes, %",
            (
                Row("without", tuple(_rate(r, "b", WRONG_UNAIDED) for r in readers)),
                Row("with", tuple(_rate(r, "a", WRONG_AIDED) for r in readers)),
                Row("right only with", tuple(_discordant(r, "only_a", BETTER_AIDED) for r in readers)),
                Row("right only without", tuple(_discordant(r, "only_b", WORSE_AIDED) for r in readers)),
                Row("McNemar p", tuple(_mcnemar(r) for r in readers)),
                Row("answers changed", tuple(_changed(r) for r in readers)),
            ),
        ),
        Section(
            "Malignancy",
            (
                Row("sensitivity, with – without", tuple(_side(r, "sensitivity", sick) for r in readers)),
                Row("specificity, with – without", tuple(_side(r, "specificity", healthy) for r in readers)),
                Row("net reclassification", tuple(_net(r) for r in readers)),
                Row("net benefit, without → with", tuple(_benefit(r) for r in readers)),
            ),
        ),
        Section("Time", (Row("ratio, with / without", tuple(_time(r) for r in readers)),)),
    )
    return PrintedTable(
        name="aided",
        caption="Readers without and with the model's opinion",
        columns=tuple(Cell(r.reader.name, f"{r.n} cases") for r in readers),
        sections=sections,
        notes=tuple(_notes(study)),
    )


def _rate(row: ReaderChange, side: str, wrong: str) -> Cell:
    if isinstance(row.accuracy, Undefined):
        return Cell(DASH)
    rate: Proportion = getattr(row.accuracy, side)
    return percent(rate, _cases(row, wrong, rate.n - rate.count))


def _discordant(row: ReaderChange, side: str, outcome: str) -> Cell:
    if isinstance(row.accuracy, Undefined):
        return Cell(DASH)
    count: int = getattr(row.accuracy, side)
    return Cell(f"{count}", cases=_cases(row, outcome, count))


def _changed(row: ReaderChange) -> Cell:
    return Cell(f"{row.changed}/{row.n}", cases=_cases(row, CHANGED_AIDED, row.changed))


def _cases(row: ReaderChange, outcome: str, count: int) -> CaseFilter | None:
    return CaseFilter(where=(read_both_ways(row.reader, outcome),)) if count else None


def _mcnemar(row: ReaderChange) -> Cell:
    return Cell(DASH if isinstance(row.accuracy, Undefined) else p_value(row.accuracy.p_exact))


def _side(row: ReaderChange, side: str, truth: str) -> Cell:
    test: McNemarResult | None = (
        None if isinstance(row.malignancy, Undefined) else getattr(row.malignancy, side)
    )
    if test is None:
        return Cell(DASH)
    parted = _cases(row, CHANGED_AIDED, test.only_a + test.only_b)
    return Cell(
        signed(test.difference, test.interval),
        f"{test.only_a} : {test.only_b}, p {p_value(test.p_exact)}",
        None if parted is None else replace(parted, task=Task.BENIGN_MALIGNANT, truth=truth),
    )


def _net(row: ReaderChange) -> Cell:
    found = row.reclassified
    if isinstance(found, Undefined):
        return Cell(DASH)
    parts = f"malignant {found.events.estimate:+.3f}, benign {found.nonevents.estimate:+.3f}"
    parts = parts.replace("-", "−")
    return Cell(signed(found.improvement, found.interval), f"{parts}; p {p_value(found.pvalue)}")


def _benefit(row: ReaderChange) -> Cell:
    if isinstance(row.benefit, Undefined):
        return Cell(DASH)
    before, after = row.benefit
    return Cell(f"{before:.3f} → {after:.3f}")


def _time(row: ReaderChange) -> Cell:
    if isinstance(row.time, Undefined):
        return Cell(DASH)
    low, high = row.time.interval
    return Cell(f"{row.time.ratio:.2f} ({low:.2f}–{high:.2f})", f"p {p_value(row.time.pvalue)}")


def _notes(study: AidedStudy) -> list[str]:
    notes = [BOTH_WAYS_LINKS]
    if isinstance(study.areas, Undefined):
        notes.append(f"ROC areas of the confidence for malignancy: {study.areas.reason}")
    else:
        notes += [
            f"ROC area, with less without ({name}): {signed(d.difference, d.interval)}, "
            f"p {p_value(d.pvalue)}; {study.areas.method}"
            for name, analysis in study.areas.analyses.items()
            for d in analysis.differences
        ]
    if isinstance(study.benefit, Undefined):
        notes.append(f"Gain in net benefit: {study.benefit.reason}")
    else:
        notes.append(
            "Gain in net benefit, mean of the readers: "
            f"{signed(study.benefit.estimate, study.benefit.interval, 4)}; "
            f"{study.benefit.method}, at a threshold of {study.threshold:g}"
        )
    notes.append("McNemar: exact; reclassification: Pencina 2008; time: paired t test of logarithms")
    if study.sequential:
        notes.append(WHOLE_TIME)
    missing = [f"{r.reader.name} {r.n_missing}" for r in study.readers if r.n_missing]
    notes += [f"Cases without both readings: {', '.join(missing)}"] if missing else []
    notes += [f"{study.simulated} of the pairs hold a simulated reading"] if study.simulated else []
    return notes
