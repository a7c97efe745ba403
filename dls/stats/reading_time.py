"""Reading time: positive, skewed, so described and compared on the logarithmic scale.

Reference
---------
Bland JM, Altman DG. BMJ 1996;312:1079 (logarithms, geometric means and their intervals).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from dls.errors import StatisticsError
from dls.stats.interval import ConfidenceInterval
from dls.stats.numeric import as_numbers
from dls.stats.proportions import check_level, same_length

_REFERENCE = "Bland and Altman, BMJ 1996;312:1079"


@dataclass(frozen=True, slots=True)
class ReadingTime:
    """Times of one set of readings, in the unit given (seconds)."""

    geometric_mean: float
    interval: ConfidenceInterval
    median: float
    quartiles: tuple[float, float]
    total: float
    n: int
    n_missing: int
    confidence_level: float
    method: str = "geometric mean, t interval of the mean logarithm"
    reference: str = _REFERENCE

    @property
    def summary(self) -> pd.DataFrame:
        """One row: geometric mean with limits, median, quartiles, total, n, n_missing."""
        return pd.DataFrame(
            {
                "geometric_mean": [self.geometric_mean],
                "low": [self.interval.low],
                "high": [self.interval.high],
                "median": [self.median],
                "lower_quartile": [self.quartiles[0]],
                "upper_quartile": [self.quartiles[1]],
                "total": [self.total],
                "n": [self.n],
                "n_missing": [self.n_missing],
            }
        )


@dataclass(frozen=True, slots=True)
class TimeRatio:
    """Ratio of the times of two readings of the same cases, first over second, with its paired t test."""

    ratio: float
    interval: ConfidenceInterval
    confidence_level: float
    statistic: float
    df: int
    pvalue: float
    n: int
    n_missing: int
    method: str = "paired t test of log times"
    reference: str = _REFERENCE

    @property
    def summary(self) -> pd.DataFrame:
        """One row: ratio with limits, t, df, p, n, n_missing."""
        return pd.DataFrame(
            {
                "ratio": [self.ratio],
                "low": [self.interval.low],
                "high": [self.interval.high],
                "t": [self.statistic],
                "df": [self.df],
                "p": [self.pvalue],
                "n": [self.n],
                "n_missing": [self.n_missing],
            }
        )


def reading_time(seconds: Any, confidence_level: float = 0.95) -> ReadingTime:
    """Geometric mean, median and quartiles of reading times.

    Parameters
    ----------
    seconds : (n,) above zero; NaN where missing

    Raises
    ------
    StatisticsError
        when fewer than two times are known, or one is zero, negative, infinite or no number.
    """
    times = _checked(seconds)
    known = times[~np.isnan(times)]
    mean, half = _mean_log(np.log(known), confidence_level)
    lower, median, upper = np.quantile(known, [0.25, 0.5, 0.75])
    return ReadingTime(
        float(np.exp(mean)),
        ConfidenceInterval(float(np.exp(mean - half)), float(np.exp(mean + half))),
        float(median),
        (float(lower), float(upper)),
        float(known.sum()),
        known.size,
        times.size - known.size,
        confidence_level,
    )


def compare_times(first: Any, second: Any, confidence_level: float = 0.95) -> TimeRatio:
    """Ratio of reading times on the same cases; a case that lacks one of them is left out and counted.

    The ratio is the geometric mean of first / second, and its test the two-sided paired t test of the
    logarithms.  Where every case has the same ratio there is no error: t is infinite and p 0, or 0 and 1 for
    identical times.

    Parameters
    ----------
    first, second : (n,) above zero, the same cases in the same order; NaN where missing

    Raises
    ------
    StatisticsError
        as `reading_time`, or when the lengths differ.
    """
    a, b = _checked(first), _checked(second)
    same_length(a, b)
    logs = np.log(a) - np.log(b)
    known = logs[~np.isnan(logs)]
    mean, half = _mean_log(known, confidence_level)
    error = known.std(ddof=1) / np.sqrt(known.size)
    statistic = 0.0
    if mean != 0:
        statistic = float(mean / error) if error > 0 else float(np.copysign(np.inf, mean))
    return TimeRatio(
        float(np.exp(mean)),
        ConfidenceInterval(float(np.exp(mean - half)), float(np.exp(mean + half))),
        confidence_level,
        statistic,
        known.size - 1,
        float(2 * stdtr(known.size - 1, -abs(statistic))),
        known.size,
        a.size - known.size,
    )


def _checked(seconds: Any) -> NDArray[np.float64]:
    times = as_numbers(seconds, "seconds")
    if times.ndim != 1:
        raise StatisticsError("Times are not one-dimensional", expected="(n,)", got=str(times.shape))
    bad = times[np.isinf(times) | (times <= 0)]
    if bad.size:
        raise StatisticsError(
            "A reading time is not positive and finite",
            expected="seconds above 0",
            got=f"{bad[0]:g} among {bad.size} such times",
            remedy="leave those readings out, or enter them as missing",
        )
    return times


def _mean_log(logs: NDArray[np.float64], confidence_level: float) -> tuple[float, float]:
    """Mean and half width of its t interval."""
    if logs.size < 2:
        raise StatisticsError("Too few reading times", expected="at least 2", got=str(logs.size))
    quantile = float(stdtrit(logs.size - 1, 0.5 + check_level(confidence_level) / 2))
    return float(logs.mean()), quantile * float(logs.std(ddof=1)) / float(np.sqrt(logs.size))
