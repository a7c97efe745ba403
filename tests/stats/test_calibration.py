import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.optimize import minimize
from scipy.special import expit, logit

from dls.errors import StatisticsError
from dls.stats.brier import brier_score, multiclass_brier_score
from dls.stats.calibration import calibration, calibration_line, classwise_calibration, reliability_curve
from dls.stats.proportions import wilson
from tests.stats.reference import asah, poor, r_statistics


@st.composite
def predictions(draw):
    n = draw(st.integers(4, 40))
    truth = draw(hnp.arrays(bool, n))
    p = draw(hnp.arrays(np.int64, n, elements=st.integers(1, 19))) / 20
    assume(0 < truth.sum() < n)
    return truth, p


def overlapping(truth, p):
    return p[truth].min() < p[~truth].max() and p[~truth].min() < p[truth].max()


def simulated(seed, n=400, intercept=0.0, slope=1.0):
    generator = np.random.default_rng(seed)
    x = generator.normal(scale=1.5, size=n)
    return generator.random(n) < expit(intercept + slope * x), expit(x)


def test_lines_of_glm():
    r = r_statistics()
    p = expit(4 * asah()["s100b"] - 1.5)
    line = calibration_line(poor(), p)
    assert line.intercept == pytest.approx(r["calibration_intercept"], abs=1e-11)
    assert line.intercept_se == pytest.approx(r["calibration_intercept_se"], rel=1e-10)
    assert line.slope == pytest.approx(r["calibration_slope"], abs=1e-11)
    assert line.slope_se == pytest.approx(r["calibration_slope_se"], rel=1e-9)
    assert line.joint_intercept == pytest.approx(r["calibration_joint_intercept"], abs=1e-11)
    for level, z in ((0.95, 1.959963984540054), (0.5, 0.6744897501960817)):
        found = calibration_line(poor(), p, level)
        for value, error, interval in (
            (line.intercept, line.intercept_se, found.intercept_interval),
            (line.slope, line.slope_se, found.slope_interval),
        ):
            assert tuple(interval) == pytest.approx((value - z * error, value + z * error), rel=1e-12)
    assert line.joint_intercept_se == pytest.approx(r["calibration_joint_intercept_se"], rel=1e-9)
    assert brier_score(poor(), p).score == pytest.approx(r["brier"], abs=1e-14)


@given(predictions())
def test_the_line_has_the_highest_likelihood(case):
    truth, p = case
    assume(overlapping(truth, p))
    line = calibration_line(truth, p)
    x = logit(p)

    def loss(b):
        eta = b[0] + b[1] * x
        return (np.logaddexp(0, eta) - truth * eta).sum()

    best = minimize(loss, [0.0, 1.0], method="BFGS")
    assert loss([line.joint_intercept, line.slope]) <= best.fun + 1e-8
    # score equation of the calibration in the large: expected and observed positives are equal
    assert expit(line.intercept + x).sum() == pytest.approx(truth.sum(), abs=1e-7)


@given(predictions())
def test_opposite_class_mirrors_the_intercept_and_keeps_the_slope(case):
    truth, p = case
    assume(overlapping(truth, p))
    one, other = calibration_line(truth, p), calibration_line(~truth, 1 - p)
    assert other.slope == pytest.approx(one.slope, rel=1e-6, abs=1e-6)
    assert other.intercept == pytest.approx(-one.intercept, rel=1e-6, abs=1e-6)


def test_recalibrated_probabilities_have_intercept_zero_and_slope_one():
    truth, p = simulated(0, slope=0.6, intercept=0.4)
    line = calibration_line(truth, p)
    assert line.slope < 0.8
    again = calibration_line(truth, expit(line.joint_intercept + line.slope * logit(p)))
    assert (again.intercept, again.slope) == pytest.approx((0, 1), abs=1e-9)


def test_coverage_of_intercept_and_slope():
    lines = [calibration_line(*simulated(seed, intercept=0.3, slope=0.8)) for seed in range(300)]
    assert 0.91 < np.mean([0.8 in line.slope_interval for line in lines]) < 0.985
    honest = [calibration_line(*simulated(seed)) for seed in range(300)]
    assert 0.91 < np.mean([0.0 in line.intercept_interval for line in honest]) < 0.985


def test_an_intercept_far_away_is_found():
    # all but a few are ill, and the model calls it all but impossible
    truth, p = np.array([True] * 500 + [False] * 3), np.r_[np.full(499, 1e-6), 2e-6, 1e-6, 0.3, 0.3]
    line = calibration_line(truth, p)
    assert expit(line.intercept + logit(p)).sum() == pytest.approx(500, abs=1e-6)
    assert (line.joint_intercept + line.slope * logit(1e-6)) > 0 > line.slope


