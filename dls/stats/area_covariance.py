"""Covariance of several areas under ROC curves over the same cases, by the jackknife or by DeLong."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dls.errors import StatisticsError
from dls.stats.delong import Placements, delong_covariance, placements
from dls.stats.roc import need_two_of_each

CovarianceMethod = Literal["jackknife", "delong"]

COVARIANCE_SOURCES = {
    "jackknife": "Quenouille-Tukey jackknife over cases; Obuchowski & Rockette 1995",
    "delong": "DeLong, DeLong & Clarke-Pearson 1988, Biometrics 44:837",
}


def area_covariance(
    positive: ArrayLike, scores: ArrayLike, method: CovarianceMethod = "jackknife"
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Areas (k,) and their covariance (k, k).

    Parameters
    ----------
    positive : array-like of shape (n_cases,), bool
    scores : array-like of shape (n_cases, k); larger speaks for positive

    Raises
    ------
    StatisticsError
        when the method is unknown, a class has fewer than two cases, or the scores are not finite.
    """
    if method == "delong":
        return delong_covariance(positive, scores)
    if method != "jackknife":
        raise StatisticsError(
            "Unknown estimate of the covariance",
            expected="jackknife or delong",
            got=repr(method),
            remedy="choose one of the two",
        )
    columns = np.asarray(scores)
    placed = [placements(positive, columns[:, k]) for k in range(columns.shape[1])]
    left_out = np.stack([leave_one_out(p) for p in placed], axis=1)
    centred = left_out - left_out.mean(axis=0)
    n_cases = left_out.shape[0]
    return np.array([p.auc for p in placed]), centred.T @ centred * (n_cases - 1) / n_cases


def leave_one_out(placed: Placements) -> NDArray[np.float64]:
    """Area without each case in turn (m + n,): the positive cases first, then the negative ones.

    Removing a case removes its half wins and one row or column of the comparison matrix, so that all m + n
    areas follow from one count.
    """
    m, n = placed.of_positive.size, placed.of_negative.size
    need_two_of_each(m, n)
    total = int(placed.of_positive.sum())
    return np.concatenate(
        [
            (total - placed.of_positive) / (2 * (m - 1) * n),
            (total - placed.of_negative) / (2 * m * (n - 1)),
        ]
    )
