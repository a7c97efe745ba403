from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dls.errors import StatisticsError
from dls.stats.reclassification import reclassification, reclassification_counts


def test_the_published_example() -> None:
    """HDL in the Framingham model, Pencina et al. 2008, section 4: NRI 12.1 %, z = 3.616, p < 0.001."""
    found = reclassification_counts((29, 7, 183), (174, 173, 3081))
    assert found.events.estimate == pytest.approx(22 / 183, abs=1e-15)
    assert found.nonevents.estimate == pytest.approx(1 / 3081, abs=1e-15)
    assert round(100 * found.improvement, 1) == 12.1
    assert found.statistic == pytest.approx(3.616, abs=0.0015)
    assert found.pvalue < 0.001


def test_a_case_counted_by_hand() -> None:
    truth = [1, 1, 1, 1, 0, 0, 0, 0]
    first = [0, 0, 1, 1, 1, 1, 0, 0]
    second = [1, 1, 0, 1, 0, 1, 1, 0]
    found = reclassification(truth, first, second)
    assert (found.events.better, found.events.worse, found.events.n) == (2, 1, 4)
    assert (found.nonevents.better, found.nonevents.worse, found.nonevents.n) == (1, 1, 4)
    assert found.improvement == 0.25
    assert found.statistic == pytest.approx(0.25 / np.sqrt(3 / 16 + 2 / 16))
    assert found.summary.loc["sum", "better"] == 3


def test_no_change_is_no_evidence() -> None:
    found = reclassification([1, 0], [1, 0], [1, 0])
    assert (found.improvement, found.statistic, found.pvalue, tuple(found.interval)) == (0, 0, 1, (0, 0))


rows = st.lists(st.tuples(*[st.booleans()] * 3), min_size=2, max_size=60).filter(
    lambda r: len({t for t, _, _ in r}) == 2
)


@given(rows)
def test_it_is_the_gain_in_sensitivity_and_specificity(data: list[tuple[bool, bool, bool]]) -> None:
    """For binary calls the sum is the change of sensitivity plus that of specificity."""
    truth, first, second = (np.array(column) for column in zip(*data, strict=True))
    sensitivity = second[truth].mean() - first[truth].mean()
    specificity = first[~truth].mean() - second[~truth].mean()
    found = reclassification(truth, first, second)
    assert found.improvement == pytest.approx(sensitivity + specificity)
    back = reclassification(truth, second, first)
    assert back.improvement == pytest.approx(-found.improvement)
    assert back.pvalue == pytest.approx(found.pvalue)


@given(rows)
def test_its_variance_is_that_of_means_of_steps(data: list[tuple[bool, bool, bool]]) -> None:
    truth, first, second = (np.array(column) for column in zip(*data, strict=True))
    steps = second.astype(float) - first.astype(float)
    variance = steps[truth].var() / truth.sum() + steps[~truth].var() / (~truth).sum()
    low, high = reclassification(truth, first, second).interval
    assert (high - low) / 2 == pytest.approx(1.959963984540054 * np.sqrt(variance), abs=1e-9)


@pytest.mark.parametrize("counts", [((1, 0, 0), (0, 0, 5)), ((-1, 0, 5), (0, 0, 5)), ((3, 3, 5), (0, 0, 5))])
def test_undefined_reclassification_is_named(counts: tuple) -> None:
    with pytest.raises(StatisticsError, match="positive cases is not defined"):
        reclassification_counts(*counts)
