"""The empirical ROC curve.  The direction of a score is given by the caller, never guessed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from dls.errors import StatisticsError

Direction = Literal["higher", "lower"]
"""Which scores speak for a positive case."""

_ROUNDING = 1e-9
"""Rates nearer than this are one operating point: 1 - 0.9 is not quite 0.1."""


@dataclass(frozen=True, slots=True)
class RocCurve:
    """Operating points of a score, from "none called positive" to "all called positive".

    A case is called positive when its score is at or beyond `threshold` in the curve's direction.
    The first threshold is infinite: nobody is called.
    """

    false_positive_rate: NDArray[np.float64]
    true_positive_rate: NDArray[np.float64]
    threshold: NDArray[np.float64]
    n_positive: int
    n_negative: int
    direction: Direction = "higher"

    @property
    def auc(self) -> float:
        """Area under the curve by the trapezoidal rule: the Mann-Whitney probability, ties count half."""
        return float(np.trapezoid(self.true_positive_rate, self.false_positive_rate))

    @property
    def summary(self) -> pd.DataFrame:
        """One row an operating point: threshold, sensitivity, specificity, Youden's J."""
        return pd.DataFrame(
            {
                "threshold": self.threshold,
                "sensitivity": self.true_positive_rate,
                "specificity": 1.0 - self.false_positive_rate,
                "youden": self.true_positive_rate - self.false_positive_rate,
            }
        )

    @property
    def youden_index(self) -> int:
        """Position of the point with the largest sensitivity + specificity - 1 (the first, if tied).

        Source: Youden 1950, Cancer 3:32.
        """
        hits = np.rint(self.true_positive_rate * self.n_positive)
        alarms = np.rint(self.false_positive_rate * self.n_negative)
        return int(np.argmax(hits * self.n_negative - alarms * self.n_positive))  # whole numbers: exact ties

    def sensitivity_at(self, specificity: ArrayLike) -> NDArray[np.float64]:
        """Sensitivity on the curve (straight between its points; the upper end of a vertical step).

        Parameters
        ----------
        specificity : array-like of shape (...), in [0, 1]
        """
        wanted = 1.0 - np.asarray(specificity, dtype=np.float64)
        if not np.all((wanted >= 0) & (wanted <= 1)):
            raise StatisticsError(
                "A specificity lies outside its range",
                expected="values from 0 to 1",
                got=str(np.asarray(specificity)),
                remedy="give specificities as fractions",
            )
        fpr, tpr = self.false_positive_rate, self.true_positive_rate
        top = np.r_[fpr[1:] != fpr[:-1], True]  # the highest point of every vertical step
        below = np.r_[True, fpr[1:] != fpr[:-1]]  # the lowest one
        x, high, low = fpr[top], tpr[top], tpr[below]
        near = np.minimum(np.searchsorted(x, wanted - _ROUNDING), x.size - 1)
        wanted = np.where(np.abs(x[near] - wanted) <= _ROUNDING, x[near], wanted)
        right = np.minimum(np.searchsorted(x, wanted, side="left"), x.size - 1)
        left = np.maximum(right - 1, 0)
        width = np.where(right > left, x[right] - x[left], 1.0)
        sloped = high[left] + (low[right] - high[left]) * (wanted - x[left]) / width
        return np.where(x[right] == wanted, high[right], sloped)


def roc_curve(positive: ArrayLike, score: ArrayLike, *, direction: Direction = "higher") -> RocCurve:
    """Empirical ROC curve with every distinct score as a threshold.

    Parameters
    ----------
    positive : array-like of shape (n_cases,), bool or 0/1
    score : array-like of shape (n_cases,), finite numbers
    direction : "higher" when large scores speak for a positive case, "lower" when small ones do

    Raises
    ------
    StatisticsError
        when only one class is present, a score is missing or infinite, or the lengths differ.
    """
    truth, values = checked_scores(positive, score)
    values = values.astype(np.float64)
    oriented = values if checked_direction(direction) == "higher" else -values
    order = np.argsort(-oriented, kind="stable")
    ranked, truth_ranked = oriented[order], truth[order]
    last = np.r_[np.flatnonzero(np.diff(ranked)), ranked.size - 1]  # the last case of every tie
    hits = np.cumsum(truth_ranked)[last]
    alarms = last + 1 - hits
    n_positive, n_negative = int(hits[-1]), int(alarms[-1])
    threshold = np.r_[np.inf, ranked[last]]
    return RocCurve(
        false_positive_rate=np.r_[0.0, alarms / n_negative],
        true_positive_rate=np.r_[0.0, hits / n_positive],
        threshold=threshold if direction == "higher" else -threshold,
        n_positive=n_positive,
        n_negative=n_negative,
        direction=direction,
    )


