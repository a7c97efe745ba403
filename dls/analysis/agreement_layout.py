"""The paper's Table 4 of the present study, and the agreement between readers, laid out for print."""

from __future__ import annotations

from dls.analysis.agreement import AgreementTable, TruthAgreement
from dls.analysis.case_filter import ANSWERED, EVERY_READER, WRONG, CaseFilter, Condition, one_right, unlike
from dls.analysis.linked_counts import DISCORDANT_LINKS, LINKS, PARTED_LINKS, differ_cell, discordant_cell
from dls.analysis.printed import (
    DASH,
    Cell,
    PrintedTable,
    Row,
    Section,
    answered_note,
    coefficient,
    fixed,
    independence_note,
    p_value,
    percent,
    tenth,
)
from dls.analysis.system import AVERAGE, System
from dls.analysis.undefined import Undefined
from dls.domain import Task
from dls.stats.agreement import KappaResult
from dls.stats.multirater import AgreementResult

KAPPA_METHOD = (
    "Accuracy with 95% CI: Clopper–Pearson 1934. Kappa: Cohen 1960, z with the variance under the null."
)


def agreement_layout(table: AgreementTable) -> PrintedTable:
    """Table 4: a row a system; accuracy, kappa, z and its p against the truth."""
    tasks = dict.fromkeys(r.task for r in table.rows)
    sections = tuple(
        Section(
            str(task),
            (
                *(_agreement_row(r, table) for r in table.rows if r.task is task),
                *(_average_agreement(table) if task is Task.SEVEN_WAY else ()),
            ),
        )
        for task in tasks
    )
    incomplete = {r.system.name: r.n for r in table.rows if r.n < r.cases}
    return PrintedTable(
        name="table-4",
        caption="Table 4. Accuracy and agreement with the reference standard",
        columns=(
            Cell("Accuracy, % (95% CI)"),
            Cell("Kappa (95% CI)"),
            Cell("z"),
            Cell("p"),
            *_comparison_columns(table.comparator),
        ),
        sections=sections,
        notes=(
            KAPPA_METHOD,
            *_comparison_notes(table.comparator),
            LINKS,
            *([DISCORDANT_LINKS] if _tests(table.comparator) else []),
            *independence_note(table.with_several_cases),
            *answered_note(incomplete, table.readings.cases),
            f"{table.readings}.",
        ),
    )


def inter_reader_layout(table: AgreementTable) -> PrintedTable:
    """Agreement between the readers: Cohen's kappa of each pair, Fleiss' kappa of all."""
    between = table.inter_reader
    rows = [
        Row(
            f"{p.a.name} – {p.b.name}",
            (*_kappa_cells(p.kappa), differ_cell(p.n, p.differ, CaseFilter(where=(unlike(p.a, p.b),)))),
        )
        for p in between.pairs
    ]
    of_all = CaseFilter(where=(Condition(EVERY_READER, ANSWERED),), readers_differ=True)
    for name, of in (("Fleiss", between.fleiss), ("Conger", between.conger), ("Gwet's AC1", between.gwet)):
        cells = (*_of_all_cells(of), differ_cell(between.complete, between.differ, of_all))
        rows.append(Row(f"All {between.readers} readers ({name})", cells))
    return PrintedTable(
        name="inter-reader",
        caption="Agreement between readers, seven-way",
        columns=(Cell("Kappa (95% CI)"), Cell("z"), Cell("p"), Cell("Cases")),
        sections=(Section("", tuple(rows)),),
        notes=(
            "Pairs: Cohen 1960. All readers, in the cases that all of them read: Fleiss 1971, Conger 1980 "
            "(by each reader's own use of the classes), Gwet 2008 (little moved by how common classes are).",
            PARTED_LINKS,
            *independence_note(table.with_several_cases),
            f"{table.readings}.",
        ),
    )


def _agreement_row(row: TruthAgreement, table: AgreementTable) -> Row:
    wrong = CaseFilter(row.task, where=(Condition(row.system.key, WRONG),), benign_calls=table.benign_calls)
    cells = (percent(row.accuracy, wrong), *_kappa_cells(row.kappa))
    return Row(row.system.name, (*cells, *_comparison_cells(row, table)))


def _tests(comparator: System | None) -> bool:
    """Whether there is somebody to test against: an average calls no case."""
    return comparator is not None and comparator != AVERAGE


def _comparison_columns(comparator: System | None) -> tuple[Cell, ...]:
    if comparator is None or not _tests(comparator):
        return ()
    return Cell("p, accuracy", f"against {comparator.name}"), Cell("p, kappa", f"against {comparator.name}")


def _comparison_notes(comparator: System | None) -> tuple[str, ...]:
    if comparator == AVERAGE:
        return (
            "Average of readers: means over the readers, from the lowest to the highest. It calls no case, "
            "so no test of accuracy or kappa applies to it; Tables 1–3 test models against it.",
        )
    if comparator is None:
        return ()
    return (
        "Against the comparator, in the cases of both: accuracy by exact McNemar, below it the cases that "
        "only the row, and only the comparator, had right; kappa by the difference of correlated kappas "
        "(Gwet 2016).",
    )


def _comparison_cells(row: TruthAgreement, table: AgreementTable) -> tuple[Cell, ...]:
    if table.comparator is None or not _tests(table.comparator):
        return ()
    if row.against is None:
        return Cell(DASH), Cell(DASH)
    kappa = row.against.kappa
    of_one = one_right(row.system, table.comparator)
    parted = CaseFilter(row.task, where=(of_one,), benign_calls=table.benign_calls)
    accuracy = discordant_cell(row.against.accuracy, parted)
    return accuracy, Cell(DASH if isinstance(kappa, Undefined) else p_value(kappa.pvalue))


def _average_agreement(table: AgreementTable) -> tuple[Row, ...]:
    found = table.average
    if found is None or not found.accuracies:
        return ()
    accuracies, kappas = found.accuracies, found.kappas
    accuracy = Cell(
        tenth(sum(accuracies) / len(accuracies)), f"{tenth(min(accuracies))} to {tenth(max(accuracies))}"
    )
    kappa = Cell(DASH)
    if kappas:
        kappa = Cell(f"{sum(kappas) / len(kappas):.3f}", f"{min(kappas):.3f} to {max(kappas):.3f}")
    return (Row(AVERAGE.name, (accuracy, kappa, Cell(DASH), Cell(DASH))),)


def _kappa_cells(kappa: KappaResult | Undefined) -> tuple[Cell, Cell, Cell]:
    if isinstance(kappa, Undefined):
        return Cell(DASH), Cell(DASH), Cell(DASH)
    return (
        coefficient(kappa.kappa, kappa.interval),
        Cell(fixed(kappa.statistic, 1)),
        Cell(p_value(kappa.pvalue)),
    )


def _of_all_cells(found: AgreementResult | Undefined) -> tuple[Cell, Cell, Cell]:
    if isinstance(found, Undefined):
        return Cell(DASH), Cell(DASH), Cell(DASH)
    value = coefficient(found.coefficient, found.interval)
    if found.statistic is None or found.pvalue is None:
        return value, Cell(DASH), Cell(DASH)
    return value, Cell(fixed(found.statistic, 1)), Cell(p_value(found.pvalue))
