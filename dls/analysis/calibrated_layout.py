"""Calibration and decision curves as they are printed."""

from __future__ import annotations

import numpy as np

from dls.analysis.calibrated import ClassCalibration, DecisionStudy, SystemCalibration, SystemDecision
from dls.analysis.printed import DASH, Cell, PrintedTable, Row, Section, fixed
from dls.analysis.undefined import Undefined
from dls.stats.decision_curve import DecisionCurve
from dls.stats.interval import ConfidenceInterval

PRINTED_THRESHOLDS = (0.1, 0.2, 0.3, 0.5, 0.7, 0.9)


def calibration_layout(study: SystemCalibration) -> PrintedTable:
    """A row a class: intercept, slope, Brier score and calibration error."""
    notes = [
        "Intercept (0 is right; above 0 the probabilities are too low) and slope (1 is right; below 1 they "
        "are too extreme): logistic recalibration, Cox 1958, Wald intervals.",
        "Brier score: Brier 1950; scaled: 1 less its ratio to that of always giving the prevalence. "
        "Calibration error: mean distance from the diagonal over ten bins of equal size.",
    ]
    for row in study.classes:
        if isinstance(row.found, Undefined):
            notes.append(f"{DASH}: {row.target}: {row.found.reason}")
        elif row.found.line is None:
            notes.append(f"{DASH}: {row.target}: {row.found.line_problem}")
    missing = [f"{row.n}" for row in study.classes[:1] if row.n < row.cases]
    notes += [f"Cases with a probability: {n} of {study.classes[0].cases}." for n in missing]
    return PrintedTable(
        name="calibration",
        caption=f"Calibration of {study.system.name}, {study.task}",
        columns=(
            Cell("Intercept (95% CI)"),
            Cell("Slope (95% CI)"),
            Cell("Brier score (95% CI)"),
            Cell("scaled"),
            Cell("Calibration error"),
            Cell("Cases", "of the class"),
        ),
        sections=(Section("", tuple(Row(c.target, _cells(c)) for c in study.classes)),),
        notes=(*notes, f"{study.readings}."),
    )


def _cells(row: ClassCalibration) -> tuple[Cell, ...]:
    count = Cell(f"{row.n_positive} of {row.n}")
    if isinstance(row.found, Undefined):
        return (*([Cell(DASH)] * 5), count)
    line, brier = row.found.line, row.found.brier
    scaled = DASH if brier.scaled is None else f"{brier.scaled:.2f}".replace("-", "−")
    return (
        Cell(DASH if line is None else _with(line.intercept, line.intercept_interval, 2)),
        Cell(DASH if line is None else _with(line.slope, line.slope_interval, 2)),
        Cell(_with(brier.score, brier.interval, 3)),
        Cell(scaled),
        Cell(f"{row.found.curve.expected_calibration_error:.3f}"),
        count,
    )


def decision_layout(study: DecisionStudy) -> PrintedTable:
    """A row a system: net benefit at a few thresholds, per 100 cases."""
    curves = [d.curve for d in study.decisions if not isinstance(d.curve, Undefined)]
    everyone = () if not curves else (Row("Treat all", _at(curves[0], treat_all=True)),)
    models = tuple(_decision_row(d) for d in study.decisions if not d.by_calls)
    people = tuple(_decision_row(d) for d in study.decisions if d.by_calls)
    sections = (
        Section("Acting on a model's probability", models),
        Section("Acting on a call of malignant", people),
        Section("Without any opinion", everyone),
    )
    return PrintedTable(
        name="decision-curve",
        caption="Net benefit for malignancy, true positives per 100 cases",
        columns=tuple(Cell(f"at {t:.0%}") for t in PRINTED_THRESHOLDS),
        sections=tuple(s for s in sections if s.rows),
        notes=(
            "Threshold: probability of malignancy from which one would act; a false positive costs "
            "threshold / (1 − threshold) of a true positive. Treating nobody has 0. Vickers and Elkin 2006.",
            "Whoever has not answered every case is judged in the cases answered: "
            + (", ".join(f"{d.system.name} {d.n}" for d in study.decisions if d.n < study.cases) or "none")
            + f", of {study.cases}.",
            f"{study.readings}.",
        ),
    )


def _decision_row(decision: SystemDecision) -> Row:
    if isinstance(decision.curve, Undefined):
        return Row(decision.system.name, tuple(Cell(DASH) for _ in PRINTED_THRESHOLDS))
    return Row(decision.system.name, _at(decision.curve))


def _at(curve: DecisionCurve, *, treat_all: bool = False) -> tuple[Cell, ...]:
    values = curve.treat_all if treat_all else curve.model
    places = [int(np.argmin(np.abs(curve.threshold - t))) for t in PRINTED_THRESHOLDS]
    return tuple(Cell(fixed(100 * float(values[i]), 1)) for i in places)


def _with(value: float, interval: ConfidenceInterval, places: int) -> str:
    return f"{fixed(value, places)} ({fixed(interval.low, places)} to {fixed(interval.high, places)})"
