"""How well features, or a map of them, keep the classes apart, in numbers.

Image groups of one patient are alike whatever the model learned, so that neighbours, and the distances of the
silhouette, are taken among other patients only.  A case is one lesion, with a class of its own; patients with
several are drawn as a whole.

Sources: Rousseeuw, Silhouettes, J Comput Appl Math 1987;20:53; purity among the k nearest neighbours as in
Kobak and Berens, The art of using t-SNE for single-cell transcriptomics, Nat Commun 2019;10:5416 (k-nearest
class preservation).  Drawing whole patients: Field and Welsh, J R Stat Soc B 2007;69:369.
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
    purity : mean over cases, weighted so that every class counts alike, of the share of the `neighbours`
        nearest image groups of other patients that are of the case's class
    purity_ci : 95 % percentile interval over patients, drawn anew among those with cases of the same classes
    chance : purity of a map without any order, 1 / number of classes but for the patient left out
    silhouette : mean over cases, by the mean features of each one's image groups; -1 to 1
    by_class : class -> mean purity
    cases, neighbours : how many
    """

    purity: float
    purity_ci: ConfidenceInterval
    chance: float
    silhouette: float
    by_class: dict[int, float]
    cases: int
    neighbours: int


@dataclass(frozen=True, slots=True)
class QualityDifference:
    """Purity of one model less that of another over the same cases, with its 95 % interval."""

    difference: float
    ci: ConfidenceInterval


@dataclass(frozen=True, slots=True)
class _Groups:
    """Image groups and whose they are.

    Parameters
    ----------
    where : (n, d) places
    case : (n,) index of each one's case
    classes, patient : (p,) index of each case's class and patient
    numbers : (k,) the classes
    """

    where: NDArray[np.float64]
    case: NDArray[np.intp]
    classes: NDArray[np.intp]
    patient: NDArray[np.intp]
    numbers: NDArray[np.int64]


def cluster_quality(
    points: ArrayLike,
    case: ArrayLike,
    label: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    neighbours: int = NEIGHBOURS,
    seed: int = 2020,
) -> ClusterQuality:
    """Separation of the classes among image groups.

    Parameters
    ----------
    points : (n, d) features or places on a map
    case : (n,) whose they are
    label : (n,) class of the case
    patient : (n,) whose case it is; None where each case is another patient
    neighbours : k
    seed : of the replicates

    Raises
    ------
    StatisticsError
        when shapes do not fit, a case has two classes or patients, there are fewer than two classes of two
        patients, or too few points.
    """
    groups = _checked(points, case, label, patient, neighbours)
    purity = _case_purity(groups, neighbours)
    low, high = np.quantile(_replicates(purity[None], groups, seed)[0], [0.025, 0.975])
    classes, count = groups.classes, np.bincount(groups.case)
    centres = np.stack([np.bincount(groups.case, column) / count for column in groups.where.T], axis=1)
    return ClusterQuality(
        purity=_balanced(purity, classes),
        purity_ci=ConfidenceInterval(float(low), float(high)),
        chance=_balanced(_shares(groups, count), classes),
        silhouette=_silhouette(centres, classes, groups.patient),
        by_class={int(groups.numbers[c]): float(purity[classes == c].mean()) for c in np.unique(classes)},
        cases=len(count),
        neighbours=neighbours,
    )


def compare_quality(
    first: ArrayLike,
    second: ArrayLike,
    case: ArrayLike,
    label: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    neighbours: int = NEIGHBOURS,
    seed: int = 2020,
) -> QualityDifference:
    """Purity of `first` less that of `second`, features (n, d) and (n, e) of the same image groups.

    The interval is a percentile interval over patients drawn anew as for `cluster_quality`, the same ones for
    both.  Parameters and errors as there.
    """
    both = [_checked(points, case, label, patient, neighbours) for points in (first, second)]
    purities = [_case_purity(groups, neighbours) for groups in both]
    drawn = _replicates(np.stack(purities), both[0], seed)
    low, high = np.quantile(drawn[0] - drawn[1], [0.025, 0.975])
    difference = _balanced(purities[0], both[0].classes) - _balanced(purities[1], both[0].classes)
    return QualityDifference(difference, ConfidenceInterval(float(low), float(high)))


