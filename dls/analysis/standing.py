"""Where one case stands in the figures of all: on the ROC curves, and in the confusion matrices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dls.analysis.accuracy import AccuracyTable
from dls.analysis.agreement import ConfusionMatrix
from dls.analysis.dataset import BenignCalls, StudyData
from dls.analysis.labels import call_label
from dls.analysis.system import System
from dls.analysis.undefined import Undefined


@dataclass(frozen=True, slots=True)
class CurveStanding:
    """The operating point whose threshold is the case's score: from there on the case is called the class."""

    target: str
    system: System
    false_positive_rate: float
    true_positive_rate: float
    score: float


def on_curves(data: StudyData, table: AccuracyTable, case_id: int) -> tuple[CurveStanding, ...]:
    """The case's place on every curve; nothing where a system has not scored it."""
    found = []
    for row in table.classes:
        for curve in row.curves:
            if isinstance(curve.roc, Undefined):
                continue
            scores = data.curve_score(curve.system, row.target, table.task)
            if case_id in scores.index:
                score = float(scores.loc[case_id])
                at = int(np.argmin(np.abs(curve.roc.threshold[1:] - score))) + 1
                rates = curve.roc.false_positive_rate[at], curve.roc.true_positive_rate[at]
                found.append(CurveStanding(row.target, curve.system, float(rates[0]), float(rates[1]), score))
    return tuple(found)


def in_matrix(
    data: StudyData, matrix: ConfusionMatrix, case_id: int, benign_calls: BenignCalls = BenignCalls.WRONG
) -> tuple[int, int] | None:
    """Row and column of the case's cell; None where it has no call or the task does not apply to it."""
    truth, calls = data.truth(matrix.task), data.calls(matrix.system, matrix.task, benign_calls)
    if case_id not in truth.index or case_id not in calls.index:
        return None
    called = call_label(matrix.task, int(calls.loc[case_id]))
    return int(truth.loc[case_id]), matrix.columns.index(called)
