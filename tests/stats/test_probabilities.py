import numpy as np
import pytest

from dls.errors import StatisticsError
from dls.stats.probabilities import checked_classes, checked_outcomes, checked_probabilities


def test_outcomes_and_classes_by_hand():
    truth, p = checked_outcomes([True, False], [0.5, 1])
    assert (truth.tolist(), p.tolist()) == ([1, 0], [0.5, 1])
    truth, p = checked_classes([1, 0], [[0.2, 0.8], [1, 0]])
    assert truth.tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize("p", [[0.5, np.nan], [0.5, np.inf], [0.5, 1.2], [-0.1, 0.5]])
def test_what_is_no_probability_is_refused(p):
    with pytest.raises(StatisticsError, match="0 to 1"):
        checked_probabilities(p)


@pytest.mark.parametrize(
    ("positive", "p"),
    [
        ([1, 0], [0.5]),
        ([1], [0.5]),
        ([1, np.nan], [0.5, 0.5]),
        ([1, 2], [0.5, 0.5]),
        ([1, 0], [[0.5], [0.5]]),
        ([1, 0], ["likely", "not"]),
    ],
)
def test_outcomes_that_do_not_fit_are_refused(positive, p):
    with pytest.raises(StatisticsError):
        checked_outcomes(positive, p)


@pytest.mark.parametrize(
    ("target", "p"),
    [
        ([0, 1], [[0.5, 0.4], [0.5, 0.5]]),
        ([0, 2], [[0.5, 0.5], [0.5, 0.5]]),
        ([0, 1], [0.5, 0.5]),
        ([0], [[0.5, 0.5]]),
        ([0, 1, 1], [[0.5, 0.5], [0.5, 0.5]]),
        (0, [[0.5, 0.5], [0.5, 0.5]]),
        ([[0], [1]], [[0.5, 0.5], [0.5, 0.5]]),
    ],
)
def test_classes_that_do_not_fit_are_refused(target, p):
    with pytest.raises(StatisticsError):
        checked_classes(target, p)