def _checked(
    points: ArrayLike, case: ArrayLike, label: ArrayLike, patient: ArrayLike | None, neighbours: int
) -> _Groups:
    where, which, what = np.asarray(points, np.float64), np.asarray(case), np.asarray(label, np.int64)
    whose = which if patient is None else np.asarray(patient)
    n = (len(where),)
    if where.ndim != 2 or not which.shape == what.shape == whose.shape == n:
        raise StatisticsError(
            "Points, cases, classes and patients do not fit together",
            expected="(n, d), (n,), (n,), (n,)",
            got=f"{where.shape}, {which.shape}, {what.shape}, {whose.shape}",
        )
    if not np.isfinite(where).all():
        raise StatisticsError("A point is not finite")
    _, first, of_case = np.unique(which, return_index=True, return_inverse=True)
    for name, values in (("classes", what), ("patients", whose)):
        if not np.array_equal(values, values[first][of_case]):
            raise StatisticsError(f"A case has image groups of two {name}")
    numbers, classes = np.unique(what[first], return_inverse=True)
    owner = np.unique(whose[first], return_inverse=True)[1]
    if len(numbers) < 2 or min(len(np.unique(owner[classes == c])) for c in range(len(numbers))) < 2:
        raise StatisticsError("Too few patients", expected="at least two classes of two patients each")
    others = len(where) - int(np.bincount(owner[of_case]).max())
    if others < neighbours:
        raise StatisticsError(
            "Too few image groups of other patients", expected=f"at least {neighbours}", got=str(others)
        )
    return _Groups(where, of_case, classes, owner, numbers)


def _case_purity(groups: _Groups, neighbours: int) -> NDArray[np.float64]:
    """(p,) share of each case's neighbours that are of the case's class."""
    where, case = groups.where, groups.case
    owner, label = groups.patient[case], groups.classes[case]
    square = (where**2).sum(axis=1)
    purity = np.empty(len(where))
    for start in range(0, len(where), _ROWS):
        rows = slice(start, start + _ROWS)
        distance = square[rows, None] + square[None] - 2 * where[rows] @ where.T
        distance[owner[rows, None] == owner[None]] = np.inf
        nearest = np.argpartition(distance, neighbours - 1, axis=1)[:, :neighbours]
        purity[rows] = (label[nearest] == label[rows, None]).mean(axis=1)
    return np.bincount(case, purity) / np.bincount(case)


def _shares(groups: _Groups, count: NDArray[np.intp]) -> NDArray[np.float64]:
    """(p,) share of each case's class among the image groups of other patients; `count` (p,) are its own."""
    held = np.zeros((int(groups.patient.max()) + 1, len(groups.numbers)))
    np.add.at(held, (groups.patient, groups.classes), count)
    others = held.sum(axis=0) - held[groups.patient]
    share: NDArray[np.float64] = others[np.arange(len(count)), groups.classes] / others.sum(axis=1)
    return share


def _balanced(values: NDArray[np.float64], classes: NDArray[np.intp]) -> float:
    """Mean of the classes' means."""
    return float(np.mean(np.bincount(classes, values) / np.bincount(classes)))


def _replicates(values: NDArray[np.float64], groups: _Groups, seed: int) -> NDArray[np.float64]:
    """(m, REPLICATES) balanced means of (m, p) values over patients drawn anew.

    A patient is drawn among those who have cases of the same classes, so that no class is ever without one.
    """
    random = np.random.default_rng(seed)
    place = (groups.patient, groups.classes)
    held = np.zeros((int(groups.patient.max()) + 1, len(groups.numbers)))
    np.add.at(held, place, 1)
    summed = np.zeros((len(values), *held.shape))
    for own, of_cases in zip(summed, values, strict=True):
        np.add.at(own, place, of_cases)
    total, number = np.zeros((len(values), REPLICATES, held.shape[1])), np.zeros((REPLICATES, held.shape[1]))
    kinds, kind = np.unique(held == 0, axis=0, return_inverse=True)
    for k in range(len(kinds)):
        alike = np.flatnonzero(kind == k)
        drawn = random.integers(0, len(alike), (REPLICATES, len(alike)))
        weight = np.zeros(drawn.shape)
        np.add.at(weight, (np.arange(REPLICATES)[:, None], drawn), 1)
        total += weight @ summed[:, alike]
        number += weight @ held[alike]
    result: NDArray[np.float64] = (total / number).mean(axis=2)
    return result


def _silhouette(centres: NDArray[np.float64], classes: NDArray[np.intp], patient: NDArray[np.intp]) -> float:
    """Mean over cases of (b - a) / max(a, b), Rousseeuw's but for distances within a patient, left out.

    a is the mean distance of a case to the others of its class, b the smallest mean to those of one other.
    """
    from scipy.spatial.distance import cdist

    away = patient[:, None] != patient[None]
    distance = np.where(away, cdist(centres, centres), 0.0)
    of_class = np.eye(classes.max() + 1)[classes]
    mean = distance @ of_class / (away @ of_class)
    own = np.arange(len(classes)), classes
    within = mean[own]
    mean[own] = np.inf
    nearest = mean.min(axis=1)
    larger = np.maximum(within, nearest)
    return float(np.mean(np.divide(nearest - within, larger, out=np.zeros(len(larger)), where=larger > 0)))
