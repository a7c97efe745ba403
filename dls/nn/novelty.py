"""How far a patient's features lie from those of the training patients: a warning, not a verdict.

Class-conditional Gaussians with one covariance are fitted to the last hidden layer of the training patients'
image groups.  A group's distance is the smallest squared Mahalanobis distance to a class; a patient's is the
mean over groups.  The threshold is the 95th percentile of training patients, each measured by Gaussians
fitted without them.  The network itself has seen them all the same, so that new patients of the same kind may
exceed it somewhat more often than 5 in 100.

The relative distance of Ren et al. 2021 (arXiv:2106.09022), which takes the distance to all classes together
away, was tried: images with other intensities then come out nearer than ordinary ones, because they are far
from everything.

Sources: Lee et al., A simple unified framework for detecting out-of-distribution samples, NeurIPS 2018;
Ledoit and Wolf, J Multivariate Anal 2004;88:365 (shrinkage of the covariance).
Importing this module does not load TensorFlow; `fit_package` does when it is called.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dls.errors import InputError, PackageError
from dls.nn.data import GroupSet
from dls.nn.folds import patient_folds, rarest
from dls.nn.package import ModelPackage
from dls.nn.supplement import NOVELTY, read_supplement, write_supplement
from dls.progress import Progress

QUANTILE = 0.95
"""Share of training patients below the threshold."""
FOLDS = 5
_ARRAYS = ("means", "precision", "quantiles")
_STEPS = 101


@dataclass(frozen=True, slots=True, eq=False)
class Gaussians:
    """Where the training features lie.

    Parameters
    ----------
    means : (k, d) of the classes
    precision : (d, d) inverse of the covariance within classes
    quantiles : (101,) percentiles 0 to 100 of the training patients' distances
    """

    means: NDArray[np.float32]
    precision: NDArray[np.float32]
    quantiles: NDArray[np.float32]

    @property
    def threshold(self) -> float:
        """Distance that `QUANTILE` of the training patients do not exceed."""
        return float(self.quantiles[round(QUANTILE * (_STEPS - 1))])


@dataclass(frozen=True, slots=True)
class Novelty:
    """A patient's distance from the training patients.

    Parameters
    ----------
    distance : squared Mahalanobis distance to the nearest class, mean over the image groups
    threshold : what 95 % of the training patients do not exceed
    percentile : share of training patients, in per cent, that are nearer
    """

    distance: float
    threshold: float
    percentile: float

    @property
    def unusual(self) -> bool:
        """Whether the patient lies beyond the threshold."""
        return self.distance > self.threshold


def fit_gaussians(
    hidden: NDArray[np.floating],
    patient: NDArray[np.integer],
    target: NDArray[np.integer],
    seed: int = 2020,
    *,
    person: NDArray[np.integer] | None = None,
) -> Gaussians:
    """Gaussians of training features, and the distances of the training patients.

    Parameters
    ----------
    hidden : (n, d) last hidden layer of image groups
    patient : (n,) index of each group's patient
    target : (p,) index of each patient's class
    seed : of the split into `FOLDS` folds
    person : (p,) as `GroupSet.person`; lesions of one person are left out together

    Raises
    ------
    InputError
        when shapes disagree, a value is not finite, or a class has fewer patients than there are folds.
    """
    if hidden.ndim != 2 or len(hidden) != len(patient) or patient.max(initial=-1) + 1 != len(target):
        raise InputError(
            "Features and patients do not fit together",
            expected=f"{len(patient)} rows of features, {patient.max(initial=-1) + 1} classes",
            got=f"{hidden.shape}, {len(target)} classes",
        )
    if not np.isfinite(hidden).all():
        raise InputError("The features contain values that are not finite")
    fewest = rarest(target, person)
    if fewest < FOLDS:
        raise InputError(
            "Too few training patients to measure distances",
            expected=f"{FOLDS} of each class",
            got=f"{fewest} of the rarest",
        )
    distances = np.zeros(len(target))
    for seen, unseen in patient_folds(target, FOLDS, seed, person):
        parts = _moments(hidden, patient, target, seen)
        away = np.isin(patient, unseen)
        distances[unseen] = _patient_mean(_nearest(hidden[away], *parts), patient[away], unseen)
    quantiles = np.quantile(distances, np.linspace(0, 1, _STEPS))
    whole = _moments(hidden, patient, target, np.arange(len(target)))
    return Gaussians(*(np.asarray(m, np.float32) for m in (*whole, quantiles)))


def fit_package(package: ModelPackage, groups: GroupSet, progress: Progress | None = None) -> Gaussians:
    """Fit and store the Gaussians of a package from the cohort it was trained on; loads TensorFlow.

    Raises
    ------
    InputError
        when the image groups do not fit the model, or a class has too few patients.
    """
    from dls.nn.predict import features

    seen, target = groups.for_task(package.spec.task)
    hidden = features(package, seen.pixels, seen.clinical[seen.patient], progress=progress)
    gaussians = fit_gaussians(hidden, seen.patient, target, person=seen.person)
    add_novelty(package, gaussians)
    return gaussians


def distance_to_nearest_class(gaussians: Gaussians, hidden: NDArray[np.floating]) -> NDArray[np.float64]:
    """Squared Mahalanobis distance (n,) of the features (n, d) of image groups to the nearest class."""
    width = gaussians.means.shape[1]
    if hidden.ndim != 2 or hidden.shape[1] != width:
        raise InputError(
            "These features are not of this model", expected=f"(n, {width})", got=str(hidden.shape)
        )
    return _nearest(hidden, gaussians.means, gaussians.precision)


def novelty(gaussians: Gaussians, hidden: NDArray[np.floating]) -> Novelty:
    """Novelty of one patient from the features (n, d) of the image groups, n at least 1."""
    if not len(hidden):
        raise InputError("The patient has no image group")
    distance = float(distance_to_nearest_class(gaussians, hidden).mean())
    nearer = float(np.interp(distance, gaussians.quantiles, np.linspace(0, 100, _STEPS)))
    return Novelty(distance, gaussians.threshold, nearer)


def add_novelty(package: ModelPackage, gaussians: Gaussians) -> None:
    """Store the Gaussians beside the package's weights."""
    write_supplement(package, NOVELTY, {name: getattr(gaussians, name) for name in _ARRAYS})