def auc_score(positive: ArrayLike, score: ArrayLike, *, direction: Direction = "higher") -> float:
    """Probability that a positive case scores beyond a negative one, ties counted half.

    Arguments and errors as for `roc_curve`.  Source: Mann & Whitney 1947; Bamber 1975, J Math Psychol 12:387.
    """
    return roc_curve(positive, score, direction=direction).auc


def checked_scores(positive: ArrayLike, score: ArrayLike) -> tuple[NDArray[np.bool_], NDArray[Any]]:
    """The two columns as arrays of shape (n_cases,), or the error that names what is wrong with them.

    Raises
    ------
    StatisticsError
        when the shapes differ, truth is not binary, only one class is present or a score is not finite.
    """
    truth = checked_truth(positive)
    values = np.asarray(score)
    if values.dtype == np.bool_:
        values = values.astype(np.int8)
    if values.dtype.kind not in "iuf":
        raise StatisticsError(
            "Scores must be numbers",
            expected="an array of integers or floats",
            got=f"dtype {values.dtype}",
            remedy="convert the scores to numbers",
        )
    if values.shape != truth.shape:
        raise StatisticsError(
            "Truth and score do not belong to the same cases",
            expected=f"{truth.size} scores in one dimension",
            got=f"shape {values.shape}",
            remedy="pass one score for every case",
        )
    lost = int(np.count_nonzero(~np.isfinite(values)))
    if lost:
        raise StatisticsError(
            "A score is missing or infinite",
            expected="finite scores",
            got=f"{lost} of {values.size} that are not",
            remedy="exclude those cases and report how many, or repair the scores",
        )
    return truth, values


def checked_truth(positive: ArrayLike) -> NDArray[np.bool_]:
    """Truth as bool of shape (n_cases,) with both classes present; raises StatisticsError otherwise."""
    truth = np.asarray(positive)
    if truth.ndim != 1:
        raise StatisticsError(
            "Truth must be a flat list of cases",
            expected="shape (n_cases,)",
            got=f"shape {truth.shape}",
            remedy="pass one value for every case",
        )
    if truth.dtype != np.bool_:
        lost = int(pd.isna(truth).sum())
        if lost:
            raise StatisticsError(
                "The truth of a case is missing",
                expected="True/False or 1/0 for every case",
                got=f"{lost} of {truth.size} without",
                remedy="exclude those cases and report how many",
            )
        if truth.dtype.kind not in "iufO" or not np.all((truth == 0) | (truth == 1)):
            raise StatisticsError(
                "Truth must be binary",
                expected="True/False or 1/0",
                got=f"{pd.unique(truth)[:5].tolist()} of dtype {truth.dtype}",
                remedy="say which class is positive, for example `truth == 'malignant'`",
            )
        truth = truth.astype(np.bool_)
    n_positive = int(np.count_nonzero(truth))
    if n_positive in (0, truth.size):
        raise StatisticsError(
            "An ROC analysis needs both classes",
            expected="at least one positive and one negative case",
            got=f"{n_positive} positive and {truth.size - n_positive} negative",
            remedy="check which class is called positive, or analyse a set that holds both",
        )
    return truth


def need_two_of_each(n_positive: int, n_negative: int) -> None:
    """StatisticsError unless both classes have the two cases that a variance over cases takes."""
    if n_positive < 2 or n_negative < 2:
        raise StatisticsError(
            "The variance of an area is undefined for a class with one case",
            expected="at least two positive and two negative cases",
            got=f"{n_positive} positive and {n_negative} negative",
            remedy="report the area alone, or with the interval of `dls.stats.delong.newcombe_interval`",
        )


def checked_direction(direction: str) -> Direction:
    """The direction, or StatisticsError when it is neither "higher" nor "lower"."""
    if direction == "higher":
        return "higher"
    if direction == "lower":
        return "lower"
    raise StatisticsError(
        "Unknown direction of a score",
        expected='"higher" or "lower"',
        got=repr(direction),
        remedy="say which scores speak for a positive case; it is not guessed",
    )
