"""The supplementary results, one number a row: the form of `dls.analysis.long_form`, for computing on.

`table` is the name of the printed table's file.  As there, rates are in per cent, "first vs second" is first
less second, and statistics that are not defined are left out.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from dls.analysis.accuracy import MALIGNANT
from dls.analysis.aided import AidedStudy, ReaderChange
from dls.analysis.calibrated import DecisionStudy, SystemCalibration
from dls.analysis.calibrated_layout import PRINTED_THRESHOLDS
from dls.analysis.long_form import ALL, COLUMNS, LongRow, percent_row
from dls.analysis.reader_comparison import ModelAgainstReaders
from dls.analysis.reading_times import ReaderTime
from dls.analysis.subgroup_accuracy import SubgroupStudy
from dls.analysis.supplement import Supplement
from dls.analysis.undefined import Undefined
from dls.stats.delong import AucResult
from dls.stats.interval import ConfidenceInterval
from dls.stats.mrmc import MrmcResult

READERS_MEAN = "Mean of the readers"


def supplement_long_form(found: Supplement) -> pd.DataFrame:
    """Every number of the supplementary tables: `COLUMNS`."""
    rows: list[LongRow] = []
    for against in found.against_readers:
        rows += _against_readers(against)
    rows += [] if found.modalities is None else _modalities(found.modalities)
    rows += [] if found.aided is None else _aided(found.aided)
    for time in found.times:
        rows += _time(time, found.times[0])
    for calibration in found.calibration:
        rows += _calibration(calibration)
    rows += [] if found.decisions is None else _decisions(found.decisions)
    for study in found.subgroups:
        rows += _subgroups(study)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(
    place: tuple[str, str, str, str], value: float, interval: ConfidenceInterval | None, n: int | None
) -> LongRow:
    low, high = (None, None) if interval is None else interval
    return (*place, value, low, high, None, n)


def _against_readers(found: ModelAgainstReaders) -> Iterator[LongRow]:
    if isinstance(found.result, Undefined):
        return
    n = found.result.n_positive + found.result.n_negative
    names = f"{READERS_MEAN} vs {found.model.name}"
    for a in found.result.analyses.values():
        place = ("model-against-readers", names, MALIGNANT)
        yield _row((*place, f"AUC difference, {a.generalises_to}"), a.difference, a.interval, n)
        yield _row((*place, f"p, {a.generalises_to}"), a.pvalue, None, n)


def _modalities(found: MrmcResult) -> Iterator[LongRow]:
    n = found.components.n_positive + found.components.n_negative
    for a in found.analyses.values():
        for d in a.differences:
            place = ("modalities", f"{d.a} vs {d.b}", MALIGNANT)
            yield _row((*place, f"AUC difference, {a.generalises_to}"), d.difference, d.interval, n)
            yield _row((*place, f"p, {a.generalises_to}"), d.pvalue, None, n)
    for j, reader in enumerate(found.readers):
        for i, modality in enumerate(found.modalities):
            place = ("modalities", reader, MALIGNANT)
            yield _row((*place, f"AUC, {modality}"), float(found.auc[i, j]), None, n)


def _aided(found: AidedStudy) -> Iterator[LongRow]:
    for reader in found.readers:
        yield from _right(reader)
        yield from _malignancy(reader)
        if not isinstance(reader.time, Undefined):
            place = ("aided", reader.reader.name, ALL)
            yield _row((*place, "time ratio"), reader.time.ratio, reader.time.interval, reader.time.n)
            yield _row((*place, "time ratio p"), reader.time.pvalue, None, reader.time.n)
    if not isinstance(found.benefit, Undefined):
        of_all = ("aided", READERS_MEAN, MALIGNANT, "net benefit gain")
        yield _row(of_all, found.benefit.estimate, found.benefit.interval, None)


def _right(reader: ReaderChange) -> Iterator[LongRow]:
    test = reader.accuracy
    if isinstance(test, Undefined):
        return
    for side, rate in (("without", test.b), ("with", test.a)):
        yield "aided", reader.reader.name, ALL, f"accuracy {side}", *percent_row(rate)
    discordant = test.only_a + test.only_b
    yield (
        "aided",
        reader.reader.name,
        ALL,
        "McNemar p, accuracy",
        test.p_exact,
        None,
        None,
        discordant,
        test.n,
    )


def _malignancy(reader: ReaderChange) -> Iterator[LongRow]:
    place = ("aided", reader.reader.name, MALIGNANT)
    if not isinstance(reader.malignancy, Undefined):
        sides = {"sensitivity": reader.malignancy.sensitivity, "specificity": reader.malignancy.specificity}
        for measure, test in sides.items():
            if test is not None:
                yield _row((*place, f"{measure} difference"), test.difference, test.interval, test.n)
                yield _row((*place, f"McNemar p, {measure}"), test.p_exact, None, test.n)
    if not isinstance(reader.reclassified, Undefined):
        net = reader.reclassified
        yield _row((*place, "net reclassification"), net.improvement, net.interval, reader.n)
        yield _row((*place, "net reclassification p"), net.pvalue, None, reader.n)
    if not isinstance(reader.benefit, Undefined):
        for side, benefit in zip(("without", "with"), reader.benefit, strict=True):
            yield _row((*place, f"net benefit {side}"), benefit, None, reader.n)


def _time(row: ReaderTime, first: ReaderTime) -> Iterator[LongRow]:
    if isinstance(row.time, Undefined):
        return
    own = ("reading-time", row.reader.name, ALL)
    yield _row((*own, "geometric mean, s"), row.time.geometric_mean, row.time.interval, row.time.n)
    yield _row((*own, "median, s"), row.time.median, None, row.time.n)
    yield _row((*own, "in all, s"), row.time.total, None, row.time.n)
    ratio = row.against_first
    if ratio is not None and not isinstance(ratio, Undefined):
        place = ("reading-time", f"{row.reader.name} vs {first.reader.name}", ALL)
        yield _row((*place, "time ratio"), ratio.ratio, ratio.interval, ratio.n)
        yield _row((*place, "time ratio p"), ratio.pvalue, None, ratio.n)


def _calibration(study: SystemCalibration) -> Iterator[LongRow]:
    for row in study.classes:
        if isinstance(row.found, Undefined):
            continue
        place = ("calibration", study.system.name, row.target)
        line, brier = row.found.line, row.found.brier
        if line is not None:
            yield _row((*place, "intercept"), line.intercept, line.intercept_interval, row.n)
            yield _row((*place, "slope"), line.slope, line.slope_interval, row.n)
        yield _row((*place, "Brier score"), brier.score, brier.interval, row.n)
        if brier.scaled is not None:
            yield _row((*place, "scaled Brier score"), brier.scaled, None, row.n)
        yield _row((*place, "calibration error"), row.found.curve.expected_calibration_error, None, row.n)


def _decisions(study: DecisionStudy) -> Iterator[LongRow]:
    for decision in study.decisions:
        if isinstance(decision.curve, Undefined):
            continue
        for threshold in PRINTED_THRESHOLDS:
            place = ("decision-curve", decision.system.name, MALIGNANT, f"net benefit at {threshold:.0%}")
            yield _row(place, decision.curve.at(threshold), None, decision.n)


def _subgroups(study: SubgroupStudy) -> Iterator[LongRow]:
    question = study.question
    for row in study.rows:
        if isinstance(row.value, AucResult):
            label = f"{row.group}: {row.label}" if row.group else row.label
            place = ("subgroups", question.system.name, question.target, f"{question.measure}, {label}")
            low, high = row.value.interval
            yield *place, row.value.auc, low, high, row.value.n_positive, row.n
