import numpy as np
import pytest
from hypothesis import given

from dls.errors import StatisticsError
from dls.stats.area_covariance import area_covariance, leave_one_out
from dls.stats.delong import placements
from dls.stats.roc import auc_score
from tests.stats.test_delong import naive_covariance, several_scores


@given(several_scores(k=2))
def test_the_jackknife_agrees_with_leaving_every_case_out(data):
    truth, scores = data
    n = truth.size
    left_out = np.array(
        [
            [auc_score(np.delete(truth, i), np.delete(scores[:, k], i)) for k in range(2)]
            for i in np.r_[np.flatnonzero(truth), np.flatnonzero(~truth)]
        ]
    )
    np.testing.assert_allclose(leave_one_out(placements(truth, scores[:, 0])), left_out[:, 0], atol=1e-12)
    areas, covariance = area_covariance(truth, scores, "jackknife")
    np.testing.assert_allclose(covariance, np.cov(left_out.T) * (n - 1) ** 2 / n, atol=1e-12)
    assert areas[1] == pytest.approx(auc_score(truth, scores[:, 1]))


@given(several_scores(k=2))
def test_delong(data):
    np.testing.assert_allclose(area_covariance(*data, "delong")[1], naive_covariance(*data)[1], atol=1e-14)


def test_the_only_case_of_a_class_cannot_be_left_out():
    with pytest.raises(StatisticsError, match="one case"):
        area_covariance([1, 0, 0], np.zeros((3, 1)))


def test_unknown_method():
    with pytest.raises(StatisticsError, match="covariance"):
        area_covariance([1, 0], np.zeros((2, 1)), "bootstrap")
