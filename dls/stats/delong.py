"""Areas under ROC curves with DeLong's covariance: intervals, paired, unpaired and n-curve tests.

The components are counted by sorting, in O(n log n), as whole numbers of half wins, so that ties are exact
and "no variance at all" is recognised without a tolerance.

References
----------
DeLong, DeLong & Clarke-Pearson 1988, Biometrics 44:837.
Sun & Xu 2014, IEEE Signal Process Lett 21:1389: the components by sorting.
Newcombe 2006, Stat Med 25:559, method 5: the interval where DeLong's variance is zero.
Zou & Donner 2008, Stat Med 27:1693: the interval of a difference from two separate intervals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, sqrt
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.stats import chi2, norm

from dls.errors import StatisticsError
from dls.stats.interval import ConfidenceInterval
from dls.stats.multiplicity import holm
from dls.stats.proportions import check_level
from dls.stats.roc import Direction, checked_direction, checked_scores, need_two_of_each
from dls.stats.student import quantile, two_sided

DELONG = "DeLong, DeLong & Clarke-Pearson 1988, Biometrics 44:837"
NEWCOMBE = "Newcombe 2006, Stat Med 25:559, method 5"
MOVER = "Zou & Donner 2008, Stat Med 27:1693, with limits by " + NEWCOMBE
HOLM = "Holm 1979, Scand J Stat 6:65"


@dataclass(frozen=True, slots=True)
class AucResult:
    """Area under one ROC curve.

    `degenerate` says that DeLong's variance is zero (perfect separation, or a constant score), where its
    interval would be a point; `interval` is then Newcombe's.
    """

    auc: float
    variance: float
    interval: ConfidenceInterval
    confidence_level: float
    n_positive: int
    n_negative: int
    degenerate: bool
    method: str
    reference: str

    @property
    def standard_error(self) -> float:
        """Square root of the variance."""
        return sqrt(self.variance)

    @property
    def summary(self) -> pd.DataFrame:
        """One row: auc, se, low, high, n_positive, n_negative, method."""
        low, high = self.interval
        return pd.DataFrame(
            [
                {
                    "auc": self.auc,
                    "se": self.standard_error,
                    "low": low,
                    "high": high,
                    "n_positive": self.n_positive,
                    "n_negative": self.n_negative,
                    "method": self.method,
                }
            ]
        )


@dataclass(frozen=True, slots=True)
class AucComparison:
    """Two areas, their difference a - b, and the test that it is zero.

    `df` is infinite for the normal reference (paired) and Welch's for unpaired curves.  `degenerate` says
    that the variance of the difference is zero; see `compare`.
    """

    auc_a: float
    auc_b: float
    difference: float
    variance: float
    interval: ConfidenceInterval
    confidence_level: float
    statistic: float
    df: float
    pvalue: float
    degenerate: bool
    method: str
    reference: str

    @property
    def standard_error(self) -> float:
        """Standard error of the difference."""
        return sqrt(self.variance)

    @property
    def summary(self) -> pd.DataFrame:
        """One row: auc_a, auc_b, difference, se, low, high, statistic, df, p, method."""
        low, high = self.interval
        return pd.DataFrame(
            [
                {
                    "auc_a": self.auc_a,
                    "auc_b": self.auc_b,
                    "difference": self.difference,
                    "se": self.standard_error,
                    "low": low,
                    "high": high,
                    "statistic": self.statistic,
                    "df": self.df,
                    "p": self.pvalue,
                    "method": self.method,
                }
            ]
        )


@dataclass(frozen=True, slots=True)
class NamedComparison:
    """One pair among several curves: names, its paired test, and Holm's p over all pairs."""

    a: str
    b: str
    comparison: AucComparison
    p_holm: float


