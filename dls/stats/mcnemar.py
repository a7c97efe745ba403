"""McNemar's test of two sets of calls on the same cases.

References
----------
McNemar Q. Psychometrika 1947;12:153-157.
Fagerland MW, Lydersen S, Laake P. BMC Med Res Methodol 2013;13:91 (exact, mid-p, asymptotic).
Newcombe RG. Stat Med 1998;17:2635-2650, method 10 (interval of the difference).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import bdtr, chdtrc

from dls.errors import StatisticsError
from dls.stats.interval import ConfidenceInterval
from dls.stats.proportions import Proportion, as_boolean, proportion, same_length, wilson


@dataclass(frozen=True, slots=True)
class McNemarResult:
    """Comparison of two proportions on the same n cases.

    Attributes
    ----------
    both, only_a, only_b, neither : numbers of cases that both, one or neither called correctly
    a, b : each side's proportion correct, with its Clopper-Pearson interval
    difference : a - b, with its interval (Newcombe's method 10)
    p_exact : two-sided binomial; 1 when no case is discordant
    p_mid : p_exact less half the probability of the splits as likely as the observed one; 1 as above
    statistic, p_asymptotic : chi-square with one degree of freedom, no continuity correction
    statistic_corrected, p_corrected : the same with Edwards' continuity correction
    """

    both: int
    only_a: int
    only_b: int
    neither: int
    a: Proportion
    b: Proportion
    difference: float
    interval: ConfidenceInterval
    confidence_level: float
    p_exact: float
    p_mid: float
    statistic: float
    p_asymptotic: float
    statistic_corrected: float
    p_corrected: float
    method: str = "McNemar; interval of the difference by Newcombe's square-and-add of Wilson limits"
    reference: str = "Fagerland et al., BMC Med Res Methodol 2013;13:91; Newcombe, Stat Med 1998;17:2635-2650"

    @property
    def n(self) -> int:
        """Number of cases."""
        return self.both + self.only_a + self.only_b + self.neither

    @property
    def summary(self) -> pd.DataFrame:
        """One row: both rates, discordant pairs, difference with interval, and every p value."""
        return pd.DataFrame(
            {
                "n": [self.n],
                "a": [self.a.estimate],
                "b": [self.b.estimate],
                "only_a": [self.only_a],
                "only_b": [self.only_b],
                "difference": [self.difference],
                "low": [self.interval.low],
                "high": [self.interval.high],
                "p_exact": [self.p_exact],
                "p_mid": [self.p_mid],
                "p_asymptotic": [self.p_asymptotic],
                "p_corrected": [self.p_corrected],
            }
        )


@dataclass(frozen=True, slots=True)
class PairedAccuracy:
    """McNemar's test on sensitivity and on specificity, separately.

    A side is None where there is no case of that truth.  `n_missing` cases lack one of the calls and are
    left out of both.
    """

    sensitivity: McNemarResult | None
    specificity: McNemarResult | None
    n_missing: int

    @property
    def summary(self) -> pd.DataFrame:
        """One row for each side that is defined."""
        sides = {"sensitivity": self.sensitivity, "specificity": self.specificity}
        return pd.concat({k: r.summary.iloc[0] for k, r in sides.items() if r is not None}, axis=1).T


def mcnemar(a_correct: Any, b_correct: Any, confidence_level: float = 0.95) -> McNemarResult:
    """McNemar's test from two columns of right and wrong.

    Parameters
    ----------
    a_correct, b_correct : (n,) bool, the same cases in the same order

    Raises
    ------
    StatisticsError
        when there is no case, the lengths differ, or a value is missing or not boolean.
    """
    a, b = as_boolean(a_correct, "a_correct") == 1, as_boolean(b_correct, "b_correct") == 1
    same_length(a, b)
    both, only_a, only_b, neither = ((a & b).sum(), (a & ~b).sum(), (~a & b).sum(), (~a & ~b).sum())
    return mcnemar_counts(int(both), int(only_a), int(only_b), int(neither), confidence_level)


def mcnemar_counts(
    both: int, only_a: int, only_b: int, neither: int, confidence_level: float = 0.95
) -> McNemarResult:
    """McNemar's test from the four cells of the paired table.

    Raises
    ------
    StatisticsError
        when a cell is negative or all are zero.
    """
    cells = (both, only_a, only_b, neither)
    if min(cells) < 0 or sum(cells) == 0:
        raise StatisticsError(
            "The paired table has no cases", expected="counts that are not all zero", got=str(cells)
        )
    n = sum(cells)
    p_exact, p_mid = exact_pvalues(only_a, only_b)
    discordant, gap = only_a + only_b, abs(only_a - only_b)
    statistic = gap**2 / discordant if discordant else 0.0
    corrected = max(gap - 1, 0) ** 2 / discordant if discordant else 0.0
    return McNemarResult(
        *cells,
        a=proportion(both + only_a, n, confidence_level),
        b=proportion(both + only_b, n, confidence_level),
        difference=(only_a - only_b) / n,
        interval=_newcombe(both, only_a, only_b, neither, confidence_level),
        confidence_level=confidence_level,
        p_exact=p_exact,
        p_mid=p_mid,
        statistic=statistic,
        p_asymptotic=float(chdtrc(1, statistic)),
        statistic_corrected=corrected,
        p_corrected=float(chdtrc(1, corrected)),
    )


def exact_pvalues(only_a: int, only_b: int) -> tuple[float, float]:
    """Two-sided exact and mid-p values of a split of discordant pairs; (1, 1) when there are none."""
    n, smaller = only_a + only_b, min(only_a, only_b)
    if n == 0:
        return 1.0, 1.0
    tail = float(bdtr(smaller, n, 0.5))
    split = tail - (float(bdtr(smaller - 1, n, 0.5)) if smaller else 0.0)
    return min(1.0, 2 * tail), 1 - split / 2 if only_a == only_b else 2 * tail - split


def paired_accuracy(
    positive: Any, a_called: Any, b_called: Any, confidence_level: float = 0.95
) -> PairedAccuracy:
    """McNemar's test on sensitivity (positive cases) and on specificity (negative cases).

    Parameters
    ----------
    positive : (n,) bool, the reference standard
    a_called, b_called : (n,) bool, positive calls; None or NaN where missing

    Raises
    ------
    StatisticsError
        when no case has both calls, the lengths differ, or a value is not boolean.
    """
    truth = as_boolean(positive, "positive")
    a = as_boolean(a_called, "a_called", missing_allowed=True)
    b = as_boolean(b_called, "b_called", missing_allowed=True)
    same_length(truth, a, b)
    rated = (a >= 0) & (b >= 0)
    if not rated.any():
        raise StatisticsError("No case has both calls", expected="at least one", got="0")

    def side(value: int) -> McNemarResult | None:
        cases = rated & (truth == value)
        if not cases.any():
            return None
        return mcnemar(a[cases] == value, b[cases] == value, confidence_level)

    return PairedAccuracy(side(1), side(0), int((~rated).sum()))


def _newcombe(
    both: int, only_a: int, only_b: int, neither: int, confidence_level: float
) -> ConfidenceInterval:
    """Interval of a paired difference (Newcombe 1998, method 10)."""
    n = both + only_a + only_b + neither
    p_a, p_b = (both + only_a) / n, (both + only_b) / n
    low_a, high_a = wilson(both + only_a, n, confidence_level)
    low_b, high_b = wilson(both + only_b, n, confidence_level)
    margins = (both + only_a) * (only_b + neither) * (both + only_b) * (only_a + neither)
    cross = both * neither - only_a * only_b
    if margins == 0:
        phi = 0.0
    else:
        adjusted = max(cross - n / 2, 0.0) if cross > 0 else float(cross)
        phi = adjusted / np.sqrt(float(margins))
    down, up = p_a - low_a, high_b - p_b
    low = np.sqrt(max(down**2 - 2 * phi * down * up + up**2, 0.0))
    rise, fall = high_a - p_a, p_b - low_b
    high = np.sqrt(max(rise**2 - 2 * phi * rise * fall + fall**2, 0.0))
    return ConfidenceInterval(float(p_a - p_b - low), float(p_a - p_b + high))
