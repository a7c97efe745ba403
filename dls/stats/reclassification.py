"""Reclassification: what a second, better informed call does to those with and those without the disease.

References
----------
Pencina MJ, D'Agostino RB, Vasan RS. Stat Med 2008;27:157-172 (net reclassification improvement).
Kerr KF et al. Epidemiology 2014;25:114-121 (its parts are reported, not the sum alone).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from dls.errors import StatisticsError
from dls.stats.interval import ConfidenceInterval
from dls.stats.proportions import as_boolean, check_level, same_length


@dataclass(frozen=True, slots=True)
class NetChange:
    """Calls that got better less those that got worse, as a share of n cases of one truth."""

    better: int
    worse: int
    n: int
    estimate: float
    interval: ConfidenceInterval


@dataclass(frozen=True, slots=True)
class Reclassification:
    """Net reclassification improvement of the second call over the first.

    Attributes
    ----------
    events, nonevents : net change among the positive and the negative cases
    improvement : their sum, from -2 to 2, with its interval
    statistic, pvalue : z against no change, and its two-sided p
    """

    events: NetChange
    nonevents: NetChange
    improvement: float
    interval: ConfidenceInterval
    statistic: float
    pvalue: float
    confidence_level: float
    method: str = "net reclassification improvement; z with McNemar's variance, Wald intervals"
    reference: str = "Pencina et al., Stat Med 2008;27:157-172"

    @property
    def summary(self) -> pd.DataFrame:
        """One row each for events, nonevents and their sum: better, worse, n, estimate, low, high."""
        rows = {
            name: [part.better, part.worse, part.n, part.estimate, *part.interval]
            for name, part in (("events", self.events), ("nonevents", self.nonevents))
        }
        n = self.events.n + self.nonevents.n
        better, worse = (
            self.events.better + self.nonevents.better,
            self.events.worse + self.nonevents.worse,
        )
        rows["sum"] = [better, worse, n, self.improvement, *self.interval]
        return pd.DataFrame.from_dict(
            rows, orient="index", columns=["better", "worse", "n", "estimate", "low", "high"]
        )


def reclassification(
    positive: Any, first: Any, second: Any, confidence_level: float = 0.95
) -> Reclassification:
    """Net reclassification improvement of two binary calls on the same cases.

    Parameters
    ----------
    positive : (n,) bool, the truth
    first, second : (n,) bool, whether each call says positive

    Raises
    ------
    StatisticsError
        when a class of the truth has no case, the lengths differ, or a value is missing or not boolean.
    """
    truth = as_boolean(positive, "positive") == 1
    a, b = as_boolean(first, "first") == 1, as_boolean(second, "second") == 1
    same_length(truth, a, b)
    up, down = ~a & b, a & ~b
    return reclassification_counts(
        (int((up & truth).sum()), int((down & truth).sum()), int(truth.sum())),
        (int((down & ~truth).sum()), int((up & ~truth).sum()), int((~truth).sum())),
        confidence_level,
    )


def reclassification_counts(
    events: tuple[int, int, int], nonevents: tuple[int, int, int], confidence_level: float = 0.95
) -> Reclassification:
    """The same from counts.

    Parameters
    ----------
    events, nonevents : numbers that got better, got worse, and in all

    Raises
    ------
    StatisticsError
        when a number is negative, or more cases changed than there are, or there are none.
    """
    quantile = float(ndtri(0.5 + check_level(confidence_level) / 2))
    parts = []
    for name, (better, worse, n) in (("positive", events), ("negative", nonevents)):
        if min(better, worse) < 0 or n < 1 or better + worse > n:
            raise StatisticsError(
                f"Reclassification of the {name} cases is not defined",
                expected="at least one case, and no more changed than there are",
                got=f"{better} better, {worse} worse, {n} cases",
            )
        estimate = (better - worse) / n
        interval = _wald(estimate, _variance(better, worse, n), quantile)
        parts.append(NetChange(better, worse, n, estimate, interval))
    gained, kept = parts
    total = gained.estimate + kept.estimate
    variance = sum(_variance(p.better, p.worse, p.n) for p in parts)
    under_none = sum((p.better + p.worse) / p.n**2 for p in parts)
    statistic = total / float(np.sqrt(under_none)) if under_none else 0.0
    return Reclassification(
        gained,
        kept,
        total,
        _wald(total, variance, quantile),
        statistic,
        float(2 * ndtr(-abs(statistic))),
        confidence_level,
    )


def _variance(better: int, worse: int, n: int) -> float:
    """Variance of (better - worse) / n, multinomial."""
    return ((better + worse) / n - ((better - worse) / n) ** 2) / n


def _wald(estimate: float, variance: float, quantile: float) -> ConfidenceInterval:
    half = quantile * float(np.sqrt(max(variance, 0.0)))
    return ConfidenceInterval(estimate - half, estimate + half)
