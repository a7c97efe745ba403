"""Folds never part the lesions of a person, and spread the classes."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.model_selection import StratifiedKFold

from dls.nn.folds import patient_folds, rarest

TARGET = np.array([0, 1, 2] * 12)
PERSON = np.repeat(np.arange(18), 2)
"""Eighteen people of two lesions each, of two classes."""


@pytest.mark.parametrize("seed", range(20))
def test_lesions_of_a_person_are_on_one_side(seed: int) -> None:
    folds = list(patient_folds(TARGET, 5, seed, PERSON))
    assert sorted(np.concatenate([unseen for _, unseen in folds]).tolist()) == list(range(36))
    for seen, unseen in folds:
        assert sorted([*seen, *unseen]) == list(range(36))
        assert set(PERSON[seen]).isdisjoint(PERSON[unseen])
        assert np.bincount(TARGET[seen], minlength=3).min() >= 7
    parted = patient_folds(TARGET, 5, seed)
    assert any(set(PERSON[seen]) & set(PERSON[unseen]) for seen, unseen in parted)


def test_without_persons_they_are_those_of_scikit_learn() -> None:
    expected = StratifiedKFold(4, shuffle=True, random_state=9).split(TARGET, TARGET)
    for ours, theirs in zip(patient_folds(TARGET, 4, 9), expected, strict=True):
        np.testing.assert_array_equal(ours[0], theirs[0])
        np.testing.assert_array_equal(ours[1], theirs[1])


def test_the_rarest_class_is_counted_in_people() -> None:
    target = np.array([0, 0, 0, 0, 1, 1, 1])
    assert rarest(target) == 3
    assert rarest(target, np.array([1, 1, 1, 1, 5, 6, 7])) == 1
    assert rarest(target, np.array([1, 2, 3, 4, 5, 5, 1])) == 2
