import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from dls.errors import StatisticsError
from dls.stats.roc import auc_score, roc_curve
from tests.stats.reference import asah, poor, proc

TRUTH = np.array([1, 1, 1, 0, 0, 0, 0], dtype=bool)
SCORE = np.array([3.0, 2.0, 2.0, 2.0, 1.0, 1.0, 0.0])


@st.composite
def graded(draw):
    """Truth with both classes and scores with many ties."""
    n = draw(st.integers(2, 40))
    truth = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    truth[0], truth[1] = True, False
    return np.array(truth), np.array(draw(st.lists(st.integers(-4, 4), min_size=n, max_size=n)))


def test_points_by_hand():
    curve = roc_curve(TRUTH, SCORE)
    assert curve.threshold.tolist() == [np.inf, 3, 2, 1, 0]
    np.testing.assert_allclose(curve.true_positive_rate, [0, 1 / 3, 1, 1, 1])
    np.testing.assert_allclose(curve.false_positive_rate, [0, 0, 1 / 4, 3 / 4, 1])
    # of 12 pairs: the first positive wins 4, the others 3 and a tie each
    assert curve.auc == pytest.approx((4 + 3.5 + 3.5) / 12, abs=1e-15)
    assert curve.youden_index == 2
    assert list(curve.summary["youden"]) == pytest.approx([0, 1 / 3, 3 / 4, 1 / 4, 0])


def test_lower_scores_can_speak_for_positive():
    curve = roc_curve(TRUTH, -SCORE, direction="lower")
    assert curve.threshold.tolist() == [-np.inf, -3, -2, -1, 0]
    assert curve.auc == roc_curve(TRUTH, SCORE).auc


def test_direction_is_never_guessed():
    assert auc_score([1, 1, 0, 0], [0, 1, 2, 3]) == 0
    with pytest.raises(StatisticsError, match="direction"):
        roc_curve(TRUTH, SCORE, direction="auto")


@pytest.mark.parametrize("score", ["s100b", "ndka", "wfns"])
def test_proc_areas_and_interpolated_sensitivities(score):
    curve = roc_curve(poor(), asah()[score])
    assert curve.auc == pytest.approx(proc()["auc", score], abs=1e-14)
    for specificity in (0.5, 0.8, 0.9, 0.95):
        expected = proc()[f"sensitivity at {specificity:g}", score]
        assert float(curve.sensitivity_at(specificity)) == pytest.approx(expected, abs=1e-12)


def test_best_threshold_of_proc():
    # pROC 1.18.0 coords(best): s100b > 0.205 has sensitivity .634146 and specificity .805556
    curve = roc_curve(poor(), asah()["s100b"])
    at = curve.youden_index
    assert curve.threshold[at] == 0.22  # the score just beyond 0.205
    assert curve.true_positive_rate[at] == pytest.approx(0.634146341463415)
    assert 1 - curve.false_positive_rate[at] == pytest.approx(0.805555555555556)


@given(graded())
def test_area_agrees_with_scikit_learn_and_with_counting_pairs(data):
    truth, score = data
    difference = score[truth][:, None] - score[~truth][None, :]
    pairs = np.mean((difference > 0) + 0.5 * (difference == 0))
    assert auc_score(truth, score) == pytest.approx(pairs, abs=1e-12)
    assert auc_score(truth, score) == pytest.approx(roc_auc_score(truth, score), abs=1e-12)


@given(graded())
def test_curve_rises_from_the_origin_to_the_corner(data):
    curve = roc_curve(*data)
    for rate in (curve.false_positive_rate, curve.true_positive_rate):
        assert rate[0] == 0
        assert rate[-1] == 1
        assert np.all(np.diff(rate) >= 0)


def test_sensitivity_takes_the_upper_end_of_a_step_and_interpolates():
    curve = roc_curve(TRUTH, SCORE)
    np.testing.assert_allclose(curve.sensitivity_at([1, 0.875, 0.75, 0]), [1 / 3, 2 / 3, 1, 1])
    with pytest.raises(StatisticsError, match="specificity"):
        curve.sensitivity_at(90)


def test_sensitivity_is_not_moved_by_rounding_of_the_specificity():
    truth = np.r_[np.ones(2, bool), np.zeros(10, bool)]
    curve = roc_curve(
        truth, np.r_[10.0, 8.5, np.arange(10)]
    )  # one of ten negatives above the second positive
    assert 1 - 0.9 != 0.1
    assert float(curve.sensitivity_at(0.9)) == 1


@pytest.mark.parametrize(
    ("truth", "score", "message"),
    [
        ([1, 1], [1, 2], "both classes"),
        ([0, 0], [1, 2], "both classes"),
        ([0, None], [1, 2], "truth of a case is missing"),
        ([0.0, np.nan], [1, 2], "truth of a case is missing"),
        (pd.array([True, None], dtype="boolean"), [1, 2], "truth of a case is missing"),
        (np.array([True, "no"], dtype=object), [1, 2], "Truth must be binary"),
        ([0, 1], [1, np.nan], "missing or infinite"),
        ([0, 1], [1, np.inf], "missing or infinite"),
        ([0, 1], [1, 2, 3], "same cases"),
        ([0, 2], [1, 2], "binary"),
        (["a", "b"], [1, 2], "binary"),
        ([[0, 1]], [[1, 2]], "flat"),
        ([0, 1], ["x", "y"], "numbers"),
    ],
)
def test_what_cannot_be_analysed_is_named(truth, score, message):
    with pytest.raises(StatisticsError, match=message):
        roc_curve(truth, score)


def test_truths_may_be_objects():
    assert auc_score(np.array([True, False, 1], dtype=object), [3, 1, 2]) == 1


def test_boolean_scores_are_a_curve_of_one_point():
    assert roc_curve([1, 1, 0], np.array([True, False, False])).auc == 0.75
