"""Sensitivity of a score at a given specificity, or at the specificity of a group of readers.

The threshold is estimated from the same cases, so that a binomial interval would be too narrow: the interval
is a bootstrap over cases (or patients) in which the threshold, and the readers' specificity, are found anew
each time. The curve is straight between its operating points.

References
----------
Platt, Hanley & Yang 2000, Stat Med 19:313: bootstrap interval of a sensitivity at a fixed specificity.
Obuchowski & Bullen 2018, Phys Med Biol 63:07TR01: comparing a model with readers at their own operating
point.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from dls.errors import StatisticsError
from dls.stats.bootstrap import IntervalKind, WeightedStatistic, bootstrap, weighted_mean
from dls.stats.interval import ConfidenceInterval
from dls.stats.proportions import as_boolean, same_length
from dls.stats.roc import Direction, RocCurve, checked_scores, roc_curve

PLATT = "Platt, Hanley & Yang 2000, Stat Med 19:313"


@dataclass(frozen=True, slots=True)
class FixedSpecificity:
    """Sensitivity of a score where its specificity is `specificity`.

    `threshold` is the most lenient one whose own specificity is not below the target; calling cases at or
    beyond it positive is the nearest rule that can be used.  Its own sensitivity is at most `sensitivity`,
    which is read from the straight line to the next operating point.
    """

    specificity: float
    sensitivity: float
    interval: ConfidenceInterval
    confidence_level: float
    threshold: float
    n_positive: int
    n_negative: int
    method: str
    reference: str

    @property
    def summary(self) -> pd.DataFrame:
        """One row: specificity, sensitivity, low, high, threshold."""
        return pd.DataFrame(
            {
                "specificity": [self.specificity],
                "sensitivity": [self.sensitivity],
                "low": [self.interval.low],
                "high": [self.interval.high],
                "threshold": [self.threshold],
            }
        )


@dataclass(frozen=True, slots=True)
class MatchedOperatingPoint:
    """A model where its specificity equals the readers' mean, against the readers' mean sensitivity.

    `difference` is model - mean of readers; its interval is `interval`.  The readers are fixed: the interval
    extends to other cases, not to other readers.
    """

    model: FixedSpecificity
    reader_specificity: float
    reader_sensitivity: float
    difference: float
    interval: ConfidenceInterval
    confidence_level: float
    n_readers: int
    method: str
    reference: str

    @property
    def summary(self) -> pd.DataFrame:
        """One row: specificity, both sensitivities, difference with limits."""
        return pd.DataFrame(
            {
                "specificity": [self.reader_specificity],
                "model_sensitivity": [self.model.sensitivity],
                "reader_sensitivity": [self.reader_sensitivity],
                "difference": [self.difference],
                "low": [self.interval.low],
                "high": [self.interval.high],
            }
        )


def sensitivity_at_specificity(
    positive: ArrayLike,
    score: ArrayLike,
    specificity: float,
    *,
    patient: ArrayLike | None = None,
    direction: Direction = "higher",
    confidence_level: float = 0.95,
    n_replicates: int = 2000,
    seed: int = 0,
    kind: IntervalKind = "percentile",
) -> FixedSpecificity:
    """Sensitivity at a specificity fixed in advance, with a stratified bootstrap interval.

    Parameters
    ----------
    positive : array-like of shape (n_cases,), bool or 0/1
    score : array-like of shape (n_cases,), finite
    specificity : in [0, 1]
    patient : array-like of shape (n_cases,); cases of one patient are drawn together, and classes are then
        not kept at their numbers; without it every case is its own patient and the bootstrap is stratified
        by truth

    Raises
    ------
    StatisticsError
        as `roc_curve` and `bootstrap`, or when the specificity lies outside [0, 1] or the patients are not as
        many as the cases.
    """
    truth, values = checked_scores(positive, score)
    curve = roc_curve(truth, values, direction=direction)
    if not 0 <= specificity <= 1:
        raise StatisticsError(
            "A specificity lies outside its range",
            expected="a fraction from 0 to 1",
            got=repr(specificity),
            remedy="give a fraction, not a percentage",
        )
    at = _sensitivity_at(truth, values, direction)
    cluster, strata = _clusters(truth, patient)
    target = np.array([specificity])
    found = bootstrap(
        {"sensitivity": lambda weights: at(weights, np.broadcast_to(target, len(weights)))},
        cluster,
        strata=strata,
        n_replicates=n_replicates,
        seed=seed,
        kind=kind,
        confidence_level=confidence_level,
    )["sensitivity"]
    return FixedSpecificity(
        specificity=float(specificity),
        sensitivity=found.estimate,
        interval=found.interval,
        confidence_level=found.confidence_level,
        threshold=_threshold(curve, specificity),
        n_positive=curve.n_positive,
        n_negative=curve.n_negative,
        method=f"sensitivity at fixed specificity, {found.method}, seed {seed}",
        reference=f"{PLATT}; {found.reference}",
    )


def matched_sensitivity(
    positive: ArrayLike,
    score: ArrayLike,
    called: Any,
    *,
    patient: ArrayLike | None = None,
    direction: Direction = "higher",
    confidence_level: float = 0.95,
    n_replicates: int = 2000,
    seed: int = 0,
    kind: IntervalKind = "percentile",
) -> MatchedOperatingPoint:
    """The model at the readers' mean specificity, and its gain over their mean sensitivity.

    Parameters
    ----------
    called : (n_readers, n_cases) bool, positive calls of every reader
    Other arguments as for `sensitivity_at_specificity`.

    Raises
    ------
    StatisticsError
        as `sensitivity_at_specificity`, or when the calls do not have one column for every case.
    """
    truth, values = checked_scores(positive, score)
    calls = _calls(called, truth.size)
    share = calls.mean(axis=0)  # of readers who call the case positive: mean rates over readers are its means
    sensitivity, alarm = _among(truth, share), _among(~truth, share)
    at = _sensitivity_at(truth, values, direction)
    cluster, strata = _clusters(truth, patient)

    def model(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        return at(weights, 1 - alarm(weights))

    found = bootstrap(
        {"model": model, "difference": lambda weights: model(weights) - sensitivity(weights)},
        cluster,
        strata=strata,
        n_replicates=n_replicates,
        seed=seed,
        kind=kind,
        confidence_level=confidence_level,
    )
    curve = roc_curve(truth, values, direction=direction)
    specificity = 1 - float(share[~truth].mean())
    difference = found["difference"]
    return MatchedOperatingPoint(
        model=FixedSpecificity(
            specificity=specificity,
            sensitivity=found["model"].estimate,
            interval=found["model"].interval,
            confidence_level=confidence_level,
            threshold=_threshold(curve, specificity),
            n_positive=curve.n_positive,
            n_negative=curve.n_negative,
            method=f"sensitivity at the readers' mean specificity, {difference.method}, seed {seed}",
            reference=f"{PLATT}; {difference.reference}",
        ),
        reader_specificity=specificity,
        reader_sensitivity=float(share[truth].mean()),
        difference=difference.estimate,
        interval=difference.interval,
        confidence_level=confidence_level,
        n_readers=len(calls),
        method=f"model - mean of readers at the readers' mean specificity, {difference.method}, seed {seed}",
        reference=f"{PLATT}; Obuchowski & Bullen 2018, Phys Med Biol 63:07TR01; {difference.reference}",
    )


def _clusters(
    truth: NDArray[np.bool_], patient: ArrayLike | None
) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """What the bootstrap draws (n,), and in which strata: single cases within their class, or patients."""
    if patient is None:
        return np.arange(truth.size), truth
    cluster = np.asarray(patient)
    same_length(truth, cluster)
    return cluster, None


def _calls(called: Any, n_cases: int) -> NDArray[np.float64]:
    rows = np.asarray(called)
    if rows.ndim != 2 or rows.shape[1] != n_cases or not rows.size:
        raise StatisticsError(
            "The readers' calls do not fit the cases",
            expected=f"(n_readers, {n_cases}) booleans",
            got=f"shape {rows.shape}",
            remedy="pass one row a reader, with a call for every case",
        )
    return np.stack([as_boolean(row, "called") for row in rows]).astype(np.float64)


def _among(chosen: NDArray[np.bool_], values: NDArray[np.float64]) -> WeightedStatistic:
    """Weighted mean of the values over the chosen cases; NaN where none is drawn."""
    of_chosen = weighted_mean(values[chosen])
    return lambda weights: of_chosen(weights[:, chosen])


def _sensitivity_at(truth: NDArray[np.bool_], values: NDArray[Any], direction: Direction) -> Any:
    """Function of weights (B, n) and specificities (B,): the sensitivity of every resample (B,).

    One sort for all resamples; the curve of a resample is its weights summed along the order.
    """
    oriented = values.astype(np.float64) * (1.0 if direction == "higher" else -1.0)
    order = np.argsort(-oriented, kind="stable")
    ranked = oriented[order]
    starts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1]))
    positives = truth[order]

    def at(weights: NDArray[np.float64], specificity: NDArray[np.float64]) -> NDArray[np.float64]:
        drawn = weights[:, order]
        hits = _cumulative(drawn * positives, starts)
        alarms = _cumulative(drawn * ~positives, starts)
        wanted = (1 - specificity) * alarms[:, -1]
        rows = np.arange(len(drawn))
        reached = alarms <= wanted[:, None] + 1e-9 * alarms[:, -1:]  # 1 - 0.9 is not quite 0.1
        last = reached.sum(axis=1) - 1
        following = np.minimum(last + 1, alarms.shape[1] - 1)
        x0, x1 = alarms[rows, last], alarms[rows, following]
        y0, y1 = hits[rows, last], hits[rows, following]
        part = np.divide(np.maximum(wanted - x0, 0.0), x1 - x0, out=np.zeros(len(rows)), where=x1 > x0)
        total = hits[:, -1]
        found = np.full(len(rows), np.nan)
        defined = (total > 0) & (alarms[:, -1] > 0)
        return np.divide(y0 + part * (y1 - y0), total, out=found, where=defined)

    return at


def _cumulative(weights: NDArray[np.float64], starts: NDArray[np.intp]) -> NDArray[np.float64]:
    """Cumulative weight (B, n_values + 1) after every distinct score, from 0."""
    by_value = np.add.reduceat(weights, starts, axis=1)
    return np.concatenate([np.zeros((len(weights), 1)), np.cumsum(by_value, axis=1)], axis=1)


def _threshold(curve: RocCurve, specificity: float) -> float:
    reached = np.flatnonzero(curve.false_positive_rate <= 1 - specificity + 1e-12)
    return float(curve.threshold[reached[-1]])
