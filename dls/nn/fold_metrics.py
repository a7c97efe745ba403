"""What a network gave on patients it had not seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SMALLEST_SCORE = 1e-7
"""A score of 0 for the true class counts as this, or its logarithm would be infinite."""


@dataclass(frozen=True, slots=True)
class FoldMetrics:
    """Results of one fold.

    Parameters
    ----------
    patients : how many were kept aside
    accuracy : share of patients whose largest score is their class
    auc : one against the rest, by the name of each class that a patient has
    log_loss : mean -log score of the true class
    sensitivity : one against the rest by the largest score, by the name of each class that a patient has
    specificity : likewise, of every class
    epoch : after which of the epochs
    """

    patients: int
    accuracy: float
    auc: dict[str, float]
    log_loss: float
    sensitivity: dict[str, float]
    specificity: dict[str, float]
    epoch: int


def fold_metrics(
    scores: NDArray[np.floating], target: NDArray[np.integer], classes: tuple[str, ...], epoch: int
) -> FoldMetrics:
    """Metrics of (p, k) scores of patients; `target` has each one's class."""
    from sklearn.metrics import roc_auc_score

    called = scores.argmax(axis=1)
    present = [(i, name) for i, name in enumerate(classes) if np.any(target == i)]
    table = confusion(scores, target)
    return FoldMetrics(
        patients=len(target),
        accuracy=accuracy_score(scores, target),
        auc={name: float(roc_auc_score(target == i, scores[:, i])) for i, name in present},
        log_loss=log_loss(scores, target),
        sensitivity={name: float(table[i, i] / table[i].sum()) for i, name in present},
        specificity={name: float(np.mean(called[target != i] != i)) for i, name in enumerate(classes)},
        epoch=epoch,
    )


def accuracy_score(scores: NDArray[np.floating], target: NDArray[np.integer]) -> float:
    """Share of patients whose largest score is their class."""
    return float(np.mean(scores.argmax(axis=1) == target))


def log_loss(scores: NDArray[np.floating], target: NDArray[np.integer]) -> float:
    """Mean -log score of the true class; lower is better."""
    true = scores[np.arange(len(target)), target].astype(np.float64)
    return float(-np.log(np.maximum(true, SMALLEST_SCORE)).mean())


def confusion(scores: NDArray[np.floating], target: NDArray[np.integer]) -> NDArray[np.int64]:
    """(k, k) numbers of patients: rows the true class, columns the largest score."""
    k = scores.shape[1]
    return np.bincount(target * k + scores.argmax(axis=1), minlength=k * k).reshape(k, k)
