"""The published Tables 1-4 laid out beside what their counts give, and beside the present study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from dls.analysis.accuracy import TABLE_NUMBER
from dls.analysis.accuracy_layout import errors_behind
from dls.analysis.case_filter import WRONG, CaseFilter, Condition
from dls.analysis.labels import WRONG_MARK
from dls.analysis.linked_counts import LINKS
from dls.analysis.printed import DASH, Cell, PrintedTable, Row, Section, p_value, tenth
from dls.analysis.published import PublishedStudy
from dls.analysis.system import Kind, System
from dls.domain import MODELS, Task

SOURCE = "Zhen et al., Front Oncol 2020;10:680 (CC BY 4.0)."
RATES = ("sensitivity", "specificity", "accuracy")
HEADINGS = {
    "AUC": "AUC",
    "DeLong p": "p, AUC (DeLong)",
    "sensitivity": "Sensitivity, %",
    "McNemar p, sensitivity": "p, sensitivity (McNemar)",
    "specificity": "Specificity, %",
    "McNemar p, specificity": "p, specificity (McNemar)",
    "accuracy": "Accuracy, %",
    "kappa": "Kappa",
    "kappa z": "z of kappa",
}


def published_layout(
    number: str, published: PublishedStudy, ours: pd.DataFrame, systems: Sequence[System] = ()
) -> PrintedTable:
    """One published table: a row a printed figure; printed, recomputed, this study, remark.

    Parameters
    ----------
    number : "1" to "4"
    ours : the present study in long form
    systems : of the present study; the counts of these open the cases that they got wrong
    """
    frames = (published.rates, published.kappas, published.mcnemar, published.areas, published.delong)
    printed = [row for f in frames for row in f[f["table"] == number].to_dict("records")]
    behind = {s.name: s for s in systems}
    known = {
        (r["system"], r["target"], r["measure"]): _ours(r, behind.get(r["system"]))
        for r in ours.to_dict("records")
    }
    sections = tuple(
        Section(heading, tuple(_row(r, known) for r in printed if r["measure"] == measure))
        for measure, heading in HEADINGS.items()
    )
    wrong = sum(not r["reproduced"] for r in printed)
    return PrintedTable(
        name=f"published-table-{number}",
        caption=f"Table {number} as published, recomputed, and in this study",
        columns=(Cell("Published"), Cell("Recomputed from counts"), Cell("This study"), Cell("Remark")),
        sections=tuple(s for s in sections if s.rows),
        notes=(
            f"Published: {SOURCE} {WRONG_MARK}: the printed figure does not follow from the counts "
            f"({wrong} of {len(printed)} figures of this table).",
            "AUCs and DeLong p need patients' scores, which are not public: they are only checked against "
            "each other.",
            *([LINKS] if systems else []),
        ),
    )


def _row(row: dict, known: dict[tuple[str, str, str], Cell]) -> Row:
    label = row["system"] if row["target"] == "all" else f"{row['system']}, {row['target']}"
    mark = "" if row["reproduced"] else f"{WRONG_MARK} "
    ours = known.get((row["system"], row["target"], row["measure"]), Cell(DASH))
    return Row(
        label,
        (
            Cell(_published(row)),
            _recomputed(row),
            ours,
            Cell(mark + row["explanation"]),
        ),
    )


def _published(row: dict) -> str:
    limits = f" ({row['printed_low']}–{row['printed_high']})" if row.get("printed_low") else ""
    return f"{row['printed']}{limits}"


def _recomputed(row: dict) -> Cell:
    if row["measure"] in RATES:
        return _rate(row["estimate"], row["low"], row["high"], f"{row['count']}/{row['n']}")
    if row["measure"] == "kappa" and not pd.isna(row["recomputed"]):
        return Cell(f"{row['recomputed']:.3f}")
    if row["measure"] == "kappa z" and not pd.isna(row["recomputed"]):
        return Cell(f"{row['recomputed']:.1f}")
    return Cell(", ".join(f"{a} : {b}" for a, b in row.get("pairs", ())) or DASH)


def _ours(row: dict, system: System | None) -> Cell:
    measure, value = row["measure"], row["value"]
    if measure in RATES:
        found = _rate(value, row["low"], row["high"], f"{row['count']:.0f}/{row['n']:.0f}")
        return found if system is None else replace(found, cases=_wrong(row, system))
    if measure in {"AUC", "kappa"}:
        return Cell(f"{value:.3f} ({row['low']:.3f}–{row['high']:.3f})")
    return Cell(f"{value:.1f}" if measure == "kappa z" else p_value(value))


def _wrong(row: dict, system: System) -> CaseFilter:
    """The cases that cost a rate of the present study."""
    if row["measure"] == "accuracy":
        task = MODELS[system.key].task if system.kind is Kind.MODEL else Task.SEVEN_WAY
        return CaseFilter(task, where=(Condition(system.key, WRONG),))
    task = next(t for t, number in TABLE_NUMBER.items() if str(number) == row["table"])
    return errors_behind(task, row["target"], system, row["measure"])


def _rate(value: float, low: float, high: float, count: str) -> Cell:
    estimate, lower, upper = (tenth(percent / 100) for percent in (value, low, high))
    return Cell(f"{estimate} ({lower}–{upper})", count)