@dataclass(frozen=True, slots=True)
class AucComparisons:
    """Several curves on the same cases: areas, all pairs, and the overall chi-square test of equal areas."""

    names: tuple[str, ...]
    areas: tuple[AucResult, ...]
    covariance: NDArray[np.float64]
    pairs: tuple[NamedComparison, ...]
    statistic: float
    df: int
    pvalue: float
    confidence_level: float
    method: str
    reference: str

    @property
    def summary(self) -> pd.DataFrame:
        """One row a pair: a, b, difference, low, high, z, p, p_holm."""
        rows = [
            {
                "a": pair.a,
                "b": pair.b,
                "difference": pair.comparison.difference,
                "low": pair.comparison.interval.low,
                "high": pair.comparison.interval.high,
                "z": pair.comparison.statistic,
                "p": pair.comparison.pvalue,
                "p_holm": pair.p_holm,
            }
            for pair in self.pairs
        ]
        return pd.DataFrame(rows, columns=["a", "b", "difference", "low", "high", "z", "p", "p_holm"])


@dataclass(frozen=True, slots=True)
class Placements:
    """How often each case wins against the cases of the other class, counted in half wins.

    `of_positive` (m,) are whole numbers from 0 to 2 n_negative: negatives below the positive case, plus half
    the ties, times two.  `of_negative` (n,) likewise: positives above the negative case.  DeLong's structural
    components are V10 = of_positive / (2 n) and V01 = of_negative / (2 m).
    """

    of_positive: NDArray[np.int64]
    of_negative: NDArray[np.int64]

    @property
    def auc(self) -> float:
        """Mean of the components."""
        return int(self.of_positive.sum()) / (2 * self.of_positive.size * self.of_negative.size)


def placements(positive: ArrayLike, score: ArrayLike, *, direction: Direction = "higher") -> Placements:
    """Half wins of every case, in the order of the cases within their class, in O(n log n).

    Arguments and errors as for `dls.stats.roc.roc_curve`.
    """
    truth, values = checked_scores(positive, score)
    wins = _half_wins(truth, values)
    m = int(np.count_nonzero(truth))
    n = truth.size - m
    if checked_direction(direction) == "lower":
        wins = np.where(truth, 2 * n, 2 * m) - wins
    return Placements(wins[truth], wins[~truth])


def auc(
    positive: ArrayLike,
    score: ArrayLike,
    confidence_level: float = 0.95,
    *,
    direction: Direction = "higher",
) -> AucResult:
    """Area under the ROC curve, DeLong's variance and the Wald interval clipped to [0, 1].

    Where that variance is zero (perfect separation, a constant score) the interval is Newcombe's, which is
    never a point, and `degenerate` is true.

    Parameters
    ----------
    positive : array-like of shape (n_cases,), bool or 0/1
    score : array-like of shape (n_cases,), finite
    confidence_level : between 0 and 1

    Raises
    ------
    StatisticsError
        as `roc_curve`, and with fewer than two positive or two negative cases, where the variance is
        undefined.
    """
    return _area(placements(positive, score, direction=direction), check_level(confidence_level))


def compare(
    positive: ArrayLike,
    score_a: ArrayLike,
    score_b: ArrayLike,
    confidence_level: float = 0.95,
    *,
    direction: Direction = "higher",
) -> AucComparison:
    """Paired test of two scores on the same cases; difference a - b.

    Where the variance of the difference is zero, `degenerate` is true and: curves that place every case alike
    have difference 0, z 0, p 1 and interval 0-0; otherwise (two perfect curves, or a perfect and a constant
    one) the interval joins Newcombe's two by the method of variance estimates recovery, taking them as
    independent, and the test inverts that interval.

    Arguments and errors as for `auc`.
    """
    a = placements(positive, score_a, direction=direction)
    b = placements(positive, score_b, direction=direction)
    return _paired(a, b, check_level(confidence_level))


