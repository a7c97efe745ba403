"""Intra-reader agreement from cases that a reader saw twice, unknowingly.

References
----------
Bland JM, Altman DG. Stat Methods Med Res 1999;8:135-160 (limits of agreement, repeatability coefficient).
Cohen J. Educ Psychol Meas 1960;20:37-46 (classes).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import chdtri, stdtrit

from dls.errors import StatisticsError
from dls.stats.agreement import KappaResult, Weights, agreement_weights, cohen_kappa
from dls.stats.interval import ConfidenceInterval
from dls.stats.numeric import as_numbers
from dls.stats.proportions import Proportion, check_level, proportion, same_length
from dls.stats.ratings import MISSING, encode_pair


@dataclass(frozen=True, slots=True)
class RepeatedClasses:
    """Two readings of the same cases by one reader, as classes.

    `kappa` is None when it is not defined (one class only); `kappa_problem` then says why.
    """

    agreement: Proportion
    kappa: KappaResult | None
    kappa_problem: str
    n: int
    n_missing: int
    method: str = "intra-reader agreement with Clopper-Pearson interval, and Cohen's kappa"
    reference: str = "Cohen, Educ Psychol Meas 1960;20:37-46"

    @property
    def summary(self) -> pd.DataFrame:
        """One row: n, n_missing, agreement with limits, kappa with limits."""
        kappa = self.kappa
        return pd.DataFrame(
            {
                "n": [self.n],
                "n_missing": [self.n_missing],
                "agreement": [self.agreement.estimate],
                "agreement_low": [self.agreement.interval.low],
                "agreement_high": [self.agreement.interval.high],
                "kappa": [kappa.kappa if kappa else None],
                "kappa_low": [kappa.interval.low if kappa else None],
                "kappa_high": [kappa.interval.high if kappa else None],
            }
        )


@dataclass(frozen=True, slots=True)
class RepeatedRatings:
    """Two readings of the same cases by one reader, as numbers (confidence of malignancy, 0-100).

    Attributes
    ----------
    bias : mean of second - first, with its t interval
    limits_of_agreement : bias -/+ 1.96 standard deviations of the differences, whatever the confidence level
    within_sd : within-subject standard deviation, sqrt(mean squared difference / 2), with its interval
    repeatability_coefficient : 1.96 sqrt(2) within_sd: two readings differ by less in 95 of 100 cases
    """

    bias: float
    bias_interval: ConfidenceInterval
    limits_of_agreement: ConfidenceInterval
    within_sd: float
    within_sd_interval: ConfidenceInterval
    repeatability_coefficient: float
    confidence_level: float
    n: int
    n_missing: int
    method: str = "Bland-Altman repeatability from duplicate readings"
    reference: str = "Bland and Altman, Stat Methods Med Res 1999;8:135-160"

    @property
    def summary(self) -> pd.DataFrame:
        """One row: bias and within_sd with limits, limits of agreement, repeatability coefficient."""
        return pd.DataFrame(
            {
                "n": [self.n],
                "n_missing": [self.n_missing],
                "bias": [self.bias],
                "bias_low": [self.bias_interval.low],
                "bias_high": [self.bias_interval.high],
                "loa_low": [self.limits_of_agreement.low],
                "loa_high": [self.limits_of_agreement.high],
                "within_sd": [self.within_sd],
                "within_sd_low": [self.within_sd_interval.low],
                "within_sd_high": [self.within_sd_interval.high],
                "repeatability_coefficient": [self.repeatability_coefficient],
            }
        )


def repeated_classes(
    first: Any,
    second: Any,
    categories: Sequence[Hashable] | None = None,
    weights: Weights = None,
    confidence_level: float = 0.95,
) -> RepeatedClasses:
    """Agreement of a reader with herself on classes.

    Parameters
    ----------
    first, second : (n,) classes of the same cases; a case that lacks one of them is left out and counted

    Raises
    ------
    StatisticsError
        when no case was read twice, the lengths differ, or the weights or the level are none.
    """
    pair = encode_pair(first, second, categories)
    agreement_weights(len(pair.categories), weights)
    complete = (pair.codes != MISSING).all(axis=1)
    n = int(complete.sum())
    if n == 0:
        raise StatisticsError("No case was read twice", expected="at least one", got="0")
    same = int((pair.codes[complete, 0] == pair.codes[complete, 1]).sum())
    kappa, problem = None, ""
    try:
        kappa = cohen_kappa(first, second, pair.categories, weights, confidence_level)
    except StatisticsError as error:
        problem = str(error)
    return RepeatedClasses(proportion(same, n, confidence_level), kappa, problem, n, int((~complete).sum()))


def repeated_ratings(first: Any, second: Any, confidence_level: float = 0.95) -> RepeatedRatings:
    """Agreement of a reader with herself on a numeric scale.

    `within_sd` holds what the reader changes from case to case and the shift between the two readings alike.
    Its interval is the chi-square one, with a degree of freedom for each case: exact for normal differences
    around zero.

    Parameters
    ----------
    first, second : (n,) numbers, NaN where missing; a case that lacks one is left out and counted

    Raises
    ------
    StatisticsError
        when fewer than two cases have both, the lengths differ, or a value is infinite or no number.
    """
    a, b = as_numbers(first, "first"), as_numbers(second, "second")
    if a.ndim != 1 or b.ndim != 1:
        raise StatisticsError(
            "Ratings are not one-dimensional", expected="(n,) twice", got=f"{a.shape} and {b.shape}"
        )
    same_length(a, b)
    if np.isinf(a).any() or np.isinf(b).any():
        raise StatisticsError("A rating is infinite", expected="finite numbers")
    complete = ~(np.isnan(a) | np.isnan(b))
    difference = (b - a)[complete]
    n = difference.size
    if n < 2:
        raise StatisticsError("Too few cases were read twice", expected="at least 2", got=str(n))
    tail = (1 - check_level(confidence_level)) / 2
    bias, spread = float(difference.mean()), float(difference.std(ddof=1))
    half = float(stdtrit(n - 1, 1 - tail)) * spread / np.sqrt(n)
    squares = float((difference**2).sum() / 2)
    return RepeatedRatings(
        bias,
        ConfidenceInterval(bias - half, bias + half),
        ConfidenceInterval(bias - 1.96 * spread, bias + 1.96 * spread),
        float(np.sqrt(squares / n)),
        ConfidenceInterval(
            float(np.sqrt(squares / chdtri(n, tail))), float(np.sqrt(squares / chdtri(n, 1 - tail)))
        ),
        float(1.96 * np.sqrt(2 * squares / n)),
        confidence_level,
        n,
        int((~complete).sum()),
    )
