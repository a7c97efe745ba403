"""Brier score of predicted probabilities.

Reference
---------
Brier GW. Mon Weather Rev 1950;78:1-3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from dls.stats.interval import ConfidenceInterval
from dls.stats.probabilities import checked_classes, checked_outcomes
from dls.stats.proportions import check_level


@dataclass(frozen=True, slots=True)
class BrierScore:
    """Mean squared distance of probabilities from what happened; lower is better.

    Attributes
    ----------
    score : 0 to 1 for binary outcomes, 0 to 2 for several classes (sum over the classes, as Brier did)
    reference_score : score of predicting the observed frequencies for everybody
    scaled : 1 - score / reference_score; None when all cases are of one class
    """

    score: float
    interval: ConfidenceInterval
    confidence_level: float
    reference_score: float
    scaled: float | None
    n: int
    method: str = "Brier score, normal interval of a mean over cases, cut at the limits of the score"
    reference: str = "Brier, Mon Weather Rev 1950;78:1-3"

    @property
    def summary(self) -> pd.DataFrame:
        """One row: score, low, high, reference_score, scaled, n."""
        return pd.DataFrame(
            {
                "score": [self.score],
                "low": [self.interval.low],
                "high": [self.interval.high],
                "reference_score": [self.reference_score],
                "scaled": [self.scaled],
                "n": [self.n],
            }
        )


def brier_score(positive: Any, probability: Any, confidence_level: float = 0.95) -> BrierScore:
    """Brier score of a binary outcome, mean of (p - y)^2.

    Raises
    ------
    StatisticsError
        when there are fewer than two cases or a probability is missing or outside [0, 1].
    """
    truth, p = checked_outcomes(positive, probability)
    frequency = truth.mean()
    return _brier((p - truth) ** 2, float(frequency * (1 - frequency)), 1.0, confidence_level)


def multiclass_brier_score(target: Any, probabilities: Any, confidence_level: float = 0.95) -> BrierScore:
    """Brier score over several classes: mean of the squared distance of the probability vector.

    With two classes it is twice the binary score.

    Parameters
    ----------
    target : (n,) int index of the true class;  probabilities : (n, k), rows that sum to 1

    Raises
    ------
    StatisticsError
        when a target is no class, a row does not sum to 1 (to 1e-3), or as `brier_score`.
    """
    truth, p = checked_classes(target, probabilities)
    frequency = truth.mean(axis=0)
    return _brier(
        ((p - truth) ** 2).sum(axis=1), float((frequency * (1 - frequency)).sum()), 2.0, confidence_level
    )


def _brier(
    losses: NDArray[np.float64], reference_score: float, largest: float, confidence_level: float
) -> BrierScore:
    score = float(losses.mean())
    half = float(ndtri(0.5 + check_level(confidence_level) / 2) * losses.std(ddof=1) / np.sqrt(losses.size))
    return BrierScore(
        score,
        ConfidenceInterval(max(0.0, score - half), min(largest, score + half)),
        confidence_level,
        reference_score,
        1 - score / reference_score if reference_score > 0 else None,
        losses.size,
    )
