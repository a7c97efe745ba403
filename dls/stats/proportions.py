"""Binomial proportions and their intervals: sensitivity, specificity, accuracy.

References
----------
Clopper CJ, Pearson ES. Biometrika 1934;26:404-413.
Wilson EB. J Am Stat Assoc 1927;22:209-212.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtri

from dls.errors import StatisticsError
from dls.stats.interval import ConfidenceInterval

IntervalMethod = Literal["Clopper-Pearson", "Wilson"]

_REFERENCES = {
    "Clopper-Pearson": "Clopper and Pearson, Biometrika 1934;26:404-413",
    "Wilson": "Wilson, J Am Stat Assoc 1927;22:209-212",
}


@dataclass(frozen=True, slots=True)
class Proportion:
    """`count` of `n`, with its interval; `estimate` and interval are fractions in [0, 1]."""

    count: int
    n: int
    estimate: float
    interval: ConfidenceInterval
    confidence_level: float
    method: str
    reference: str

    @property
    def summary(self) -> pd.DataFrame:
        """One row: count, n, estimate, low, high, confidence_level, method."""
        return pd.DataFrame(
            [[self.count, self.n, self.estimate, *self.interval, self.confidence_level, self.method]],
            columns=["count", "n", "estimate", "low", "high", "confidence_level", "method"],
        )


@dataclass(frozen=True, slots=True)
class DiagnosticAccuracy:
    """Sensitivity, specificity and accuracy of one set of binary calls.

    `sensitivity` is None without a positive case, `specificity` without a negative one.
    `n_missing` cases had no call and are left out.
    """

    sensitivity: Proportion | None
    specificity: Proportion | None
    accuracy: Proportion
    n_missing: int

    @property
    def summary(self) -> pd.DataFrame:
        """One row a measure that is defined, indexed by its name."""
        named = {
            "sensitivity": self.sensitivity,
            "specificity": self.specificity,
            "accuracy": self.accuracy,
        }
        return pd.concat({k: p.summary.iloc[0] for k, p in named.items() if p is not None}, axis=1).T


def clopper_pearson(count: int, n: int, confidence_level: float = 0.95) -> ConfidenceInterval:
    """Exact interval of a binomial proportion, by inverting two one-sided binomial tests.

    Raises
    ------
    StatisticsError
        when n is zero, the count does not lie in 0..n, or the level not inside (0, 1).

    References
    ----------
    Clopper CJ, Pearson ES. Biometrika 1934;26:404-413.
    """
    count, n = check_count(count, n)
    tail = (1 - check_level(confidence_level)) / 2
    low = float(betaincinv(count, n - count + 1, tail)) if count > 0 else 0.0
    high = float(betaincinv(count + 1, n - count, 1 - tail)) if count < n else 1.0
    return ConfidenceInterval(low, high)


def wilson(count: int, n: int, confidence_level: float = 0.95) -> ConfidenceInterval:
    """Score interval of a binomial proportion, without continuity correction.

    Raises
    ------
    StatisticsError
        as `clopper_pearson`.

    References
    ----------
    Wilson EB. J Am Stat Assoc 1927;22:209-212.
    """
    count, n = check_count(count, n)
    z2 = float(ndtri(0.5 + check_level(confidence_level) / 2)) ** 2
    p = count / n
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = np.sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    low = 0.0 if count == 0 else float(centre - half)
    high = 1.0 if count == n else float(centre + half)
    return ConfidenceInterval(low, high)


def proportion(
    count: int, n: int, confidence_level: float = 0.95, method: IntervalMethod = "Clopper-Pearson"
) -> Proportion:
    """A proportion with its interval.

    Raises
    ------
    StatisticsError
        as `clopper_pearson`, or when the method is unknown.
    """
    count, n = check_count(count, n)
    if method not in _REFERENCES:
        raise StatisticsError("Unknown interval", expected=" or ".join(_REFERENCES), got=repr(method))
    interval = clopper_pearson if method == "Clopper-Pearson" else wilson
    limits = interval(count, n, confidence_level)
    return Proportion(count, n, count / n, limits, confidence_level, method, _REFERENCES[method])


def diagnostic_accuracy(
    positive: Any,
    called: Any,
    confidence_level: float = 0.95,
    method: IntervalMethod = "Clopper-Pearson",
) -> DiagnosticAccuracy:
    """Sensitivity, specificity and accuracy of binary calls.

    Parameters
    ----------
    positive : (n,) bool, the reference standard
    called : (n,) bool, the call; None or NaN where it is missing

    Raises
    ------
    StatisticsError
        when no case has a call, the lengths differ, or a value is not boolean.
    """
    truth, call = as_boolean(positive, "positive"), as_boolean(called, "called", missing_allowed=True)
    same_length(truth, call)
    rated = call >= 0
    truth, call = truth[rated] == 1, call[rated] == 1
    if not truth.size:
        raise StatisticsError("No case has a call", expected="at least one", got="0")

    def rate(hit: NDArray[np.bool_]) -> Proportion | None:
        return proportion(int(hit.sum()), hit.size, confidence_level, method) if hit.size else None

    return DiagnosticAccuracy(
        rate(call[truth]),
        rate(~call[~truth]),
        proportion(int((call == truth).sum()), truth.size, confidence_level, method),
        int((~rated).sum()),
    )


def check_count(count: int, n: int) -> tuple[int, int]:
    """Count and denominator as integers with 0 <= count <= n and n > 0, else StatisticsError."""
    try:
        count, n = operator.index(count), operator.index(n)
    except TypeError as error:
        raise StatisticsError("A count is not an integer", got=f"{count!r} of {n!r}") from error
    if n <= 0:
        raise StatisticsError("A proportion of no cases is not defined", expected="n above 0", got=str(n))
    if not 0 <= count <= n:
        raise StatisticsError("The count lies outside its denominator", expected=f"0 to {n}", got=str(count))
    return count, n


def check_level(confidence_level: float) -> float:
    """The level itself when it lies inside (0, 1), else StatisticsError."""
    if not 0 < confidence_level < 1:
        raise StatisticsError(
            "The confidence level is no probability", expected="inside (0, 1)", got=str(confidence_level)
        )
    return confidence_level


def as_boolean(values: Any, name: str, *, missing_allowed: bool = False) -> NDArray[np.int8]:
    """(n,) array of 1 (true), 0 (false) and, where allowed, -1 (missing).

    Raises
    ------
    StatisticsError
        when a value is neither boolean nor 0 or 1, or is missing where that is not allowed.
    """
    raw = np.asarray(values)
    if raw.ndim != 1:
        raise StatisticsError(f"`{name}` is not one-dimensional", expected="(n,)", got=str(raw.shape))
    if raw.dtype == bool:
        return raw.astype(np.int8)
    missing = np.asarray(pd.isna(raw))
    if missing.any() and not missing_allowed:
        raise StatisticsError(
            f"`{name}` has missing values",
            got=f"{int(missing.sum())} of {raw.size}",
            remedy="leave those cases out, and say how many",
        )
    known = raw[~missing]
    codes = np.full(known.size, -1, dtype=np.int8)
    for true_or_false in (0, 1):
        codes[np.asarray(known == true_or_false, dtype=bool)] = true_or_false
    stray = known[codes < 0]
    if stray.size:
        raise StatisticsError(f"`{name}` is not boolean", expected="true or false", got=repr(stray[0]))
    out = np.full(raw.size, -1, dtype=np.int8)
    out[~missing] = codes
    return out


def same_length(*arrays: NDArray[Any]) -> None:
    """StatisticsError unless all first dimensions agree."""
    lengths = [len(a) for a in arrays]
    if len(set(lengths)) > 1:
        raise StatisticsError(
            "Arrays of the same cases differ in length",
            expected="one value a case in each",
            got=", ".join(map(str, lengths)),
        )
