"""Calibration of predicted probabilities: recalibration line and reliability curve.

References
----------
Cox DR. Biometrika 1958;45:562-565 (intercept and slope).
Van Calster B et al. BMC Med 2019;17:230 (levels of calibration).
Murphy AH. J Appl Meteorol 1973;12:595-600 (reliability).
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
from dls.stats.brier import BrierScore, brier_score
from dls.stats.interval import ConfidenceInterval
from dls.stats.probabilities import checked_classes, checked_outcomes
from dls.stats.proportions import check_level, wilson

_ITERATIONS = 100
_LONGEST = 5.0
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
    truth, p = checked_outcomes(positive, probability)
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


def reliability_curve(
    positive: Any,
    probability: Any,
    n_bins: int = 10,
    strategy: Literal["uniform", "quantile"] = "quantile",
    confidence_level: float = 0.95,
) -> ReliabilityCurve:
    """Reliability curve over bins of the predicted probability.

    "uniform" cuts [0, 1] into equal widths; "quantile" cuts at the quantiles, equal values staying together,
    so that there can be fewer bins than asked for.  A probability on a cut belongs to the bin above it, 1 to
    the last one.

    Raises
    ------
    StatisticsError
        when `n_bins` is below 1, the strategy unknown, or as `brier_score`.
    """
    truth, p = checked_outcomes(positive, probability)
    if n_bins < 1 or strategy not in ("uniform", "quantile"):
        raise StatisticsError("Unknown binning", expected="quantile or uniform, at least one bin")
    grid = np.arange(n_bins + 1) / n_bins  # 3 / 10 is 0.3, which 3 steps of 0.1 are not
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
    checked_outcomes(positive, probability)
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
    truth, p = checked_classes(target, probabilities)
    if len(classes) != p.shape[1]:
        raise StatisticsError(
            "The class names do not fit the probabilities", expected=str(p.shape[1]), got=str(len(classes))
        )
    return tuple(
        calibration(truth[:, k] == 1, p[:, k], name, n_bins, confidence_level)
        for k, name in enumerate(classes)
    )


def _logistic_fit(
    design: NDArray[np.float64], y: NDArray[np.float64], offset: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Maximum-likelihood coefficients and their covariance, by Newton steps.

    A step moves no logit by more than `_LONGEST`, where the likelihood would be flat, and is halved if it
    overshoots.
    """
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
        step *= min(1.0, _LONGEST / np.abs(design @ step).max())
        current = deviance(beta)
        while deviance(beta + step) > current + 1e-12 * abs(current):
            step /= 2
        beta = beta + step
    raise StatisticsError(
        "The calibration line did not converge",
        got=f"{_ITERATIONS} steps",
        remedy="look for probabilities that almost separate the classes",
    )
