"""Bootstrap of whole clusters (patients) with shared resamples for any number of statistics.

A resample is a vector of weights: how often each case was drawn.  A statistic takes many such vectors at
once, (B, n) in and (B,) out, so that thousands of replicates are a few array operations.  Cases of one
cluster always share a weight, and every statistic of one call sees the same resamples, so that differences
between them are paired.

References
----------
Efron B. J Am Stat Assoc 1987;82:171-185 (BCa).
Davison AC, Hinkley DV. Bootstrap Methods and their Application, 1997, sections 2.4, 3.2 and 5.3.
Field CA, Welsh AH. J R Stat Soc B 2007;69:369-390 (clusters).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from dls.errors import StatisticsError
from dls.stats.interval import ConfidenceInterval
from dls.stats.numeric import as_numbers
from dls.stats.proportions import as_boolean, check_level, same_length

WeightedStatistic = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Maps (B, n) weights of the cases to (B,) values; NaN where a resample leaves it undefined."""

IntervalKind = Literal["percentile", "BCa"]

_BATCH_CELLS = 4_000_000  # weights held at once: 32 MB


@dataclass(frozen=True, slots=True)
class BootstrapResult:
    """Bootstrap of one statistic.

    Attributes
    ----------
    estimate : value on the data as they are
    standard_error, bias : standard deviation of the replicates, and their mean less the estimate
    replicates : (n_replicates,) values, in the order of the resamples; NaN where undefined
    n_undefined : replicates without a value (for example no positive case drawn), left out of the rest
    """

    estimate: float
    interval: ConfidenceInterval
    confidence_level: float
    standard_error: float
    bias: float
    replicates: NDArray[np.float64]
    n_undefined: int
    n_clusters: int
    seed: int
    method: str
    reference: str


@dataclass(frozen=True, slots=True)
class BootstrapTable:
    """Bootstraps of several statistics on the same resamples, by name."""

    results: Mapping[str, BootstrapResult]

    def __getitem__(self, name: str) -> BootstrapResult:
        return self.results[name]

    @property
    def summary(self) -> pd.DataFrame:
        """One row a statistic: estimate, low, high, standard_error, bias, n_undefined, method."""
        rows = {
            name: [r.estimate, *r.interval, r.standard_error, r.bias, r.n_undefined, r.method]
            for name, r in self.results.items()
        }
        columns = ["estimate", "low", "high", "standard_error", "bias", "n_undefined", "method"]
        return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def bootstrap(
    statistics: Mapping[str, WeightedStatistic],
    cluster: Any,
    *,
    n_replicates: int = 2000,
    seed: int = 0,
    strata: Any = None,
    kind: IntervalKind = "percentile",
    confidence_level: float = 0.95,
    progress: Callable[[int, int, str], None] | None = None,
) -> BootstrapTable:
    """Bootstrap intervals of several statistics, resampling clusters with replacement.

    Parameters
    ----------
    statistics : name to weighted statistic; see `weighted_auc`, `weighted_rate`, `weighted_mean`
    cluster : (n,) identifier of each case's cluster, the patient
    strata : (n,) optional; clusters are drawn within strata, so that each keeps its number of clusters
    kind : "percentile", or "BCa" (bias-corrected and accelerated, with a jackknife over clusters).  Limits
        are quantiles of the defined replicates, straight between two of them; ties with the estimate count
        half for the bias.
    progress : called with (replicates done, replicates in all, "bootstrap")

    Raises
    ------
    StatisticsError
        when there are fewer than two clusters, a cluster spans two strata, an identifier is missing or there
        are not as many as cases, a statistic is undefined on the data themselves, or all but one replicate of
        it are undefined.
    """
    check_level(confidence_level)
    design = _design(cluster, strata)
    if n_replicates < 2:
        raise StatisticsError("Too few replicates", expected="at least 2", got=str(n_replicates))
    if kind not in ("percentile", "BCa"):
        raise StatisticsError("Unknown bootstrap interval", expected="percentile or BCa", got=repr(kind))
    estimates = {name: _on_the_data(name, s, design) for name, s in statistics.items()}
    values: dict[str, list[NDArray[np.float64]]] = {name: [] for name in statistics}
    done = 0
    for weights in _resamples(design, n_replicates, seed):
        for name, statistic in statistics.items():
            values[name].append(np.asarray(statistic(weights), dtype=float))
        done += len(weights)
        if progress is not None:
            progress(done, n_replicates, "bootstrap")
    replicates = {name: np.concatenate(parts) for name, parts in values.items()}
    pulls = _influences(statistics, estimates, design) if kind == "BCa" else {}
    return BootstrapTable(
        {
            name: _result(
                name, estimates[name], replicates[name], pulls.get(name), design, confidence_level, seed
            )
            for name in statistics
        }
    )


