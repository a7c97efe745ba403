"""Simulated clinical data follow the published distributions and have gaps."""

from __future__ import annotations

import numpy as np
import pytest

from dls.clinical import ClinicalRecord
from dls.domain import LesionClass
from dls.phantom.clinical_data import draw_clinical

N = 1500


def draw(lesion: LesionClass) -> list[ClinicalRecord]:
    rng = np.random.default_rng(5)
    return [draw_clinical(lesion, rng) for _ in range(N)]


def share(values: list[bool]) -> float:
    return sum(values) / len(values)


def test_hcc() -> None:
    records = draw(LesionClass.HCC)
    afp = [r.afp for r in records if r.afp is not None]
    assert share([r.sex == "male" for r in records]) == pytest.approx(0.82, abs=0.04)
    assert share([a <= 20 for a in afp]) == pytest.approx(0.36, abs=0.05)
    assert share([a > 400 for a in afp]) == pytest.approx(0.39, abs=0.05)
    assert np.mean([r.albumin for r in records if r.albumin is not None]) == pytest.approx(36.1, abs=0.6)
    assert np.mean([r.age for r in records if r.age is not None]) == pytest.approx(52.9, abs=1.5)


def test_cholangiocarcinoma() -> None:
    records = draw(LesionClass.OTHER_PRIMARY)
    assert share([r.ca19_9 > 37 for r in records if r.ca19_9 is not None]) == pytest.approx(0.55, abs=0.05)
    assert share([r.afp > 400 for r in records if r.afp is not None]) == pytest.approx(0.06, abs=0.03)


def test_metastasis() -> None:
    records = draw(LesionClass.METASTASIS)
    known = [r.other_cancer for r in records if r.other_cancer is not None]
    assert share(known) == pytest.approx(0.95, abs=0.02)
    assert share([r.cea > 5 for r in records if r.cea is not None]) == pytest.approx(0.60, abs=0.05)


@pytest.mark.parametrize("lesion", LesionClass)
def test_every_class_has_values_missing_and_no_psa_in_women(lesion: LesionClass) -> None:
    records = draw(lesion)
    assert 0.25 < share([r.ferritin is None for r in records]) < 0.45
    assert all(r.psa is None for r in records if r.sex == "female")
