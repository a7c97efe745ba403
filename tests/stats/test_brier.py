import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import brier_score_loss

from dls.errors import StatisticsError
from dls.stats.brier import brier_score, multiclass_brier_score


@st.composite
def predictions(draw):
    n = draw(st.integers(4, 40))
    truth = draw(hnp.arrays(bool, n))
    p = draw(hnp.arrays(np.int64, n, elements=st.integers(1, 19))) / 20
    assume(0 < truth.sum() < n)
    return truth, p


@given(predictions())
def test_brier_equals_scikit_learn_and_its_parts_add_up(case):
    truth, p = case
    result = brier_score(truth, p)
    assert result.score == pytest.approx(brier_score_loss(truth, p), abs=1e-12)
    assert result.score in result.interval
    # Murphy 1973: reliability - resolution + uncertainty, over the distinct probabilities
    groups = [(q, truth[p == q]) for q in np.unique(p)]
    reliability = sum(t.size * (q - t.mean()) ** 2 for q, t in groups) / p.size
    resolution = sum(t.size * (t.mean() - truth.mean()) ** 2 for q, t in groups) / p.size
    assert result.score == pytest.approx(reliability - resolution + result.reference_score, abs=1e-12)


@given(predictions())
def test_two_classes_have_twice_the_binary_score(case):
    truth, p = case
    many = multiclass_brier_score(truth.astype(int), np.column_stack([1 - p, p]))
    one = brier_score(truth, p)
    assert many.score == pytest.approx(2 * one.score, abs=1e-12)
    assert many.scaled == pytest.approx(one.scaled, abs=1e-12)


def test_perfect_and_uninformed_predictions():
    assert brier_score([1, 0], [1, 0]).score == 0
    assert brier_score([1, 0, 0, 0], [0.25] * 4).scaled == pytest.approx(0)
    assert brier_score([1, 1], [0.9, 0.8]).scaled is None


def test_the_interval_stays_within_what_a_score_can_be():
    assert tuple(brier_score([1, 0], [0, 0]).interval) == (0, 1)
    assert tuple(multiclass_brier_score([0, 1], [[1, 0], [1, 0]]).interval) == (0, 2)


def test_coverage_of_the_brier_interval():
    generator = np.random.default_rng(9)
    expected = 0.3 * 0.7  # constant prediction of the true probability
    covered = [
        expected in brier_score(generator.random(200) < 0.3, np.full(200, 0.3)).interval for _ in range(400)
    ]
    assert 0.9 < np.mean(covered) < 0.985


@given(predictions(), st.randoms(use_true_random=False))
def test_order_and_copies_of_cases_are_irrelevant(case, random):
    truth, p = case
    order = list(range(p.size))
    random.shuffle(order)
    one = brier_score(truth, p).score
    assert brier_score(truth[order], p[order]).score == pytest.approx(one, abs=1e-12)
    assert brier_score(np.tile(truth, 2), np.tile(p, 2)).score == pytest.approx(one, abs=1e-12)
    assert brier_score(~truth, 1 - p).score == pytest.approx(one, abs=1e-12)


@pytest.mark.parametrize(
    "call",
    [
        lambda: brier_score([1, 0], [0.5, np.nan]),
        lambda: brier_score([1], [0.5]),
        lambda: multiclass_brier_score([0, 2], [[0.5, 0.5], [0.5, 0.5]]),
        lambda: brier_score([1, 0], [0.5, 0.5], confidence_level=0),
    ],
)
def test_what_is_no_prediction_is_refused(call):
    with pytest.raises(StatisticsError):
        call()
