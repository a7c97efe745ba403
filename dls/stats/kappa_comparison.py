"""Comparison of two Cohen kappas: from independent subjects, or with one reference on the same subjects.

References
----------
Fleiss JL, Levin B, Paik MC. Statistical Methods for Rates and Proportions, 3rd ed., 2003, section 18.1.
Gwet KL. Educ Psychol Meas 2016;76:609-637 (difference of correlated coefficients).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dls.stats.agreement import KappaResult, Weights, kappa_influence, normal_interval, z_test
from dls.stats.interval import ConfidenceInterval
from dls.stats.ratings import MISSING, encode_pair


@dataclass(frozen=True, slots=True)
class KappaComparison:
    """Difference of two kappas, first minus second, with its two-tailed z test."""

    difference: float
    se: float
    interval: ConfidenceInterval
    confidence_level: float
    statistic: float
    pvalue: float
    method: str
    reference: str

    @property
    def summary(self) -> pd.DataFrame:
        """One row: difference, se, limits, z, p, method."""
        return pd.DataFrame(
            {
                "difference": [self.difference],
                "se": [self.se],
                "low": [self.interval.low],
                "high": [self.interval.high],
                "z": [self.statistic],
                "p": [self.pvalue],
                "method": [self.method],
            }
        )


def compare_kappas(a: KappaResult, b: KappaResult, confidence_level: float = 0.95) -> KappaComparison:
    """Two-kappa z test, (a - b) / sqrt(se_a^2 + se_b^2), for kappas from independent sets of subjects.

    Applied to kappas of the same subjects, as in the published study, it ignores their correlation; see
    `compare_correlated_kappas`.
    """
    difference, se = a.kappa - b.kappa, float(np.hypot(a.se, b.se))
    return _comparison(
        difference,
        se,
        confidence_level,
        "two-kappa z test, independent samples",
        "Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions, 3rd ed., 2003, section 18.1",
    )


def compare_correlated_kappas(
    truth: Any,
    a: Any,
    b: Any,
    categories: Sequence[Hashable] | None = None,
    *,
    weights: Weights = None,
    confidence_level: float = 0.95,
) -> KappaComparison:
    """Difference of two raters' kappas with the same reference on the same subjects.

    The variance is that of the mean difference of the two kappas' influence values, so that their
    correlation counts; each kappa's own variance is Fleiss, Cohen and Everitt's.

    Parameters
    ----------
    truth, a, b : array-like of shape (n_subjects,); subjects lacking any of the three are left out

    Raises
    ------
    StatisticsError
        as `cohen_kappa`.
    """
    first, second = encode_pair(truth, a, categories), encode_pair(truth, b, categories)
    if first.categories != second.categories:
        merged = encode_pair([*truth, *truth], [*a, *b]).categories
        first, second = encode_pair(truth, a, merged), encode_pair(truth, b, merged)
    complete = ((first.codes != MISSING) & (second.codes != MISSING)).all(axis=1)
    k = len(first.categories)
    kappa_a, influence_a = kappa_influence(first.codes[complete], k, weights)
    kappa_b, influence_b = kappa_influence(second.codes[complete], k, weights)
    se = float(np.sqrt(((influence_a - influence_b) ** 2).sum())) / max(int(complete.sum()), 1)
    return _comparison(
        kappa_a - kappa_b,
        se,
        confidence_level,
        "difference of correlated kappas, linearised",
        "Gwet, Educ Psychol Meas 2016;76:609-637",
    )


def _comparison(
    difference: float, se: float, confidence_level: float, method: str, reference: str
) -> KappaComparison:
    interval = normal_interval(difference, se, confidence_level, -2.0, 2.0)
    statistic, pvalue = z_test(difference, se)
    return KappaComparison(difference, se, interval, confidence_level, statistic, pvalue, method, reference)
