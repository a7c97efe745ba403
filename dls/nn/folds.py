"""Folds of patients, stratified by class; the lesions of one person are never on both sides of a fold."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray


def rarest(target: NDArray[np.integer], person: NDArray[np.integer] | None = None) -> int:
    """How many persons the class with the fewest has; as many folds can be made.

    Parameters
    ----------
    target, person : as in `patient_folds`
    """
    whose = np.arange(len(target)) if person is None else person
    return min(len(np.unique(whose[target == c])) for c in np.unique(target))


def patient_folds(
    target: NDArray[np.integer], folds: int, seed: int, person: NDArray[np.integer] | None = None
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Seen and unseen patients of every fold, as indices.

    Classes are spread evenly; where persons have several lesions, as evenly as whole persons allow.

    Parameters
    ----------
    target : (p,) class of each patient
    folds : 2 to `rarest`
    seed : of the shuffle
    person : (p,) whose lesion each is (`dls.nn.data.GroupSet.person`); None where each is another's
    """
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    if person is None:
        return StratifiedKFold(folds, shuffle=True, random_state=seed).split(target, target)
    return StratifiedGroupKFold(folds, shuffle=True, random_state=seed).split(target, target, person)
