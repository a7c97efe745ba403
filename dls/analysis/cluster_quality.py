"""How well features, or a map of them, keep the classes apart, in numbers.

Image groups of one patient are alike whatever the model learned, so that neighbours are counted among other
patients only, and the silhouette is that of patients.

Sources: Rousseeuw, Silhouettes, J Comput Appl Math 1987;20:53; purity among the k nearest neighbours as in
Kobak and Berens, The art of using t-SNE for single-cell transcriptomics, Nat Commun 2019;10:5416 (k-nearest
class preservation).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dls.errors import StatisticsError
from dls.stats.interval import ConfidenceInterval

NEIGHBOURS = 15
REPLICATES = 2000
_ROWS = 512


@dataclass(frozen=True, slots=True)
class ClusterQuality:
    """Separation of the classes.

    Parameters
    ----------
    purity : mean over patients, weighted so that every class counts alike, of the share of the `neighbours`
        nearest image groups of other patients that are of the patient's class
    purity_ci : 95 % percentile interval over patients drawn anew within their classes
    chance : purity of a map without any order, 1 / number of classes but for the patient left out
    silhouette : mean over patients, by the mean features of each one's image groups; -1 to 1
    by_class : class -> mean purity
    patients, neighbours : how many
    """

    purity: float
    purity_ci: ConfidenceInterval
    chance: float
    silhouette: float
    by_class: dict[int, float]
    patients: int
    neighbours: int


@dataclass(frozen=True, slots=True)
class QualityDifference:
    """Purity of one model less that of another over the same patients, with its 95 % interval."""

    difference: float
    ci: ConfidenceInterval


def cluster_quality(
    points: ArrayLike, patient: ArrayLike, label: ArrayLike, *, neighbours: int = NEIGHBOURS, seed: int = 2020
) -> ClusterQuality:
    """Separation of the classes among image groups.

    Parameters
    ----------
    points : (n, d) features or places on a map
    patient : (n,) whose they are
    label : (n,) class of the patient
    neighbours : k
    seed : of the replicates

    Raises
    ------
    StatisticsError
        when shapes do not fit, there are fewer than two classes of two patients, or too few points.
    """
    where, owner, classes, of_patient = _checked(points, patient, label, neighbours)
    purity = _patient_purity(where, owner, classes[owner], neighbours)
    groups = np.bincount(owner)
    share = np.bincount(classes, weights=groups)
    others = (share[classes] - groups) / (groups.sum() - groups)
    centres = np.stack([np.bincount(owner, column) / groups for column in where.T], axis=1)
    low, high = np.quantile(_replicates(purity[None], classes, seed)[0], [0.025, 0.975])
    return ClusterQuality(
        purity=_balanced(purity, classes),
        purity_ci=ConfidenceInterval(float(low), float(high)),
        chance=_balanced(others, classes),
        silhouette=_silhouette(centres, classes),
        by_class={int(of_patient[c]): float(purity[classes == c].mean()) for c in np.unique(classes)},
        patients=len(groups),
        neighbours=neighbours,
    )


def compare_quality(
    first: ArrayLike,
    second: ArrayLike,
    patient: ArrayLike,
    label: ArrayLike,
    *,
    neighbours: int = NEIGHBOURS,
    seed: int = 2020,
) -> QualityDifference:
    """Purity of `first` less that of `second`, features (n, d) and (n, e) of the same image groups.

    The interval is a percentile interval over patients drawn anew within their classes, the same ones for
    both.  Parameters and errors as for `cluster_quality`.
    """
    purities = []
    for points in (first, second):
        where, owner, classes, _ = _checked(points, patient, label, neighbours)
        purities.append(_patient_purity(where, owner, classes[owner], neighbours))
    drawn = _replicates(np.stack(purities), classes, seed)
    low, high = np.quantile(drawn[0] - drawn[1], [0.025, 0.975])
    difference = _balanced(purities[0], classes) - _balanced(purities[1], classes)
    return QualityDifference(difference, ConfidenceInterval(float(low), float(high)))


def _checked(
    points: ArrayLike, patient: ArrayLike, label: ArrayLike, neighbours: int
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Points, index of each one's patient, index of each patient's class, and the classes' numbers."""
    where, whose, what = np.asarray(points, np.float64), np.asarray(patient), np.asarray(label, np.int64)
    if where.ndim != 2 or whose.shape != (len(where),) or what.shape != (len(where),):
        raise StatisticsError(
            "Points, patients and classes do not fit together",
            expected="(n, d), (n,), (n,)",
            got=f"{where.shape}, {whose.shape}, {what.shape}",
        )
    if not np.isfinite(where).all():
        raise StatisticsError("A point is not finite")
    _, first, owner = np.unique(whose, return_index=True, return_inverse=True)
    if not np.array_equal(what, what[first][owner]):
        raise StatisticsError("A patient has image groups of two classes")
    numbers, classes = np.unique(what[first], return_inverse=True)
    if len(numbers) < 2 or np.bincount(classes).min() < 2:
        raise StatisticsError("Too few patients", expected="at least two classes of two patients each")
    if len(where) - np.bincount(owner).max() < neighbours:
        raise StatisticsError(
            "Too few image groups of other patients", expected=f"at least {neighbours}", got=str(len(where))
        )
    return where, owner.astype(np.int64), classes.astype(np.int64), numbers


def _patient_purity(
    where: NDArray[np.float64], owner: NDArray[np.int64], label: NDArray[np.int64], neighbours: int
) -> NDArray[np.float64]:
    """(p,) share of each patient's neighbours that are of the patient's class."""
    square = (where**2).sum(axis=1)
    purity = np.empty(len(where))
    for start in range(0, len(where), _ROWS):
        rows = slice(start, start + _ROWS)
        distance = square[rows, None] + square[None] - 2 * where[rows] @ where.T
        distance[owner[rows, None] == owner[None]] = np.inf
        nearest = np.argpartition(distance, neighbours - 1, axis=1)[:, :neighbours]
        purity[rows] = (label[nearest] == label[rows, None]).mean(axis=1)
    return np.bincount(owner, purity) / np.bincount(owner)


def _balanced(values: NDArray[np.float64], classes: NDArray[np.int64]) -> float:
    """Mean of the classes' means."""
    return float(np.mean(np.bincount(classes, values) / np.bincount(classes)))


def _replicates(values: NDArray[np.float64], classes: NDArray[np.int64], seed: int) -> NDArray[np.float64]:
    """(m, REPLICATES) balanced means of (m, p) values over patients drawn anew within their classes."""
    random = np.random.default_rng(seed)
    means = []
    for c in np.unique(classes):
        own = values[:, classes == c]
        drawn = random.integers(0, own.shape[1], (REPLICATES, own.shape[1]))
        means.append(own[:, drawn].mean(axis=2))
    result: NDArray[np.float64] = np.mean(means, axis=0)
    return result


def _silhouette(centres: NDArray[np.float64], classes: NDArray[np.int64]) -> float:
    from sklearn.metrics import silhouette_score

    return float(silhouette_score(centres, classes))
