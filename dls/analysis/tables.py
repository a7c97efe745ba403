"""Results of the present study laid out for print: the paper's Tables 1-4, and who is in the study."""

from __future__ import annotations

from dataclasses import replace
from math import isnan
from typing import cast

from dls.analysis.accuracy import AccuracyTable, AgainstAverage, ClassAccuracy, OperatingPoint, PairedCalls
from dls.analysis.agreement import AgreementTable, TruthAgreement
from dls.analysis.cohort import Cohort, FlowStep
from dls.analysis.disagreement import (
    ANSWERED,
    CALLED,
    EVERY_READER,
    MISJUDGED,
    WRONG,
    CaseFilter,
    Condition,
    one_right,
    one_wrong,
    unlike,
)
from dls.analysis.dossier import CaseReading, Dossier
from dls.analysis.intra_reader_layout import CHANGED_LINKS
from dls.analysis.labels import mark, short_label
from dls.analysis.printed import (
    DASH,
    Cell,
    PrintedTable,
    Row,
    Section,
    area,
    coefficient,
    p_value,
    percent,
    tenth,
)
from dls.analysis.system import AVERAGE, Kind, System
from dls.analysis.undefined import Undefined
from dls.domain import Task
from dls.stats.agreement import KappaResult
from dls.stats.mcnemar import McNemarResult
from dls.stats.multirater import AgreementResult
from dls.stats.proportions import Proportion

AUC_METHOD = "AUC one-versus-rest with 95% CI, and p between models: DeLong 1988."
RATE_METHOD = (
    "Sensitivity and specificity with 95% CI: Clopper–Pearson 1934. p against the comparator: exact McNemar."
)
LINKS = "A count opens the cases that were wrong."
PARTED_LINKS = "The lower number of the cases opens those on which they differ."
DISCORDANT_LINKS = "The two numbers below a p open the cases that only one of the two had right."
ON_SCREEN = (LINKS, PARTED_LINKS, DISCORDANT_LINKS, CHANGED_LINKS)
"""Notes that speak of a table's links, which it has on a page only."""
AVERAGE_METHOD = (
    "Sensitivity and specificity with 95% CI: Clopper–Pearson 1934. Average of readers: mean of their rates, "
    "over the range from the lowest to the highest. An average calls no case, so McNemar's test does not "
    "apply: model and average meet in the one-treatment Obuchowski–Rockette analysis of the calls, random "
    "readers and random cases (Hillis 2014), in percentage points, in the cases that all answered."
)
KAPPA_METHOD = (
    "Accuracy with 95% CI: Clopper–Pearson 1934. Kappa: Cohen 1960, z with the variance under the null."
)


def accuracy_layout(table: AccuracyTable) -> PrintedTable:
    """Table 1, 2 or 3: a column a class; AUC, sensitivity and specificity of models and comparator.

    A count opens the errors it leaves: a sensitivity the missed cases, a specificity the false positives.
    """
    shown = tuple(dict.fromkeys((*table.models, *((table.comparator,) if table.comparator else ()))))
    sections = (
        Section("AUC", (*_area_rows(table), *_delong_rows(table))),
        Section(
            "Sensitivity, %", (*_rate_rows(table, shown, "sensitivity"), *_mcnemar_rows(table, "sensitivity"))
        ),
        Section(
            "Specificity, %", (*_rate_rows(table, shown, "specificity"), *_mcnemar_rows(table, "specificity"))
        ),
        Section(
            "(Sensitivity + specificity) / 2, average of readers less model", tuple(_average_rows(table))
        ),
    )
    names = ", ".join(s.key for s in table.models)
    against = f" against {table.comparator.name.lower()}" if table.comparator else ""
    return PrintedTable(
        name=f"table-{table.number}",
        caption=f"Table {table.number}. Models {names}{against}: {table.task} classification",
        columns=tuple(
            Cell(c.target, f"n = {c.n_positive} of {c.n_positive + c.n_negative}") for c in table.classes
        ),
        sections=tuple(s for s in sections if s.rows),
        notes=_accuracy_notes(table),
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
            *_answered(incomplete, table.readings.cases),
            f"{table.readings}.",
        ),
    )


