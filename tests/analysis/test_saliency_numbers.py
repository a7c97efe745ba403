"""Numbers of saliency: means by hand, intervals that hold them, refusals."""

import numpy as np
import pytest

from dls.analysis.saliency_numbers import saliency_numbers
from dls.errors import StatisticsError


def test_means_are_counted_by_hand():
    found = saliency_numbers([0.25, 0.5], [0.5, 0.5], [1.0, 0.0])
    assert (found.cases, found.area) == (2, 0.375)
    assert found.energy.value == 0.5
    assert tuple(found.energy.ci) == (0.5, 0.5)
    assert found.concentration.value == 1.5
    assert found.pointing.value == 0.5
    assert tuple(found.pointing.ci) == (0.0, 1.0)


def test_interval_is_near_the_normal_one_for_many_cases():
    random = np.random.default_rng(0)
    energy = random.uniform(size=400)
    found = saliency_numbers(np.full(400, 0.25), energy, energy).energy
    half = 1.96 * energy.std() / 20
    assert found.ci.low == pytest.approx(found.value - half, abs=0.005)
    assert found.ci.high == pytest.approx(found.value + half, abs=0.005)


def test_patients_are_drawn_with_all_of_their_cases():
    """Three alike lesions each are as much information as one."""
    random = np.random.default_rng(1)
    area, energy, pointing = random.uniform(0.1, 1, size=(3, 30))
    one = saliency_numbers(area, energy, pointing)
    three = np.repeat(np.arange(30), 3)
    found = saliency_numbers(area[three], energy[three], pointing[three], patient=three)
    apart = saliency_numbers(area[three], energy[three], pointing[three])
    for name in ("energy", "concentration", "pointing"):
        known, expected, narrow = (getattr(numbers, name) for numbers in (found, one, apart))
        assert (known.value, *known.ci) == pytest.approx((expected.value, *expected.ci))
        assert narrow.ci.high - narrow.ci.low < 0.7 * (known.ci.high - known.ci.low)
    several = saliency_numbers([0.5] * 3, [0.0, 0.0, 1.0], [0.0] * 3, patient=[7, 7, 2])
    assert several.energy.value == pytest.approx(1 / 3)
    assert tuple(several.energy.ci) == (0, 1)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        (([], [], []), "one number"),
        (([0.1], [0.1, 0.2], [0.1]), "one number"),
        (([0.0], [0], [0]), "no area"),
    ],
)
def test_what_does_not_fit_is_refused(numbers, message):
    with pytest.raises(StatisticsError, match=message):
        saliency_numbers(*numbers)
