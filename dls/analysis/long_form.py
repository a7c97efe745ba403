"""Tables 1-4 of the present study, one number a row, with the names of the published tables.

The form for computing on, and for laying a study beside another; `tables` has the form for print.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from dls.analysis.accuracy import AccuracyTable, ClassAccuracy
from dls.analysis.agreement import AgainstComparator, AgreementTable, TruthAgreement
from dls.analysis.system import System
from dls.analysis.undefined import Undefined
from dls.stats.proportions import Proportion

COLUMNS = ("table", "system", "target", "measure", "value", "low", "high", "count", "n")
ALL = "all"
LongRow = tuple[str, str, str, str, float, float | None, float | None, int | None, int | None]


def accuracy_long_form(table: AccuracyTable) -> pd.DataFrame:
    """Table 1, 2 or 3: `COLUMNS`; rates in per cent; statistics that are not defined are left out.

    `system` of a p value is "first vs second"; count and n are those of a rate, or of a p value's test the
    discordant pairs and the cases.
    """
    rows = [row for c in table.classes for row in _class_rows(str(table.number), c)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def agreement_long_form(table: AgreementTable) -> pd.DataFrame:
    """Table 4: `COLUMNS`, with accuracy in per cent, kappa, its z, and tests against the comparator."""
    rows = [row for system in table.rows for row in _agreement_rows(system, table.comparator)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _class_rows(number: str, row: ClassAccuracy) -> Iterator[LongRow]:
    for curve in row.curves:
        if not isinstance(curve.auc, Undefined):
            low, high = curve.auc.interval
            yield number, curve.system.name, row.target, "AUC", curve.auc.auc, low, high, None, curve.n
    for point in row.points:
        for measure, rate in (("sensitivity", point.sensitivity), ("specificity", point.specificity)):
            if not isinstance(rate, Undefined):
                yield number, point.system.name, row.target, measure, *percent_row(rate)
    for pair in row.against_comparator:
        names = f"{pair.a.name} vs {pair.b.name}"
        for measure, test in (("sensitivity", pair.sensitivity), ("specificity", pair.specificity)):
            if not isinstance(test, Undefined):
                name, discordant = f"McNemar p, {measure}", test.only_a + test.only_b
                yield number, names, row.target, name, test.p_exact, None, None, discordant, test.n
    for curves in row.between_models:
        if not isinstance(curves.result, Undefined):
            names = f"{curves.a.name} vs {curves.b.name}"
            paired, n = curves.result, curves.n
            yield number, names, row.target, "DeLong p", paired.pvalue, None, None, None, n
            low, high = paired.interval
            yield number, names, row.target, "AUC difference", paired.difference, low, high, None, n
    equal = row.all_models
    if equal is not None and not isinstance(equal.result, Undefined):
        names = " = ".join(m.name for m in equal.models)
        yield number, names, row.target, "DeLong p, all equal", equal.result.pvalue, None, None, None, equal.n


def _agreement_rows(row: TruthAgreement, comparator: System | None) -> Iterator[LongRow]:
    if not isinstance(row.accuracy, Undefined):
        yield "4", row.system.name, ALL, "accuracy", *percent_row(row.accuracy)
    if not isinstance(row.kappa, Undefined):
        low, high = row.kappa.interval
        yield "4", row.system.name, ALL, "kappa", row.kappa.kappa, low, high, None, row.n
        yield "4", row.system.name, ALL, "kappa z", row.kappa.statistic, None, None, None, row.n
    if comparator is not None and row.against is not None:
        yield from _against_rows(row.against, f"{row.system.name} vs {comparator.name}")


def _against_rows(test: AgainstComparator, names: str) -> Iterator[LongRow]:
    if isinstance(test.accuracy, Undefined):
        return
    right, kappa, n = test.accuracy, test.kappa, test.accuracy.n
    yield "4", names, ALL, "McNemar p, accuracy", right.p_exact, None, None, right.only_a + right.only_b, n
    if not isinstance(kappa, Undefined):
        yield "4", names, ALL, "kappa difference", kappa.difference, *kappa.interval, None, n
        yield "4", names, ALL, "kappa difference p", kappa.pvalue, None, None, None, n


def percent_row(rate: Proportion) -> tuple[float, float, float, int, int]:
    """Estimate and limits of a rate in per cent, its count and its cases."""
    low, high = rate.interval
    return 100 * rate.estimate, 100 * low, 100 * high, rate.count, rate.n