def load_gaussians(package: ModelPackage) -> Gaussians | None:
    """The Gaussians stored with a package, or None.

    Raises
    ------
    PackageError
        when the file was altered, belongs to another model or lacks a part.
    """
    arrays = read_supplement(package, NOVELTY)
    if arrays is None:
        return None
    if set(arrays) != set(_ARRAYS):
        raise PackageError(
            f"{package.folder / NOVELTY} is incomplete", expected=", ".join(_ARRAYS), got=", ".join(arrays)
        )
    return Gaussians(**arrays)


def _moments(
    hidden: NDArray[np.floating],
    patient: NDArray[np.integer],
    target: NDArray[np.integer],
    patients: NDArray[np.integer],
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Class means and the precision within classes, of some patients' groups."""
    from sklearn.covariance import ledoit_wolf

    here = np.isin(patient, patients)
    points, label = np.asarray(hidden[here], np.float64), target[patient[here]]
    means = np.stack([points[label == c].mean(axis=0) for c in range(int(target.max()) + 1)])
    covariance = ledoit_wolf(points - means[label], assume_centered=True)[0]
    return means, np.linalg.pinv(covariance, hermitian=True)


def _nearest(
    hidden: NDArray[np.floating], means: NDArray[np.floating], precision: NDArray[np.floating]
) -> NDArray[np.float64]:
    points = np.asarray(hidden, np.float64)
    return np.stack([_squared(points - m, precision) for m in means]).min(axis=0)


def _squared(offset: NDArray[np.float64], precision: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.einsum("ij,jk,ik->i", offset, np.asarray(precision, np.float64), offset, optimize=True)


def _patient_mean(
    values: NDArray[np.float64], patient: NDArray[np.integer], patients: NDArray[np.integer]
) -> NDArray[np.float64]:
    place = np.searchsorted(patients, patient)
    return np.bincount(place, values, len(patients)) / np.bincount(place, minlength=len(patients))
