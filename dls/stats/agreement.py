"""Agreement of two raters: Cohen's kappa, plain and weighted.

Two standard errors are kept apart.  The large-sample one (Fleiss, Cohen and Everitt 1969, equations 8 and
13) belongs to intervals and to comparisons; the one under independence (equations 9 and 14)
belongs to the test of kappa = 0 only.

References
----------
Cohen J. Educ Psychol Meas 1960;20:37-46.
Cohen J. Psychol Bull 1968;70:213-220 (weights).
Fleiss JL, Cohen J, Everitt BS. Psychol Bull 1969;72:323-327 (standard errors).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from dls.errors import StatisticsError
from dls.stats.interval import ConfidenceInterval
from dls.stats.proportions import check_level
from dls.stats.ratings import MISSING, encode_pair, square_table, table_of

Weights = Literal["linear", "quadratic"] | NDArray[np.float64] | None

_NEGLIGIBLE = 1e-12  # rounding of a sum of fractions; one subject in a million weighs 1e-6
_ROUNDING = 1e-14  # of a difference of such sums, which for whole numbers is a multiple of 1 / n^2
_REFERENCE = "Cohen, Educ Psychol Meas 1960;20:37-46; Fleiss, Cohen and Everitt, Psychol Bull 1969;72:323-327"


@dataclass(frozen=True, slots=True)
class KappaResult:
    """Cohen's kappa of two raters.

    Attributes
    ----------
    kappa : (observed - expected) / (1 - expected) agreement
    se : large-sample standard error, for the interval; 0 when agreement is perfect, and the interval is then
        the single point 1
    interval : kappa -/+ z se, cut at -1 and 1
    se_null : standard error if the raters were independent, for the test
    statistic, pvalue : two-tailed z test of kappa = 0, kappa / se_null
    n, n_missing : subjects rated by both; subjects left out because one rating is missing
    weights : "unweighted", "linear", "quadratic" or "given"
    """

    kappa: float
    se: float
    interval: ConfidenceInterval
    confidence_level: float
    se_null: float
    statistic: float
    pvalue: float
    observed_agreement: float
    expected_agreement: float
    n: int
    n_missing: int
    weights: str
    method: str
    reference: str = _REFERENCE

    @property
    def summary(self) -> pd.DataFrame:
        """One row: kappa, se, limits, z and p of the test, n and n_missing."""
        return pd.DataFrame(
            {
                "kappa": [self.kappa],
                "se": [self.se],
                "low": [self.interval.low],
                "high": [self.interval.high],
                "z": [self.statistic],
                "p": [self.pvalue],
                "n": [self.n],
                "n_missing": [self.n_missing],
            }
        )


def cohen_kappa(
    a: Any,
    b: Any,
    categories: Sequence[Hashable] | None = None,
    weights: Weights = None,
    confidence_level: float = 0.95,
) -> KappaResult:
    """Cohen's kappa of two columns of ratings.

    Subjects that lack one of the two ratings are left out and counted (`n_missing`).

    Parameters
    ----------
    a, b : array-like of shape (n_subjects,); None, NaN and the empty string are missing
    categories : the values in their order, needed for weights where sorting does not give the order
    weights : None, "linear", "quadratic", or a (k, k) matrix of agreement weights with 1 on its diagonal

    Raises
    ------
    StatisticsError
        when no subject has both ratings, or all ratings fall into one category (kappa is then 0/0).
    """
    pair = encode_pair(a, b, categories)
    incomplete = int((pair.codes == MISSING).any(axis=1).sum())
    return kappa_from_table(table_of(pair), weights, confidence_level, n_missing=incomplete)


def kappa_from_table(
    table: Any, weights: Weights = None, confidence_level: float = 0.95, *, n_missing: int = 0
) -> KappaResult:
    """Cohen's kappa of a (k, k) table of counts; see `cohen_kappa`."""
    counts = square_table(table)
    w, name = agreement_weights(len(counts), weights)
    n = counts.sum()
    p = counts / n
    row, column = p.sum(axis=1), p.sum(axis=0)
    observed, expected = float((w * p).sum()), float(row @ w @ column)
    if not 1 - expected > _NEGLIGIBLE:
        raise StatisticsError(
            "Kappa is not defined",
            expected="ratings in at least two categories",
            got="every rating in one category, so that agreement by chance is complete",
        )
    kappa = _without_rounding(observed - expected) / (1 - expected)
    # Fleiss, Cohen and Everitt 1969, eq. 8: mean weight of a row category and of a column category
    mean_weight = (w @ column)[:, None] + (row @ w)[None, :]
    spread = (p * (w - mean_weight * (1 - kappa)) ** 2).sum() - (kappa - expected * (1 - kappa)) ** 2
    spread_null = (np.outer(row, column) * (w - mean_weight) ** 2).sum() - expected**2  # eq. 9
    se = float(np.sqrt(_without_rounding(spread) / n) / (1 - expected))
    se_null = float(np.sqrt(_without_rounding(spread_null) / n) / (1 - expected))
    statistic, pvalue = z_test(kappa, se_null)
    return KappaResult(
        kappa,
        se,
        normal_interval(kappa, se, confidence_level),
        confidence_level,
        se_null,
        statistic,
        pvalue,
        observed,
        expected,
        round(n),
        n_missing,
        name,
        f"Cohen's kappa, {name}; z with the variance under independence",
    )