def test_certain_probabilities_are_clipped_and_counted():
    line = calibration_line([1, 0, 1, 0, 0, 1], [1.0, 0.0, 0.4, 0.6, 0.2, 0.7])
    assert line.n_clipped == 2
    assert np.isfinite([line.slope, line.intercept]).all()


@pytest.mark.parametrize(
    ("truth", "p", "message"),
    [
        ([1, 1, 1], [0.2, 0.4, 0.6], "one class"),
        ([1, 0, 1], [0.5, 0.5, 0.5], "same probability"),
        ([1, 1, 0, 0], [0.9, 0.8, 0.3, 0.2], "separate"),
        ([1, 1, 0, 0], [0.9, 0.5, 0.5, 0.2], "separate"),
        ([0, 0, 1, 1], [0.9, 0.8, 0.3, 0.2], "separate"),
    ],
)
def test_lines_that_do_not_exist_are_named(truth, p, message):
    with pytest.raises(StatisticsError, match=message):
        calibration_line(truth, p)
    result = calibration(truth, p)
    assert result.line is None
    assert message in result.line_problem
    assert result.brier.n == len(p)


def test_reliability_counted_by_hand():
    truth = [0, 0, 1, 1, 0, 1]
    p = [0.1, 0.15, 0.12, 0.8, 0.9, 1.0]
    curve = reliability_curve(truth, p, n_bins=2, strategy="uniform")
    assert curve.n.tolist() == [3, 3]
    np.testing.assert_allclose(curve.predicted, [0.37 / 3, 0.9])
    np.testing.assert_allclose(curve.observed, [1 / 3, 2 / 3])
    assert (curve.low[0], curve.high[0]) == pytest.approx(tuple(wilson(1, 3)))
    assert curve.expected_calibration_error == pytest.approx((abs(1 / 3 - 0.37 / 3) + abs(2 / 3 - 0.9)) / 2)
    assert len(curve.summary) == 2


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
@given(predictions(), st.integers(1, 12), st.randoms(use_true_random=False))
def test_bins_hold_every_case_once_in_any_order(strategy, case, n_bins, random):
    truth, p = case
    order = list(range(p.size))
    random.shuffle(order)
    curve = reliability_curve(truth, p, n_bins, strategy)
    other = reliability_curve(truth[order], p[order], n_bins, strategy)
    assert curve.n.sum() == p.size
    assert (curve.n * curve.observed).sum() == pytest.approx(truth.sum())
    assert (curve.n * curve.predicted).sum() == pytest.approx(p.sum())
    assert (np.diff(curve.predicted) > 0).all()
    np.testing.assert_allclose(other.predicted, curve.predicted)
    np.testing.assert_array_equal(other.n, curve.n)


def test_bins_are_of_equal_width_or_of_equal_size():
    truth, p = [0, 0, 1, 0, 1, 1], [0.01, 0.02, 0.03, 0.04, 0.9, 0.95]
    assert reliability_curve(truth, p, 2, "uniform").n.tolist() == [4, 2]
    assert reliability_curve(truth, p, 2, "quantile").n.tolist() == [3, 3]
    assert reliability_curve(truth, p, 2).method == "quantile bins, Wilson intervals"


def test_a_probability_on_a_cut_belongs_to_the_bin_above():
    p = np.arange(11) / 10
    curve = reliability_curve(p > 0.45, p, n_bins=10, strategy="uniform")
    np.testing.assert_allclose(curve.predicted, [*p[:9], 0.95])
    assert curve.n.tolist() == [1] * 9 + [2]


def test_equal_probabilities_are_one_bin():
    curve = reliability_curve([1, 0, 1], [0.4, 0.4, 0.4])
    assert (curve.n.tolist(), curve.observed.tolist()) == ([3], [2 / 3])


def test_classes_are_calibrated_one_against_the_rest():
    generator = np.random.default_rng(0)
    p = generator.dirichlet([1, 1, 1], 300)
    target = np.array([generator.choice(3, p=row) for row in p])
    results = classwise_calibration(target, p, ["a", "b", "c"])
    assert [c.name for c in results] == ["a", "b", "c"]
    assert results[1].line == calibration_line(target == 1, p[:, 1])
    assert sum(c.brier.score for c in results) == pytest.approx(multiclass_brier_score(target, p).score)
    for c in results:
        assert 1.0 in c.line.slope_interval


@pytest.mark.parametrize(
    "call",
    [
        lambda: reliability_curve([1, 0], [0.5, 0.2], n_bins=0),
        lambda: reliability_curve([1, 0], [0.5, 0.2], strategy="kmeans"),
        lambda: classwise_calibration([0, 1], [[0.5, 0.5], [0.5, 0.5]], ["a"]),
        lambda: calibration([1], [0.5]),
        lambda: calibration_line([1, 0], [0.5, np.nan]),
    ],
)
def test_what_is_no_prediction_is_refused(call):
    with pytest.raises(StatisticsError):
        call()