def weighted_rate(hit: Any, among: Any = None) -> WeightedStatistic:
    """Weighted share of hits among the chosen cases: sensitivity, specificity, accuracy.

    Parameters
    ----------
    hit : (n,) bool
    among : (n,) bool, the denominator; every case if not given
    """
    hits = as_boolean(hit, "hit") == 1
    chosen = np.ones(hits.size, dtype=bool) if among is None else as_boolean(among, "among") == 1
    same_length(hits, chosen)
    numerator, denominator = (hits & chosen).astype(float), chosen.astype(float)
    return lambda weights: _ratio(_drawn(weights, chosen.size) @ numerator, weights @ denominator)


def weighted_mean(values: Any) -> WeightedStatistic:
    """Weighted mean of finite values, (n,)."""
    numbers = _finite(values)
    return lambda weights: _ratio(_drawn(weights, numbers.size) @ numbers, weights.sum(axis=1))


def weighted_auc(positive: Any, score: Any) -> WeightedStatistic:
    """Weighted area under the ROC curve; higher scores speak for positive, ties count half.

    One sort for all resamples: each positive's weight times the weight of the negatives below it, and half
    that of the negatives at its own score.

    Parameters
    ----------
    positive : (n,) bool
    score : (n,) finite numbers
    """
    truth, values = as_boolean(positive, "positive") == 1, _finite(score)
    same_length(truth, values)
    positives, negatives = np.flatnonzero(truth), np.flatnonzero(~truth)
    negatives = negatives[np.argsort(values[negatives], kind="stable")]
    below = np.searchsorted(values[negatives], values[positives], side="left")
    not_above = np.searchsorted(values[negatives], values[positives], side="right")

    def area(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        _drawn(weights, truth.size)
        of_negatives = np.zeros((len(weights), negatives.size + 1))
        np.cumsum(weights[:, negatives], axis=1, out=of_negatives[:, 1:])
        of_positives = weights[:, positives]
        wins = (of_positives * (of_negatives[:, below] + of_negatives[:, not_above])).sum(axis=1) / 2
        return _ratio(wins, of_positives.sum(axis=1) * of_negatives[:, -1])

    return area


def weighted_difference(first: WeightedStatistic, second: WeightedStatistic) -> WeightedStatistic:
    """First less second on the same resamples."""
    return lambda weights: first(weights) - second(weights)


@dataclass(frozen=True, slots=True)
class _Design:
    """Cluster index of every case, and the clusters of each stratum."""

    of_case: NDArray[np.intp]
    strata: tuple[NDArray[np.intp], ...]

    @property
    def n_clusters(self) -> int:
        return sum(len(s) for s in self.strata)


def _design(cluster: Any, strata: Any) -> _Design:
    of_case, names = _identifiers(cluster, "cluster")
    if len(names) < 2:
        raise StatisticsError("A bootstrap needs two clusters", expected="at least 2", got=str(len(names)))
    if strata is None:
        return _Design(of_case, (np.arange(len(names)),))
    stratum, labels = _identifiers(strata, "strata")
    same_length(of_case, stratum)
    of_cluster = np.empty(len(names), dtype=np.intp)
    of_cluster[of_case] = stratum
    if (of_cluster[of_case] != stratum).any():
        raise StatisticsError("A cluster lies in two strata", remedy="use strata that are constant in it")
    return _Design(of_case, tuple(np.flatnonzero(of_cluster == s) for s in range(len(labels))))


def _identifiers(values: Any, name: str) -> tuple[NDArray[np.intp], Any]:
    if np.ndim(values) > 1:
        raise StatisticsError(f"`{name}` is not one-dimensional", expected="(n,)", got=str(np.shape(values)))
    codes, labels = pd.factorize(pd.Series(values))
    if (codes < 0).any():
        raise StatisticsError(f"`{name}` has missing values", got=f"{int((codes < 0).sum())}")
    return codes, labels


def _resamples(design: _Design, n_replicates: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """Batches of (b, n) weights; the batches' size does not change the draws."""
    generator = np.random.default_rng(seed)
    size = max(1, _BATCH_CELLS // len(design.of_case))
    for first in range(0, n_replicates, size):
        drawn = np.empty((min(size, n_replicates - first), design.n_clusters))
        for row in drawn:
            for members in design.strata:
                picks = generator.integers(len(members), size=len(members))
                row[members] = np.bincount(picks, minlength=len(members))
        yield drawn[:, design.of_case]


def _on_the_data(name: str, statistic: WeightedStatistic, design: _Design) -> float:
    value = float(np.asarray(statistic(np.ones((1, len(design.of_case)))))[0])
    if not np.isfinite(value):
        raise StatisticsError(
            f"{name} is not defined on these data",
            expected="cases of both kinds, or a denominator above zero",
            got=str(value),
        )
    return value


def _influences(
    statistics: Mapping[str, WeightedStatistic], estimates: Mapping[str, float], design: _Design
) -> dict[str, NDArray[np.float64]]:
    """Jackknife influence of every cluster, over its stratum's size (Davison and Hinkley 1997, 2.7.3)."""
    pulls = {name: np.empty(design.n_clusters) for name in statistics}
    size = max(1, _BATCH_CELLS // len(design.of_case))
    for members in design.strata:
        for first in range(0, len(members), size):
            left_out = members[first : first + size]
            weights = (design.of_case[None, :] != left_out[:, None]).astype(float)
            for name, statistic in statistics.items():
                n = len(members)
                pulls[name][left_out] = (n - 1) * (estimates[name] - statistic(weights)) / n
    return pulls


def _result(  # noqa: PLR0917  one private caller
    name: str,
    estimate: float,
    replicates: NDArray[np.float64],
    pull: NDArray[np.float64] | None,
    design: _Design,
    confidence_level: float,
    seed: int,
) -> BootstrapResult:
    defined = replicates[np.isfinite(replicates)]
    if defined.size < 2:
        raise StatisticsError(f"No resample defines {name}", got=f"{defined.size} of {replicates.size}")
    tails = np.array([(1 - confidence_level) / 2, (1 + confidence_level) / 2])
    if pull is not None:
        tails = _bca_levels(name, estimate, defined, pull, tails)
    low, high = np.quantile(defined, tails)
    kind = "percentile" if pull is None else "BCa"
    unit = "clusters" if len(design.of_case) > design.n_clusters else "cases"
    return BootstrapResult(
        estimate,
        ConfidenceInterval(float(low), float(high)),
        confidence_level,
        float(defined.std(ddof=1)),
        float(defined.mean() - estimate),
        replicates,
        int(replicates.size - defined.size),
        design.n_clusters,
        seed,
        f"{kind} bootstrap of {unit}" + (", stratified" if len(design.strata) > 1 else ""),
        "Efron, J Am Stat Assoc 1987;82:171-185; Davison and Hinkley, Bootstrap Methods, 1997",
    )


def _bca_levels(
    name: str,
    estimate: float,
    replicates: NDArray[np.float64],
    pull: NDArray[np.float64],
    tails: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Adjusted quantile levels (BCa: Efron 1987); ties with the estimate count half.

    Replicates that all equal the estimate need no adjustment: every quantile is the estimate.
    """
    if np.ptp(replicates) == 0:
        return tails
    below = ((replicates < estimate).sum() + (replicates == estimate).sum() / 2) / replicates.size
    if not np.isfinite(pull).all() or below in (0, 1):
        raise StatisticsError(
            f"The BCa interval of {name} is not defined",
            got="one cluster carries all cases of a kind, or all replicates lie on one side of the estimate",
            remedy="use the percentile interval",
        )
    spread = (pull**2).sum()
    acceleration = (pull**3).sum() / (6 * spread**1.5) if spread > 0 else 0.0
    bias = ndtri(below)
    shifted = bias + ndtri(tails)
    return np.asarray(ndtr(bias + shifted / (1 - acceleration * shifted)))


def _drawn(weights: NDArray[np.float64], n_cases: int) -> NDArray[np.float64]:
    """The weights (B, n), when they are those of a statistic's own cases."""
    if weights.shape[1] != n_cases:
        raise StatisticsError(
            "The clusters do not belong to the cases of the statistic",
            expected=f"{n_cases} identifiers",
            got=f"{weights.shape[1]}",
            remedy="give every case its cluster, in the order of the cases",
        )
    return weights


def _ratio(numerator: NDArray[np.float64], denominator: NDArray[np.float64]) -> NDArray[np.float64]:
    out = np.full(numerator.shape, np.nan)
    return np.divide(numerator, denominator, out=out, where=denominator > 0)


def _finite(values: Any) -> NDArray[np.float64]:
    numbers = as_numbers(values, "values")
    if numbers.ndim != 1 or not np.isfinite(numbers).all():
        raise StatisticsError("A value is missing or infinite", expected="(n,) finite numbers")
    return numbers