def compare_many(
    positive: ArrayLike,
    scores: Mapping[str, ArrayLike],
    confidence_level: float = 0.95,
    *,
    direction: Direction = "higher",
) -> AucComparisons:
    """All pairs of several scores on the same cases, with Holm's p, and the overall test of equal areas.

    The overall statistic is DeLong's quadratic form in the contrasts between neighbouring curves; where
    curves coincide, its degrees of freedom are the rank of the contrasts' covariance (0 when all coincide: p
    = 1).

    Parameters
    ----------
    scores : name -> array-like of shape (n_cases,); at least one
    Other arguments and errors as for `auc`.
    """
    if not scores:
        raise StatisticsError(
            "No score was given", expected="at least one named score", remedy="name a score"
        )
    level = check_level(confidence_level)
    names = tuple(scores)
    placed = [placements(positive, scores[name], direction=direction) for name in names]
    index = [(i, j) for i in range(len(names)) for j in range(i + 1, len(names))]
    tests = [_paired(placed[i], placed[j], level) for i, j in index]
    adjusted = holm([test.pvalue for test in tests])
    pairs = tuple(
        NamedComparison(names[i], names[j], test, float(p))
        for (i, j), test, p in zip(index, tests, adjusted, strict=True)
    )
    covariance = _covariance(placed)
    statistic, df = _overall(np.array([p.auc for p in placed]), covariance)
    return AucComparisons(
        names=names,
        areas=tuple(_area(p, level) for p in placed),
        covariance=covariance,
        pairs=pairs,
        statistic=statistic,
        df=df,
        pvalue=float(chi2.sf(statistic, df)) if df else 1.0,
        confidence_level=level,
        method="DeLong, chi-square over neighbouring contrasts; pairs by z, adjusted by Holm",
        reference=f"{DELONG}; {HOLM}",
    )


def compare_unpaired(
    positive_a: ArrayLike,
    score_a: ArrayLike,
    positive_b: ArrayLike,
    score_b: ArrayLike,
    confidence_level: float = 0.95,
    *,
    direction: Direction = "higher",
) -> AucComparison:
    """Test of two scores on two separate sets of cases; difference a - b.

    The reference is Student's t with Welch's degrees of freedom over the two numbers of cases, as in pROC.
    Where both variances are zero the answer is that of `compare` for such curves.

    Arguments and errors as for `auc`, for each set.
    """
    level = check_level(confidence_level)
    a = placements(positive_a, score_a, direction=direction)
    b = placements(positive_b, score_b, direction=direction)
    variance_a, variance_b = _variance(a), _variance(b)
    variance = variance_a + variance_b
    if variance == 0:
        return _without_variance(a, b, level)
    n_a, n_b = (p.of_positive.size + p.of_negative.size for p in (a, b))
    df = variance**2 / (variance_a**2 / (n_a - 1) + variance_b**2 / (n_b - 1))
    return _tested(
        a,
        b,
        difference=a.auc - b.auc,
        variance=variance,
        df=df,
        level=level,
        method="DeLong, unpaired, t with Welch's degrees of freedom",
        reference=DELONG + "; Welch 1947, Biometrika 34:28",
    )