def inter_reader_layout(table: AgreementTable) -> PrintedTable:
    """Agreement between the readers: Cohen's kappa of each pair, Fleiss' kappa of all."""
    between = table.inter_reader
    rows = [
        Row(
            f"{p.a.name} – {p.b.name}",
            (*_kappa_cells(p.kappa), _differ_cell(p.n, p.differ, CaseFilter(where=(unlike(p.a, p.b),)))),
        )
        for p in between.pairs
    ]
    of_all = CaseFilter(where=(Condition(EVERY_READER, ANSWERED),), readers_differ=True)
    rows.append(
        Row(
            f"All {between.readers} readers (Fleiss)",
            (*_fleiss_cells(between.fleiss), _differ_cell(between.complete, between.differ, of_all)),
        )
    )
    return PrintedTable(
        name="inter-reader",
        caption="Agreement between readers, seven-way",
        columns=(Cell("Kappa (95% CI)"), Cell("z"), Cell("p"), Cell("Cases")),
        sections=(Section("", tuple(rows)),),
        notes=(
            "Pairs: Cohen 1960. All readers: Fleiss 1971, in the cases that all of them read.",
            PARTED_LINKS,
            f"{table.readings}.",
        ),
    )


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


def _differ_cell(cases: int, differ: int, chosen: CaseFilter) -> Cell:
    return Cell(f"{cases}", f"{differ} differ", chosen if differ else None)


def readings_layout(found: Dossier) -> PrintedTable:
    """Readings of one case, first and second, and the consensus: class, whether right, confidence, time."""
    rows = [_reading_row(r.reader, r) for r in found.readings]
    rows += [_reading_row(f"{r.reader}, met again", r) for r in found.repeats]
    rows += [_reading_row(f"{r.reader}, before the consensus", r) for r in found.second_readings]
    agreed = found.consensus
    if agreed is not None:
        how = agreed.mode + (", simulated" if agreed.simulated else "")
        rows.append(
            Row(
                "Consensus",
                (
                    Cell(f"{mark(right=agreed.correct)} {short_label(agreed.label)}", how),
                    Cell(DASH),
                    Cell(f"{agreed.seconds:.0f}" if agreed.seconds else DASH),
                ),
            )
        )
    said = [(r.reader, r.comment) for r in (*found.readings, *found.repeats, *found.second_readings)]
    said += [("Consensus", agreed.reason)] if agreed is not None else []
    return PrintedTable(
        name=f"readings-{found.code}",
        caption="Readings" if rows else "Nobody has read this case yet",
        columns=(Cell("Class"), Cell("Malignancy", "0–100"), Cell("Active", "s")),
        sections=(Section("", tuple(rows)),),
        notes=tuple(f"{who}: “{words}”" for who, words in said if words),
    )


def _reading_row(name: str, reading: CaseReading) -> Row:
    made = "simulated" if reading.simulated else ""
    sure = DASH if reading.malignancy is None else f"{reading.malignancy:.0f}"
    called = Cell(f"{mark(right=reading.correct)} {short_label(reading.label)}", made)
    return Row(name, (called, Cell(sure), Cell(f"{reading.seconds:.0f}")))


def _area_rows(table: AccuracyTable) -> list[Row]:
    systems = [c.system for c in table.classes[0].curves]
    return [
        Row(
            s.name,
            tuple(Cell(DASH) if c is None else area(c.auc) for c in (r.curve(s.key) for r in table.classes)),
        )
        for s in systems
    ]


def _delong_rows(table: AccuracyTable) -> list[Row]:
    pairs = [(p.a, p.b) for p in table.classes[0].between_models]
    return [
        Row(f"p, {a.key} – {b.key}", tuple(_delong_cell(row, i) for row in table.classes))
        for i, (a, b) in enumerate(pairs)
    ]


def _delong_cell(row: ClassAccuracy, i: int) -> Cell:
    result = row.between_models[i].result
    return Cell(DASH if isinstance(result, Undefined) else p_value(result.pvalue))


def _rate_rows(table: AccuracyTable, systems: tuple[System, ...], rate: str) -> list[Row]:
    return [Row(s.name, tuple(_rate_cell(table, row, s, rate) for row in table.classes)) for s in systems]


def _rate_cell(table: AccuracyTable, row: ClassAccuracy, system: System, rate: str) -> Cell:
    if system == AVERAGE:
        return _average_rate_cell(row, rate)
    point = row.point(system.key)
    if point is None:
        return Cell(DASH)
    wrong = errors_behind(table.task, row.target, system, rate)
    return percent(_rate(point, rate), replace(wrong, benign_calls=table.benign_calls))


def _average_rate_cell(row: ClassAccuracy, rate: str) -> Cell:
    """Mean rate of the readers, over its range."""
    points = [_rate(p, rate) for p in row.points if p.system.kind is Kind.READER]
    known = [p.estimate for p in points if isinstance(p, Proportion)]
    if not known:
        return Cell(DASH)
    spread = f"{tenth(min(known))} to {tenth(max(known))}"
    return Cell(tenth(sum(known) / len(known)), spread)


