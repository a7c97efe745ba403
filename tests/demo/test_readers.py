from collections import Counter

import pytest

from dls.demo.readers import ERRORS_BY_CLASS, simulate
from dls.domain import LesionClass

COMPOSITION = dict(zip(LesionClass, (38, 46, 9, 9, 47, 37, 15), strict=True))
TRUTH = [lesion for lesion, count in COMPOSITION.items() for _ in range(count)]


@pytest.mark.parametrize(
    ("name", "correct"), [("reader1", 177), ("reader2", 155), ("reader3", 170), ("consensus", 173)]
)
def test_totals_are_the_published_ones(name: str, correct: int) -> None:
    readings = simulate(TRUTH)[name]
    assert sum(r.lesion_class == t for r, t in zip(readings, TRUTH, strict=True)) == correct


def test_errors_by_class_are_as_tabled() -> None:
    for name, readings in simulate(TRUTH).items():
        errors = Counter(t for r, t in zip(readings, TRUTH, strict=True) if r.lesion_class != t)
        assert tuple(errors[c] for c in LesionClass) == ERRORS_BY_CLASS[name]


def test_confidence_agrees_with_the_call() -> None:
    for readings in simulate(TRUTH).values():
        assert all((r.malignancy >= 50) == r.lesion_class.malignant or r.malignancy == 50 for r in readings)
        assert all(0 <= r.malignancy <= 100 and r.seconds > 0 for r in readings)


def test_seed_decides_everything() -> None:
    assert simulate(TRUTH, seed=1) == simulate(TRUTH, seed=1)
    assert simulate(TRUTH, seed=1) != simulate(TRUTH, seed=2)
