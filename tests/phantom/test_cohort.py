"""Composition, codes and independence of the cohorts."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from dls.domain import LesionClass
from dls.errors import InputError
from dls.phantom.cohort import (
    HISTOPATHOLOGY,
    LESION_MM,
    VALIDATION_COMPOSITION,
    calibration_cohort,
    training_cohort,
    validation_cohort,
)
from dls.phantom.scanner import SCANNERS


def test_validation_cohort_has_the_published_composition() -> None:
    cohort = validation_cohort()
    assert Counter(p.lesion_class for p in cohort) == VALIDATION_COMPOSITION
    assert [len(cohort), cohort[0].code, cohort[-1].code] == [201, "V-001", "V-201"]
    assert sum(p.lesion_class.malignant for p in cohort) == 99


def test_codes_do_not_tell_the_class() -> None:
    classes = [p.lesion_class for p in validation_cohort()]
    changes = sum(a != b for a, b in pairwise(classes))
    assert changes > 100


def test_training_cohort_has_every_class_and_another_seed_for_everyone() -> None:
    training = training_cohort(700)
    assert min(Counter(p.lesion_class for p in training).values()) >= 84
    assert {p.seed for p in training}.isdisjoint(p.seed for p in validation_cohort())
    assert set(Counter(p.lesion_class for p in training_cohort(7)).values()) == {1}


def test_calibration_cohort_shares_nobody_with_the_others() -> None:
    apart = calibration_cohort()
    assert [len(apart), apart[0].code, apart[-1].code] == [140, "C-001", "C-140"]
    assert min(Counter(p.lesion_class for p in apart).values()) >= 16
    others = {p.seed for p in (*training_cohort(), *validation_cohort())}
    assert {p.seed for p in apart}.isdisjoint(others)


def test_cohorts_are_the_same_every_time() -> None:
    assert validation_cohort() == validation_cohort()


def test_malignant_lesions_are_proven_by_histopathology() -> None:
    cohort = validation_cohort()
    assert {p.reference_standard for p in cohort if p.lesion_class.malignant} == {HISTOPATHOLOGY}
    assert len({p.reference_standard for p in cohort if not p.lesion_class.malignant}) == 2


def test_sizes_and_scanners() -> None:
    for p in training_cohort(70):
        assert LESION_MM[p.lesion_class][2] <= p.lesion_mm <= LESION_MM[p.lesion_class][3]
        assert p.scanner in SCANNERS
    assert {p.scanner for p in validation_cohort()} == set(SCANNERS)


def test_too_small_a_training_cohort_is_refused() -> None:
    with pytest.raises(InputError, match="at least 7"):
        training_cohort(6)


def test_other_primary_lesions_are_the_largest() -> None:
    def mean(lesion: LesionClass) -> float:
        sizes = [p.lesion_mm for p in training_cohort(350) if p.lesion_class is lesion]
        return sum(sizes) / len(sizes)

    assert mean(LesionClass.OTHER_PRIMARY) > mean(LesionClass.HCC) > mean(LesionClass.OTHER_BENIGN)