def delong_covariance(
    positive: ArrayLike, scores: ArrayLike, *, direction: Direction = "higher"
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Areas (n_scores,) and their DeLong covariance (n_scores, n_scores) for scores (n_cases, n_scores).

    Errors as for `auc`.
    """
    columns = np.asarray(scores)
    placed = [placements(positive, columns[:, k], direction=direction) for k in range(columns.shape[1])]
    return np.array([p.auc for p in placed]), _covariance(placed)


def newcombe_interval(
    area: float, n_positive: int, n_negative: int, confidence_level: float = 0.95
) -> ConfidenceInterval:
    """Score interval of an area from the area and the numbers of cases alone; never a point.

    Solves (area - theta)^2 = z^2 V(theta) with Hanley & McNeil's variance in which both sample sizes of its
    fractions are their mean.  Source: Newcombe 2006, Stat Med 25:559, method 5.
    """
    z = float(norm.isf((1 - check_level(confidence_level)) / 2))
    return ConfidenceInterval(
        _newcombe_low(area, n_positive, n_negative, z), 1 - _newcombe_low(1 - area, n_positive, n_negative, z)
    )


def _half_wins(truth: NDArray[np.bool_], values: NDArray[Any]) -> NDArray[np.int64]:
    """Half wins of every case (n_cases,) against the other class, larger values winning for positives.

    One sort; a tied run of cases shares the counts before and up to its end, whose sum is twice the midpoint.
    """
    order = np.argsort(values)
    ranked = values[order]
    ends = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]) + 1, ranked.size)
    positives = np.cumsum(truth[order], dtype=np.int64)[ends - 1]
    negatives = ends - positives
    below_positive = negatives + np.append(0, negatives[:-1])
    above_negative = 2 * positives[-1] - positives - np.append(0, positives[:-1])
    if ends.size < ranked.size:
        run = np.diff(ends, prepend=0)
        below_positive, above_negative = np.repeat(below_positive, run), np.repeat(above_negative, run)
    wins = np.empty(ranked.size, dtype=np.int64)
    wins[order] = np.where(truth[order], below_positive, above_negative)
    return wins


def _components(placed: Placements) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    m, n = placed.of_positive.size, placed.of_negative.size
    need_two_of_each(m, n)
    return placed.of_positive / (2 * n), placed.of_negative / (2 * m)


def _covariance(placed: list[Placements]) -> NDArray[np.float64]:
    v10, v01 = (np.stack(part) for part in zip(*map(_components, placed), strict=True))
    v10 = v10 - v10.mean(axis=1, keepdims=True)
    v01 = v01 - v01.mean(axis=1, keepdims=True)
    m, n = v10.shape[1], v01.shape[1]
    covariance = v10 @ v10.T / ((m - 1) * m) + v01 @ v01.T / ((n - 1) * n)
    for k, p in enumerate(placed):
        if _constant(p.of_positive) and _constant(p.of_negative):
            covariance[k, :] = covariance[:, k] = 0.0
    return covariance


def _variance(placed: Placements) -> float:
    v10, v01 = _components(placed)
    positive = 0.0 if _constant(placed.of_positive) else float(v10.var(ddof=1)) / v10.size
    negative = 0.0 if _constant(placed.of_negative) else float(v01.var(ddof=1)) / v01.size
    return positive + negative


def _constant(whole: NDArray[np.int64]) -> bool:
    return bool(np.all(whole == whole[0]))


def _area(placed: Placements, level: float) -> AucResult:
    variance, area = _variance(placed), placed.auc
    m, n = placed.of_positive.size, placed.of_negative.size
    degenerate = variance == 0
    if degenerate:
        interval = newcombe_interval(area, m, n, level)
        method = "DeLong's variance is zero and its interval degenerate: Newcombe's score interval instead"
        reference = f"{DELONG}; {NEWCOMBE}"
    else:
        half = float(norm.isf((1 - level) / 2)) * sqrt(variance)
        interval = ConfidenceInterval(max(area - half, 0.0), min(area + half, 1.0))
        method, reference = "DeLong, Wald interval clipped to [0, 1]", DELONG
    return AucResult(area, variance, interval, level, m, n, degenerate, method, reference)


def _paired(a: Placements, b: Placements, level: float) -> AucComparison:
    m, n = a.of_positive.size, a.of_negative.size
    _components(a)
    gained, saved = a.of_positive - b.of_positive, a.of_negative - b.of_negative
    difference = int(gained.sum()) / (2 * m * n)
    if _constant(gained) and _constant(saved):
        return _without_variance(a, b, level)
    variance = (gained / (2 * n)).var(ddof=1) / m + (saved / (2 * m)).var(ddof=1) / n
    return _tested(
        a,
        b,
        difference=difference,
        variance=float(variance),
        df=inf,
        level=level,
        method="DeLong, paired, z",
        reference=DELONG,
    )


def _tested(
    a: Placements,
    b: Placements,
    *,
    difference: float,
    variance: float,
    df: float,
    level: float,
    method: str,
    reference: str,
) -> AucComparison:
    """Comparison by the difference over its standard error; `variance` is above 0."""
    statistic, half = difference / sqrt(variance), quantile(level, df) * sqrt(variance)
    return AucComparison(
        auc_a=a.auc,
        auc_b=b.auc,
        difference=difference,
        variance=variance,
        interval=ConfidenceInterval(max(difference - half, -1.0), min(difference + half, 1.0)),
        confidence_level=level,
        statistic=statistic,
        df=df,
        pvalue=two_sided(statistic, df),
        degenerate=False,
        method=method,
        reference=reference,
    )


def _without_variance(a: Placements, b: Placements, level: float) -> AucComparison:
    """Comparison of two curves whose difference has no variance in the sample; see `compare`."""
    difference = a.auc - b.auc
    z = float(norm.isf((1 - level) / 2))
    if difference == 0 and a.auc not in (0.0, 1.0):
        interval, statistic = ConfidenceInterval(0.0, 0.0), 0.0
        method, reference = "DeLong: the curves place every case alike, difference 0 without variance", DELONG
    else:
        low, high = _mover_limit(a, b, z), -_mover_limit(b, a, z)
        interval = ConfidenceInterval(low, high)
        statistic = _mover_statistic(a, b, difference)
        method = "DeLong's variance is zero: interval by variance estimates recovery, test by its inversion"
        reference = f"{DELONG}; {MOVER}"
    return AucComparison(
        auc_a=a.auc,
        auc_b=b.auc,
        difference=difference,
        variance=0.0,
        interval=interval,
        confidence_level=level,
        statistic=statistic,
        df=inf,
        pvalue=float(2 * norm.sf(abs(statistic))),
        degenerate=True,
        method=method,
        reference=reference,
    )


def _mover_limit(a: Placements, b: Placements, z: float) -> float:
    """Lower limit of auc(a) - auc(b), from Newcombe's limits and no correlation."""
    low = _newcombe_low(a.auc, a.of_positive.size, a.of_negative.size, z)
    high = 1 - _newcombe_low(1 - b.auc, b.of_positive.size, b.of_negative.size, z)
    return a.auc - b.auc - sqrt((a.auc - low) ** 2 + (high - b.auc) ** 2)


def _mover_statistic(a: Placements, b: Placements, difference: float) -> float:
    """The z at which the limit nearest to 0 meets it, with the sign of the difference."""
    if difference == 0:
        return 0.0
    upper, lower = (a, b) if difference > 0 else (b, a)
    z = float(brentq(lambda z: _mover_limit(upper, lower, z), 0.0, 1e6, xtol=1e-12))
    return z if difference > 0 else -z


def _newcombe_low(area: float, m: int, n: int, z: float) -> float:
    """Lower root of Newcombe's equation; at area 1 its trivial root 1 is divided out."""
    if area == 0:
        return 0.0
    extra = (m + n) / 2 - 1

    def spread(theta: float) -> float:
        return theta * (1 + extra * (1 - theta) / (2 - theta) + extra * theta / (1 + theta)) / (m * n)

    if area == 1:
        return float(brentq(lambda theta: 1 - theta - z**2 * spread(theta), 0.0, 1.0, xtol=1e-15))
    return float(
        brentq(lambda theta: area - theta - z * sqrt((1 - theta) * spread(theta)), 0.0, area, xtol=1e-15)
    )


def _overall(areas: NDArray[np.float64], covariance: NDArray[np.float64]) -> tuple[float, int]:
    """Chi-square of equal areas, and its degrees of freedom: the rank of the contrasts' covariance."""
    contrasts = np.eye(areas.size - 1, areas.size) - np.eye(areas.size - 1, areas.size, k=1)
    spread = contrasts @ covariance @ contrasts.T
    values, vectors = np.linalg.eigh(spread)
    kept = values > max(values.max(initial=0.0), np.trace(covariance)) * 1e-12
    along = vectors.T @ (contrasts @ areas)
    if np.any(np.abs(along[~kept]) > 1e-9):
        raise StatisticsError(
            "The overall test is undefined: areas differ along a contrast that has no variance",
            expected="curves whose differences vary between cases",
            got="areas " + ", ".join(f"{area:.4g}" for area in areas),
            remedy="compare these curves in pairs",
        )
    return float(np.sum(along[kept] ** 2 / values[kept])), int(np.count_nonzero(kept))
