"""Predicted probabilities beside what happened, checked."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dls.errors import StatisticsError
from dls.stats.numeric import as_numbers
from dls.stats.proportions import as_boolean, same_length


def checked_probabilities(values: Any, dimensions: Literal[1, 2] = 1) -> NDArray[np.float64]:
    """Probabilities as floats, (n,) or (n, k).

    Raises
    ------
    StatisticsError
        when one is missing, no number or outside [0, 1], or they have another number of dimensions.
    """
    p, shape = as_numbers(values, "probability"), ("(n,)", "(n, k)")[dimensions - 1]
    if p.ndim != dimensions:
        raise StatisticsError("The probabilities have another shape", expected=shape, got=str(p.shape))
    bad = p[~((p >= 0) & (p <= 1))]
    if bad.size:
        raise StatisticsError(
            "A probability is missing or outside its range",
            expected=f"{shape} numbers from 0 to 1",
            got=f"{bad[0]:g} among {bad.size} such values",
            remedy="leave those cases out, and say how many, or repair the probabilities",
        )
    return p


def checked_outcomes(positive: Any, probability: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Outcomes (n,) as 0 and 1 and their probabilities (n,); StatisticsError unless there are two or more."""
    truth, p = as_boolean(positive, "positive").astype(float), checked_probabilities(probability)
    same_length(truth, p)
    if truth.size < 2:
        raise StatisticsError("Too few cases", expected="at least 2", got=str(truth.size))
    return truth, p


def checked_classes(target: Any, probabilities: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """True classes as (n, k) zeros and ones and the probability vectors (n, k).

    Raises
    ------
    StatisticsError
        when a row does not sum to 1 (to 1e-3), there are fewer than two cases, or a target is no class.
    """
    p = checked_probabilities(probabilities, 2)
    index = np.asarray(target)
    if index.ndim != 1:
        raise StatisticsError("The targets are not one-dimensional", expected="(n,)", got=str(index.shape))
    same_length(index, p)
    if len(p) < 2 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise StatisticsError(
            "The probabilities are no distribution over classes",
            expected="(n, k), n >= 2, rows that sum to 1",
        )
    if not np.isin(index, np.arange(p.shape[1])).all():
        raise StatisticsError("A target is no class", expected=f"0 to {p.shape[1] - 1}")
    return (index[:, None] == np.arange(p.shape[1])).astype(float), p
