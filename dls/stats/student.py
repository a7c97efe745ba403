"""Two-sided tests and intervals by Student's t, or by the normal where degrees of freedom are infinite."""

from __future__ import annotations

from math import isinf

from scipy.stats import norm
from scipy.stats import t as student_t


def quantile(level: float, df: float) -> float:
    """Two-sided critical value at a confidence level between 0 and 1."""
    tail = (1 - level) / 2
    return float(norm.isf(tail) if isinf(df) else student_t.isf(tail, df))


def two_sided(statistic: float, df: float) -> float:
    """Two-sided p value."""
    size = abs(statistic)
    return float(2 * (norm.sf(size) if isinf(df) else student_t.sf(size, df)))
