"""The paper's Tables 1-3 of the present study, laid out for print."""

from __future__ import annotations

from dataclasses import replace

from dls.analysis.accuracy import (
    AccuracyTable,
    AgainstAverage,
    AllCurves,
    ClassAccuracy,
    OperatingPoint,
    PairedCalls,
)
from dls.analysis.case_filter import CALLED, MISJUDGED, CaseFilter, Condition, one_wrong
from dls.analysis.linked_counts import DISCORDANT_LINKS, LINKS, discordant_cell
from dls.analysis.printed import (
    DASH,
    Cell,
    PrintedTable,
    Row,
    Section,
    answered_note,
    area,
    independence_note,
    p_value,
    percent,
    percentage_points,
    signed,
    tenth,
)
from dls.analysis.system import AVERAGE, Kind, System
from dls.analysis.undefined import Undefined
from dls.domain import Task
from dls.stats.multiplicity import holm
from dls.stats.proportions import Proportion

AUC_METHOD = (
    "AUC one-versus-rest with 95% CI, and p between models over the difference of the areas with its 95% CI: "
    "DeLong 1988."
)
LEVEL = 0.05
ALL_METHOD = "All areas equal: DeLong's chi-square over the models."
RATE_METHOD = (
    "Sensitivity and specificity with 95% CI: Clopper–Pearson 1934. p against the comparator: exact McNemar."
)
RANKING_METHOD = (
    "AUC of a reader: by the order in which the classes were ranked; those that were not ranked share the "
    "last place."
)
AVERAGE_METHOD = (
    "Sensitivity and specificity with 95% CI: Clopper–Pearson 1934. Average of readers: mean of their rates, "
    "over the range from the lowest to the highest. An average calls no case, so McNemar's test does not "
    "apply: model and average meet in the one-treatment Obuchowski–Rockette analysis of the calls, random "
    "readers and random cases (Hillis 2014), in percentage points, in the cases that all answered."
)


def accuracy_layout(table: AccuracyTable) -> PrintedTable:
    """Table 1, 2 or 3: a column a class; AUC, sensitivity and specificity of models and comparator.

    A count opens the errors it leaves: a sensitivity the missed cases, a specificity the false positives.
    """
    shown = tuple(dict.fromkeys((*table.models, *((table.comparator,) if table.comparator else ()))))
    sections = (
        Section("AUC", (*_area_rows(table), *_delong_rows(table), *_all_equal_rows(table))),
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
    names, models = ", ".join(s.key for s in table.models), "Model" if len(table.models) == 1 else "Models"
    against = f" against {table.comparator.name.lower()}" if table.comparator else ""
    return PrintedTable(
        name=f"table-{table.number}",
        caption=f"Table {table.number}. {models} {names}{against}: {table.task} classification",
        columns=tuple(
            Cell(c.target, f"n = {c.n_positive} of {c.n_positive + c.n_negative}") for c in table.classes
        ),
        sections=tuple(s for s in sections if s.rows),
        notes=_accuracy_notes(table),
    )


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
    if isinstance(result, Undefined):
        return Cell(DASH)
    return Cell(p_value(result.pvalue), signed(result.difference, result.interval))


def _all_equal_rows(table: AccuracyTable) -> list[Row]:
    tests = [row.all_models for row in table.classes]
    if tests[0] is None:
        return []
    name = " = ".join(m.key for m in tests[0].models)
    return [Row(f"p, {name}", tuple(_all_equal_cell(test) for test in tests))]


def _all_equal_cell(test: AllCurves | None) -> Cell:
    if test is None or isinstance(test.result, Undefined):
        return Cell(DASH)
    found = test.result
    return Cell(p_value(found.pvalue), f"χ² {found.statistic:.1f}, df {found.df}")


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
    text = signed(100 * found.difference, percentage_points(found.interval), 1)
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
    return discordant_cell(result, CaseFilter(table.task, where=(of_one,), benign_calls=table.benign_calls))


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


def _adjusted(table: AccuracyTable) -> list[str]:
    """What Holm's adjustment over all tests of a kind in the table leaves of those below the level."""
    told = [
        f"{name} {sum(p < LEVEL for p in found)} of {len(found)}, adjusted {int((holm(found) < LEVEL).sum())}"
        for name, found in table.families().items()
        if len(found) > 1
    ]
    if not told:
        return []
    return [f"p is not adjusted. Tests below {LEVEL:g}, and by Holm 1979 over the table: {'; '.join(told)}."]


def _accuracy_rest(table: AccuracyTable) -> tuple[str, ...]:
    notes = _adjusted(table)
    if table.classes[0].all_models is not None:
        notes.append(ALL_METHOD)
    if table.readers_ranked:
        notes.append(RANKING_METHOD)
    if table.task is Task.MALIGNANT_THREE_WAY:
        notes.append(f"Malignant cases only; a benign call on one of them is {table.benign_calls}.")
    notes += independence_note(table.with_several_cases)
    notes += answered_note(table.incomplete(), table.readings.cases)
    notes += [f"{DASH}: {reason}" for reason in table.reasons()]
    return (*notes, f"{table.readings}.")