def kappa_of_totals(
    n_agreeing: float, row_totals: Any, column_totals: Any
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Unweighted kappa and its z from the marginals alone: neither needs the inner cells of the table.

    Parameters
    ----------
    n_agreeing : subjects on the diagonal
    row_totals, column_totals : (..., k) counts that add up to the same n

    Returns
    -------
    kappa, z : (...), z with the variance under independence; NaN where chance agreement is complete.
        z is 0 where each rater keeps to one category: kappa and its variance are 0.
    """
    rows, columns = np.asarray(row_totals, dtype=float), np.asarray(column_totals, dtype=float)
    n = rows.sum(axis=-1)
    row, column = rows / n[..., None], columns / n[..., None]
    expected = (row * column).sum(axis=-1)
    room = np.where(1 - expected > _NEGLIGIBLE, 1 - expected, np.nan)
    excess = n_agreeing / n - expected
    kappa = np.where(np.abs(excess) > _ROUNDING, excess, 0.0) / room
    spread = expected + expected**2 - (row * column * (row + column)).sum(axis=-1)  # 1969, eq. 9
    error = np.sqrt(np.where(spread > _ROUNDING, spread, 0.0) / n) / room
    return kappa, np.divide(kappa, error, out=np.asarray(kappa * 0.0), where=error > 0)


def kappa_influence(
    codes: NDArray[np.intp], n_categories: int, weights: Weights = None
) -> tuple[float, NDArray[np.float64]]:
    """Kappa and each subject's influence on it; their mean square over n is the squared standard error.

    Parameters
    ----------
    codes : (n, 2) category indices without missing ones
    """
    counts = np.bincount(codes[:, 0] * n_categories + codes[:, 1], minlength=n_categories**2)
    p = counts.reshape(n_categories, n_categories) / max(len(codes), 1)
    result = kappa_from_table(counts.reshape(n_categories, n_categories), weights)
    w, _ = agreement_weights(n_categories, weights)
    mean_weight = (w @ p.sum(axis=0))[:, None] + (p.sum(axis=1) @ w)[None, :]
    expected, kappa = result.expected_agreement, result.kappa
    of_cell = (w - mean_weight * (1 - kappa) - (kappa - expected * (1 - kappa))) / (1 - expected)
    return kappa, of_cell[codes[:, 0], codes[:, 1]]


def agreement_weights(k: int, weights: Weights) -> tuple[NDArray[np.float64], str]:
    """(k, k) agreement weights, 1 on the diagonal, and their name.

    Linear: 1 - |i - j| / (k - 1); quadratic: 1 - (i - j)^2 / (k - 1)^2 (Cohen 1968; Fleiss and Cohen 1973).

    Raises
    ------
    StatisticsError
        when the name is unknown, or a given matrix has another shape, another diagonal, is not symmetric or
        leaves [0, 1].
    """
    if weights is None:
        return np.eye(k), "unweighted"
    if isinstance(weights, str):
        power = {"linear": 1, "quadratic": 2}.get(weights)
        if power is None:
            raise StatisticsError("Unknown weights", expected="linear or quadratic", got=repr(weights))
        distance = np.abs(np.subtract.outer(np.arange(k), np.arange(k))) / max(k - 1, 1)
        return 1 - distance**power, weights
    matrix = np.asarray(weights, dtype=float)
    proper = matrix.shape == (k, k) and np.isfinite(matrix).all()
    if not (proper and (np.diag(matrix) == 1).all() and (matrix == matrix.T).all() and matrix.min() >= 0):
        raise StatisticsError(
            "The weight matrix does not fit",
            expected=f"symmetric ({k}, {k}) agreement weights in [0, 1] with 1 on the diagonal",
            got=str(matrix.shape),
        )
    if matrix.max() > 1:
        raise StatisticsError("An agreement weight exceeds 1", expected="at most 1", got=str(matrix.max()))
    return matrix, "given"


def normal_interval(
    estimate: float, se: float, confidence_level: float, low: float = -1.0, high: float = 1.0
) -> ConfidenceInterval:
    """estimate -/+ z se, cut at the limits of what the statistic can be."""
    half = float(ndtri(0.5 + check_level(confidence_level) / 2)) * se
    return ConfidenceInterval(max(low, estimate - half), min(high, estimate + half))


def z_test(difference: float, se: float) -> tuple[float, float]:
    """z and its two-tailed p.  Without a difference z is 0 and p is 1, whatever the standard error.

    A difference with a standard error of zero gives an infinite z and p 0.
    """
    if difference == 0:
        return 0.0, 1.0
    z = difference / se if se > 0 else float(np.copysign(np.inf, difference))
    return z, float(2 * ndtr(-abs(z)))


def _without_rounding(value: float) -> float:
    """Zero where a difference that is zero in whole numbers is off by rounding."""
    return float(value) if abs(value) > _ROUNDING else 0.0
