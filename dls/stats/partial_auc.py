"""Partial areas under the ROC curve, with a closed-form variance and a paired test.

The area lies between two specificities (under the curve) or between two sensitivities (left of the curve).
Its variance is that of the empirical ROC curve as a process: each positive case contributes the area to the
right of its placement, each negative case the rise of the curve from its own place to the end of the range,
so that the estimated thresholds at the ends of the range are accounted for.  Over the whole range this is
DeLong's variance.

References
----------
McClish 1989, Med Decis Making 9:190: partial area and its standardisation.
Hsieh & Turnbull 1996, Ann Stat 24:25: the empirical ROC curve as a process.
Zhang, Zhou, Freeman & Freeman 2002, Stat Med 21:701: nonparametric comparison of partial areas.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from dls.errors import StatisticsError
from dls.stats.interval import ConfidenceInterval
from dls.stats.proportions import check_level
from dls.stats.roc import Direction, checked_direction, checked_scores, need_two_of_each, roc_curve

Focus = Literal["specificity", "sensitivity"]

PARTIAL = "McClish 1989, Med Decis Making 9:190; Hsieh & Turnbull 1996, Ann Stat 24:25"


@dataclass(frozen=True, slots=True)
class PartialAuc:
    """Area between two specificities, or two sensitivities, of one curve.

    `standardised` is McClish's (1 + (area - chance) / (width - chance)) / 2: 1 for a perfect curve, 0.5 for
    the diagonal, below 0.5 under it.
    """

    area: float
    standardised: float
    variance: float
    interval: ConfidenceInterval
    standardised_interval: ConfidenceInterval
    confidence_level: float
    low: float
    high: float
    focus: Focus
    n_positive: int
    n_negative: int
    degenerate: bool
    method: str
    reference: str

    @property
    def summary(self) -> pd.DataFrame:
        """One row: focus, range, area, limits, standardised area and its limits."""
        return pd.DataFrame(
            [
                {
                    "focus": self.focus,
                    "from": self.low,
                    "to": self.high,
                    "area": self.area,
                    "low": self.interval.low,
                    "high": self.interval.high,
                    "standardised": self.standardised,
                    "standardised_low": self.standardised_interval.low,
                    "standardised_high": self.standardised_interval.high,
                }
            ]
        )


@dataclass(frozen=True, slots=True)
class PartialAucComparison:
    """Two partial areas on the same cases, their difference a - b, and the z test that it is zero."""

    a: PartialAuc
    b: PartialAuc
    difference: float
    variance: float
    interval: ConfidenceInterval
    confidence_level: float
    statistic: float
    pvalue: float
    method: str
    reference: str


@dataclass(frozen=True, slots=True)
class _Components:
    """A partial area and what each positive (m,) and each negative case (n,) contributes to its variation."""

    area: float
    positive: NDArray[np.float64]
    negative: NDArray[np.float64]

    @property
    def variance(self) -> float:
        spread = (
            self.positive.var(ddof=1) / self.positive.size + self.negative.var(ddof=1) / self.negative.size
        )
        return float(spread)


def partial_auc(
    positive: ArrayLike,
    score: ArrayLike,
    low: float,
    high: float = 1.0,
    confidence_level: float = 0.95,
    *,
    focus: Focus = "specificity",
    direction: Direction = "higher",
) -> PartialAuc:
    """Area between specificities (or sensitivities) `low` and `high`, by the trapezoidal rule, with Wald
    interval.

    Where the variance is zero, as for a perfect curve, the interval is a point and `degenerate` is true: the
    range holds too little information for an interval.

    Parameters
    ----------
    positive : array-like of shape (n_cases,), bool or 0/1
    score : array-like of shape (n_cases,), finite
    low, high : limits of the range, 0 <= low < high <= 1
    focus : what the limits are

    Raises
    ------
    StatisticsError
        as `dls.stats.delong.auc`, or when the range is empty or outside [0, 1].
    """
    level = check_level(confidence_level)
    components = _components(positive, score, low, high, focus=focus, direction=direction)
    return _estimate(components, low, high, focus=focus, level=level)


def compare_partial_auc(
    positive: ArrayLike,
    score_a: ArrayLike,
    score_b: ArrayLike,
    low: float,
    high: float = 1.0,
    *,
    confidence_level: float = 0.95,
    focus: Focus = "specificity",
    direction: Direction = "higher",
) -> PartialAucComparison:
    """Paired test of two partial areas on the same cases; difference a - b.

    Curves that coincide in the range have difference 0, z 0 and p 1.

    Raises
    ------
    StatisticsError
        as `partial_auc`, or when the areas differ without any variance (both are constant over the cases).
    """
    level = check_level(confidence_level)
    a = _components(positive, score_a, low, high, focus=focus, direction=direction)
    b = _components(positive, score_b, low, high, focus=focus, direction=direction)
    apart = _Components(a.area - b.area, a.positive - b.positive, a.negative - b.negative)
    difference, variance = apart.area, apart.variance
    if variance < _NO_VARIANCE and abs(difference) > _ROUNDING:
        raise StatisticsError(
            "The partial areas differ, but not between cases: the test is undefined",
            expected="curves that are not both perfect, or both flat, in the range",
            got=f"difference {difference:.4g} without variance",
            remedy="compare a wider range, or the whole areas",
        )
    degenerate = variance < _NO_VARIANCE
    difference = 0.0 if degenerate else difference
    error = 0.0 if degenerate else sqrt(variance)
    statistic = 0.0 if degenerate else difference / error
    half = float(norm.isf((1 - level) / 2)) * error
    return PartialAucComparison(
        a=_estimate(a, low, high, focus=focus, level=level),
        b=_estimate(b, low, high, focus=focus, level=level),
        difference=difference,
        variance=error**2,
        interval=ConfidenceInterval(difference - half, difference + half),
        confidence_level=level,
        statistic=statistic,
        pvalue=float(2 * norm.sf(abs(statistic))),
        method="paired z test of partial areas, empirical ROC process",
        reference=PARTIAL + "; Zhang et al. 2002, Stat Med 21:701",
    )


_ROUNDING = 1e-12
_NO_VARIANCE = 1e-28
"""Below these a difference of areas, and a squared one, is rounding: areas are fractions over m n."""


def _components(
    positive: ArrayLike,
    score: ArrayLike,
    low: float,
    high: float,
    *,
    focus: Focus,
    direction: Direction,
) -> _Components:
    if focus not in ("specificity", "sensitivity") or not 0 <= low < high <= 1:
        raise StatisticsError(
            "The range of a partial area is not one",
            expected="0 <= low < high <= 1 in specificity or sensitivity",
            got=f"{low} to {high} in {focus}",
            remedy="give the limits as fractions, the lower one first",
        )
    truth, values = checked_scores(positive, score)
    need_two_of_each(int(truth.sum()), int((~truth).sum()))
    oriented = values.astype(np.float64) * (1.0 if checked_direction(direction) == "higher" else -1.0)
    if focus == "sensitivity":  # the same curve seen from the negatives: 1 - sensitivity against specificity
        truth, oriented = ~truth, -oriented
    (positive_to, negative_to), (positive_from, negative_from) = (
        _below(truth, oriented, end) for end in (1 - low, 1 - high)
    )
    own, other = positive_to - positive_from, negative_to - negative_from
    area = float(own.mean())
    return _Components(area, own, other) if focus == "specificity" else _Components(area, other, own)


def _below(
    truth: NDArray[np.bool_], score: NDArray[np.float64], end: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Contributions (m,) and (n,) to the area over false positive rates from 0 to `end`.

    Cases tied at one score share a straight piece of the curve, from (x0, y0) to (x1, y1).  A positive case
    among them rises along it: its contribution is the area under a ramp from x0 to x1 and 1 beyond.  A
    negative case lies anywhere on it: its contribution is the mean over x in the piece of ROC(end) -
    ROC(min(x, end)).
    """
    curve = roc_curve(truth, score)
    x, y = curve.false_positive_rate, curve.true_positive_rate
    piece = np.searchsorted(-curve.threshold, -score)  # the piece that ends at the case's own threshold
    x0, x1, y0, y1 = x[piece - 1], x[piece], y[piece - 1], y[piece]
    nearest = x[np.argmin(np.abs(x - end))]
    end = float(nearest) if abs(nearest - end) < _ROUNDING else end  # 1 - 0.9 is not quite 0.1
    step = y[x == end]
    last = float((step.min() + step.max()) / 2 if step.size else np.interp(end, x, y))
    width = x1 - x0
    safe = np.where(width > 0, width, 1.0)
    reached = np.clip(end - x0, 0.0, width)
    ramp = np.where(width > 0, reached**2 / (2 * safe), 0.0) + np.maximum(end - x1, 0.0)
    rise = (y1 - y0) * reached / safe  # of the curve within the piece, up to the end
    before = (last - y0) * reached - rise * reached / 2
    tail = np.where(width > 0, before / safe, 0.0)
    return ramp[truth], tail[~truth]


def _estimate(components: _Components, low: float, high: float, *, focus: Focus, level: float) -> PartialAuc:
    area, variance = components.area, components.variance
    degenerate = variance < _NO_VARIANCE
    width = high - low
    chance = ((1 - low) ** 2 - (1 - high) ** 2) / 2
    half = 0.0 if degenerate else float(norm.isf((1 - level) / 2)) * sqrt(variance)

    def standardise(value: float) -> float:
        return (1 + (value - chance) / (width - chance)) / 2

    interval = ConfidenceInterval(max(area - half, 0.0), min(area + half, width))
    return PartialAuc(
        area=area,
        standardised=standardise(area),
        variance=0.0 if degenerate else variance,
        interval=interval,
        standardised_interval=ConfidenceInterval(standardise(interval.low), standardise(interval.high)),
        confidence_level=level,
        low=low,
        high=high,
        focus=focus,
        n_positive=components.positive.size,
        n_negative=components.negative.size,
        degenerate=degenerate,
        method="partial area by the trapezoidal rule, Wald interval clipped to its range",
        reference=PARTIAL,
    )