def _average_rows(table: AccuracyTable) -> list[Row]:
    tests = [row.against_average for row in table.classes]
    return [
        Row(f"Readers – {m.key}", tuple(_average_cell(of_class[i]) for of_class in tests))
        for i, m in enumerate(table.models)
        if all(tests)
    ]


def _average_cell(test: AgainstAverage) -> Cell:
    if isinstance(test.result, Undefined) or "RRRC" not in test.result.analyses:
        return Cell(DASH)
    found = test.result.analyses["RRRC"]
    low, high = found.interval
    text = f"{100 * found.difference:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})".replace("-", "−")
    return Cell(text, f"p {p_value(found.pvalue)}")


def _rate(point: OperatingPoint, rate: str) -> Proportion | Undefined:
    return point.sensitivity if rate == "sensitivity" else point.specificity


def errors_behind(task: Task, target: str, system: System, rate: str) -> CaseFilter:
    """Cases that cost a sensitivity (false negatives) or a specificity (false positives)."""
    misjudged = Condition(system.key, f"{MISJUDGED}:{target}")
    if rate == "sensitivity":
        return CaseFilter(task, truth=target, where=(misjudged,))
    return CaseFilter(task, where=(misjudged, Condition(system.key, f"{CALLED}:{target}")))


def _mcnemar_rows(table: AccuracyTable, rate: str) -> list[Row]:
    pairs = table.classes[0].against_comparator
    return [
        Row(
            f"p, {p.a.key} – {p.b.name.lower()}",
            tuple(_mcnemar_cell(table, row, row.against_comparator[i], rate) for row in table.classes),
        )
        for i, p in enumerate(pairs)
    ]


def _mcnemar_cell(table: AccuracyTable, row: ClassAccuracy, pair: PairedCalls, rate: str) -> Cell:
    result = pair.sensitivity if rate == "sensitivity" else pair.specificity
    of_one = one_wrong(pair.a, pair.b, row.target, rate)
    return _discordant_cell(result, CaseFilter(table.task, where=(of_one,), benign_calls=table.benign_calls))


def _discordant_cell(test: McNemarResult | Undefined, parted: CaseFilter) -> Cell:
    """McNemar's p over the discordant pairs, which open their cases."""
    if isinstance(test, Undefined):
        return Cell(DASH)
    opens = test.only_a + test.only_b > 0
    return Cell(p_value(test.p_exact), f"{test.only_a} : {test.only_b}", parted if opens else None)


def _accuracy_notes(table: AccuracyTable) -> tuple[str, ...]:
    if table.comparator == AVERAGE:
        return (AUC_METHOD, AVERAGE_METHOD, LINKS, *_accuracy_rest(table))
    notes = [
        AUC_METHOD,
        RATE_METHOD,
        LINKS,
        "Below p: cases only the model had right : cases only the comparator had right.",
        DISCORDANT_LINKS,
    ]
    return (*notes, *_accuracy_rest(table))


def _accuracy_rest(table: AccuracyTable) -> tuple[str, ...]:
    notes = []
    if table.task is Task.MALIGNANT_THREE_WAY:
        notes.append(f"Malignant cases only; a benign call on one of them is {table.benign_calls}.")
    notes += _answered(table.incomplete(), table.readings.cases)
    notes += [f"{DASH}: {reason}" for reason in table.reasons()]
    return (*notes, f"{table.readings}.")


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
    accuracy = _discordant_cell(row.against.accuracy, parted)
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


def _answered(incomplete: dict[str, int], cases: int) -> list[str]:
    """A note that says who has not answered every case."""
    parts = ", ".join(f"{name} {n}" for name, n in incomplete.items())
    return [f"Cases answered, of {cases}: {parts}; all others all."] if parts else []


def _kappa_cells(kappa: KappaResult | Undefined) -> tuple[Cell, Cell, Cell]:
    if isinstance(kappa, Undefined):
        return Cell(DASH), Cell(DASH), Cell(DASH)
    return (
        coefficient(kappa.kappa, kappa.interval),
        Cell(f"{kappa.statistic:.1f}".replace("-", "−")),
        Cell(p_value(kappa.pvalue)),
    )


def _fleiss_cells(kappa: AgreementResult | Undefined) -> tuple[Cell, Cell, Cell]:
    if isinstance(kappa, Undefined) or kappa.statistic is None or kappa.pvalue is None:
        return Cell(DASH), Cell(DASH), Cell(DASH)
    return (
        coefficient(kappa.coefficient, kappa.interval),
        Cell(f"{kappa.statistic:.1f}".replace("-", "−")),
        Cell(p_value(kappa.pvalue)),
    )
