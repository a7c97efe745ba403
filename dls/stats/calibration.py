"""Calibration of predicted probabilities: recalibration line, Brier score, reliability curve.

References
----------
Cox DR. Biometrika 1958;45:562-565 (intercept and slope).
Brier GW. Mon Weather Rev 1950;78:1-3.
Van Calster B et al. BMC Med 2019;17:230 (levels of calibration).
Murphy AH. J Appl Meteorol 1973;12:595-600 (parts of the Brier score).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtri

from dls.errors import StatisticsError
from dls.stats.interval import ConfidenceInterval
from dls.stats.proportions import as_boolean, check_level, same_length, wilson

_ITERATIONS = 100
_CLIP = 1e-6


@dataclass(frozen=True, slots=True)
class CalibrationLine:
    """Logistic recalibration of y on logit(p); a calibrated model has intercept 0 and slope 1.

    Attributes
    ----------
    intercept : calibration in the large: the intercept with the slope held at 1
    slope : coefficient of logit(p) in the joint fit;  joint_intercept : the intercept of that fit
    n_clipped : probabilities nearer to 0 or 1 than 1e-6, moved to that distance so that their logit exists
    """

    intercept: float
    intercept_se: float
    intercept_interval: ConfidenceInterval
    slope: float
    slope_se: float
    slope_interval: ConfidenceInterval
    joint_intercept: float
    joint_intercept_se: float
    confidence_level: float
    n: int
    n_clipped: int
    method: str = "logistic recalibration, maximum likelihood, Wald intervals"
    reference: str = "Cox, Biometrika 1958;45:562-565; Van Calster et al., BMC Med 2019;17:230"

    @property
    def summary(self) -> pd.DataFrame:
        """Rows intercept and slope: estimate, se, low, high."""
        rows = {
            "intercept": [self.intercept, self.intercept_se, *self.intercept_interval],
            "slope": [self.slope, self.slope_se, *self.slope_interval],
        }
        return pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", "se", "low", "high"])


@dataclass(frozen=True, slots=True)
class BrierScore:
    """Mean squared distance of probabilities from what happened; lower is better.

    Attributes
    ----------
    score : 0 to 1 for binary outcomes, 0 to 2 for several classes (sum over the classes, as Brier did)
    reference_score : score of predicting the observed frequencies for everybody
    scaled : 1 - score / reference_score; None when all cases are of one class
    """

    score: float
    interval: ConfidenceInterval
    confidence_level: float
    reference_score: float
    scaled: float | None
    n: int
    method: str = "Brier score, normal interval of a mean over cases"
    reference: str = "Brier, Mon Weather Rev 1950;78:1-3"

    @property
    def summary(self) -> pd.DataFrame:
        """One row: score, low, high, reference_score, scaled, n."""
        return pd.DataFrame(
            {
                "score": [self.score],
                "low": [self.interval.low],
                "high": [self.interval.high],
                "reference_score": [self.reference_score],
                "scaled": [self.scaled],
                "n": [self.n],
            }
        )


@dataclass(frozen=True, slots=True)
class ReliabilityCurve:
    """Observed share of positives against predicted probability; bins without a case are left out.

    Attributes
    ----------
    predicted, observed : (b,) mean probability and share of positives
    n : (b,) cases of each bin;  low, high : (b,) Wilson limits of `observed`
    expected_calibration_error : mean |observed - predicted|, weighted by n
    """

    predicted: NDArray[np.float64]
    observed: NDArray[np.float64]
    n: NDArray[np.int64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    expected_calibration_error: float
    confidence_level: float
    method: str
    reference: str = "Murphy, J Appl Meteorol 1973;12:595-600; Wilson, J Am Stat Assoc 1927;22:209-212"

    @property
    def summary(self) -> pd.DataFrame:
        """One row a bin: predicted, observed, low, high, n."""
        return pd.DataFrame(
            {
                "predicted": self.predicted,
                "observed": self.observed,
                "low": self.low,
                "high": self.high,
                "n": self.n,
            }
        )


@dataclass(frozen=True, slots=True)
class Calibration:
    """Everything about one class's probabilities.

    `line` is None where no line exists (one class only, or separated classes); `line_problem` says why.
    """

    name: str
    line: CalibrationLine | None
    line_problem: str
    brier: BrierScore
    curve: ReliabilityCurve


def calibration_line(positive: Any, probability: Any, confidence_level: float = 0.95) -> CalibrationLine:
    """Calibration intercept and slope.

    Parameters
    ----------
    positive : (n,) bool;  probability : (n,) predicted probability of positive

    Raises
    ------
    StatisticsError
        with one class only; when the classes are separated or every probability is the same (no finite slope
        exists); when a probability is missing or outside [0, 1].
    """
    truth, p = _checked(positive, probability)
    clipped = np.clip(p, _CLIP, 1 - _CLIP)
    x = logit(clipped)
    hits, others = x[truth == 1], x[truth == 0]
    if not (hits.size and others.size):
        raise StatisticsError("Calibration needs positive and negative cases", got="one class only")
    if np.ptp(x) == 0:
        raise StatisticsError("The calibration slope is not defined", got="the same probability for all")
    if hits.min() >= others.max() or hits.max() <= others.min():
        raise StatisticsError(
            "The calibration slope is infinite",
            got="probabilities that separate positive from negative cases",
            remedy="report the Brier score and the reliability curve",
        )
    z = float(ndtri(0.5 + check_level(confidence_level) / 2))
    large, large_cov = _logistic_fit(np.ones((x.size, 1)), truth, x)
    joint, joint_cov = _logistic_fit(np.column_stack([np.ones(x.size), x]), truth, np.zeros(x.size))
    intercept, slope, joint_intercept = float(large[0]), float(joint[1]), float(joint[0])
    intercept_se, slope_se = float(np.sqrt(large_cov[0, 0])), float(np.sqrt(joint_cov[1, 1]))
    return CalibrationLine(
        intercept,
        intercept_se,
        ConfidenceInterval(intercept - z * intercept_se, intercept + z * intercept_se),
        slope,
        slope_se,
        ConfidenceInterval(slope - z * slope_se, slope + z * slope_se),
        joint_intercept,
        float(np.sqrt(joint_cov[0, 0])),
        confidence_level,
        x.size,
        int((clipped != p).sum()),
    )


def brier_score(positive: Any, probability: Any, confidence_level: float = 0.95) -> BrierScore:
    """Brier score of a binary outcome, mean of (p - y)^2.

    Raises
    ------
    StatisticsError
        when there are fewer than two cases or a probability is missing or outside [0, 1].
    """
    truth, p = _checked(positive, probability)
    frequency = truth.mean()
    return _brier((p - truth) ** 2, float(frequency * (1 - frequency)), confidence_level)


def multiclass_brier_score(target: Any, probabilities: Any, confidence_level: float = 0.95) -> BrierScore:
    """Brier score over several classes: mean of the squared distance of the probability vector.

    With two classes it is twice the binary score.

    Parameters
    ----------
    target : (n,) int index of the true class;  probabilities : (n, k), rows that sum to 1

    Raises
    ------
    StatisticsError
        when a target is no class, a row does not sum to 1 (to 1e-3), or as `brier_score`.
    """
    truth, p = _checked_classes(target, probabilities)
    frequency = truth.mean(axis=0)
    return _brier(
        ((p - truth) ** 2).sum(axis=1), float((frequency * (1 - frequency)).sum()), confidence_level
    )


def reliability_curve(
    positive: Any,
    probability: Any,
    n_bins: int = 10,
    strategy: Literal["uniform", "quantile"] = "quantile",
    confidence_level: float = 0.95,
) -> ReliabilityCurve:
    """Reliability curve over bins of the predicted probability.

    "uniform" cuts [0, 1] into equal widths; "quantile" cuts at the quantiles, equal values staying together,
    so that there can be fewer bins than asked for.

    Raises
    ------
    StatisticsError
        when `n_bins` is below 1, the strategy unknown, or as `brier_score`.
    """
    truth, p = _checked(positive, probability)
    if n_bins < 1 or strategy not in ("uniform", "quantile"):
        raise StatisticsError("Unknown binning", expected="quantile or uniform, at least one bin")
    grid = np.linspace(0, 1, n_bins + 1)
    edges = np.unique(np.quantile(p, grid)) if strategy == "quantile" else grid
    index = np.clip(np.searchsorted(edges, p, side="right") - 1, 0, max(len(edges) - 2, 0))
    n = np.bincount(index)
    used = n > 0
    hits = np.bincount(index, weights=truth)[used]
    predicted = np.bincount(index, weights=p)[used] / n[used]
    observed = hits / n[used]
    limits = np.array(
        [tuple(wilson(int(h), int(m), confidence_level)) for h, m in zip(hits, n[used], strict=True)]
    )
    return ReliabilityCurve(
        predicted,
        observed,
        n[used],
        limits[:, 0],
        limits[:, 1],
        float((n[used] * np.abs(observed - predicted)).sum() / truth.size),
        confidence_level,
        f"{strategy} bins, Wilson intervals",
    )


def calibration(
    positive: Any, probability: Any, name: str = "positive", n_bins: int = 10, confidence_level: float = 0.95
) -> Calibration:
    """Line, Brier score and reliability curve of one probability.

    Raises
    ------
    StatisticsError
        as `brier_score`; a line that does not exist is named in the result instead.
    """
    line, problem = None, ""
    _checked(positive, probability)
    try:
        line = calibration_line(positive, probability, confidence_level)
    except StatisticsError as error:
        problem = str(error)
    return Calibration(
        name,
        line,
        problem,
        brier_score(positive, probability, confidence_level),
        reliability_curve(positive, probability, n_bins, confidence_level=confidence_level),
    )


def classwise_calibration(
    target: Any,
    probabilities: Any,
    classes: Sequence[str],
    n_bins: int = 10,
    confidence_level: float = 0.95,
) -> tuple[Calibration, ...]:
    """Calibration of each class against the rest, in the order of `classes`.

    Parameters
    ----------
    target : (n,) int index of the true class;  probabilities : (n, k)

    Raises
    ------
    StatisticsError
        as `multiclass_brier_score`, or when the names do not fit the columns.
    """
    truth, p = _checked_classes(target, probabilities)
    if len(classes) != p.shape[1]:
        raise StatisticsError(
            "The class names do not fit the probabilities", expected=str(p.shape[1]), got=str(len(classes))
        )
    return tuple(
        calibration(truth[:, k] == 1, p[:, k], name, n_bins, confidence_level)
        for k, name in enumerate(classes)
    )


def checked_probabilities(values: Any, shape: str = "(n,)") -> NDArray[np.float64]:
    """Probabilities as floats; StatisticsError when one is missing or outside [0, 1]."""
    p = np.asarray(values, dtype=float)
    if not np.isfinite(p).all() or (p < 0).any() or (p > 1).any():
        raise StatisticsError(
            "A probability is missing or outside its range", expected=f"{shape} numbers from 0 to 1"
        )
    return p


def _checked(positive: Any, probability: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    truth, p = as_boolean(positive, "positive").astype(float), checked_probabilities(probability)
    same_length(truth, p)
    if truth.size < 2 or p.ndim != 1:
        raise StatisticsError("Too few cases", expected="(n,) with n of at least 2", got=str(p.shape))
    return truth, p


def _checked_classes(target: Any, probabilities: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    p = checked_probabilities(probabilities, "(n, k)")
    index = np.asarray(target)
    same_length(index, p)
    if p.ndim != 2 or len(p) < 2 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise StatisticsError(
            "The probabilities are no distribution over classes",
            expected="(n, k), n >= 2, rows that sum to 1",
        )
    if not np.isin(index, np.arange(p.shape[1])).all():
        raise StatisticsError("A target is no class", expected=f"0 to {p.shape[1] - 1}")
    return (index[:, None] == np.arange(p.shape[1])).astype(float), p


def _brier(losses: NDArray[np.float64], reference_score: float, confidence_level: float) -> BrierScore:
    score = float(losses.mean())
    half = float(ndtri(0.5 + check_level(confidence_level) / 2) * losses.std(ddof=1) / np.sqrt(losses.size))
    return BrierScore(
        score,
        ConfidenceInterval(max(0.0, score - half), score + half),
        confidence_level,
        reference_score,
        1 - score / reference_score if reference_score > 0 else None,
        losses.size,
    )


def _logistic_fit(
    design: NDArray[np.float64], y: NDArray[np.float64], offset: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Maximum-likelihood coefficients and their covariance, by Newton steps, halved if they overshoot."""
    beta = np.zeros(design.shape[1])

    def deviance(coefficients: NDArray[np.float64]) -> float:
        eta = design @ coefficients + offset
        return float((np.logaddexp(0, eta) - y * eta).sum())

    for _ in range(_ITERATIONS):
        mean = expit(design @ beta + offset)
        information = design.T @ (design * (mean * (1 - mean))[:, None])
        gradient = design.T @ (y - mean)
        step = np.linalg.solve(information, gradient)
        if abs(gradient @ step) < 1e-20 * max(1.0, y.size):
            return beta, np.linalg.inv(information)
        current = deviance(beta)
        while deviance(beta + step) > current + 1e-12 * abs(current):
            step /= 2
        beta = beta + step
    raise StatisticsError(
        "The calibration line did not converge",
        got=f"{_ITERATIONS} steps",
        remedy="look for probabilities that almost separate the classes",
    )
