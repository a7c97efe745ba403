import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import norm

from dls.errors import StatisticsError
from dls.stats import delong
from dls.stats.partial_auc import compare_partial_auc, partial_auc
from dls.stats.roc import roc_curve
from tests.stats.reference import asah, poor, proc
from tests.stats.test_delong import several_scores

RANGES = [(0.9, 1.0), (0.8, 1.0), (0.4, 0.8), (0.1, 0.35)]


@pytest.mark.parametrize("score", ["s100b", "ndka", "wfns"])
@pytest.mark.parametrize(("low", "high"), RANGES)
def test_proc_areas(score, low, high):
    for focus in ("specificity", "sensitivity"):
        result = partial_auc(poor(), asah()[score], low, high, focus=focus)
        assert result.area == pytest.approx(proc()[f"partial {focus} {low:g}-{high:g}", score], abs=1e-12)
    corrected = proc()[f"standardised specificity {low:g}-{high:g}", score]
    result = partial_auc(poor(), asah()[score], low, high)
    assert result.standardised == pytest.approx(corrected, abs=1e-12)


@given(several_scores(k=2), st.sampled_from(["specificity", "sensitivity"]))
def test_the_whole_range_is_delong(data, focus):
    truth, scores = data
    whole, whole_delong = partial_auc(truth, scores[:, 0], 0, focus=focus), delong.auc(truth, scores[:, 0])
    assert whole.area == pytest.approx(whole_delong.auc, abs=1e-12)
    assert whole.variance == pytest.approx(whole_delong.variance, abs=1e-14)
    assert whole.standardised == pytest.approx(whole_delong.auc, abs=1e-12)
    expected = delong.compare(truth, *scores.T)
    assume(not expected.degenerate)
    paired = compare_partial_auc(truth, *scores.T, 0, focus=focus)
    assert paired.difference == pytest.approx(expected.difference, abs=1e-12)
    assert paired.statistic == pytest.approx(expected.statistic, abs=1e-8)


@given(several_scores(k=1), st.floats(0, 0.9), st.floats(0.05, 1))
def test_the_area_is_the_integral_of_the_curve(data, low, width):
    truth, scores = data
    high = min(low + width, 1.0)
    curve = roc_curve(truth, scores[:, 0])
    x, y = curve.false_positive_rate, curve.true_positive_rate
    inside = (x > 1 - high) & (x < 1 - low)

    def end(at, side):  # the value on the side of the range
        step = y[np.abs(x - at) < 1e-12]
        return np.interp(at, x, y) if not step.size else (step.max() if side == "right" else step.min())

    xs = np.r_[1 - high, x[inside], 1 - low]
    ys = np.r_[end(1 - high, "right"), y[inside], end(1 - low, "left")]
    expected = np.trapezoid(ys, xs)
    assert partial_auc(truth, scores[:, 0], low, high).area == pytest.approx(expected, abs=1e-9)


@given(several_scores(k=1), st.floats(0.1, 0.9))
def test_parts_add_up(data, cut):
    truth, scores = data
    for focus in ("specificity", "sensitivity"):
        whole = partial_auc(truth, scores[:, 0], 0, 1, focus=focus).area
        parts = [partial_auc(truth, scores[:, 0], *ends, focus=focus).area for ends in ((0, cut), (cut, 1))]
        assert sum(parts) == pytest.approx(whole, abs=1e-9)


@given(several_scores(k=1))
def test_sensitivity_is_specificity_seen_from_the_other_class(data):
    truth, scores = data
    seen = partial_auc(truth, scores[:, 0], 0.6, 0.9, focus="sensitivity")
    mirrored = partial_auc(~truth, -scores[:, 0], 0.6, 0.9)
    assert seen.area == pytest.approx(mirrored.area, abs=1e-12)
    assert seen.variance == pytest.approx(mirrored.variance, abs=1e-12)
    assert partial_auc(truth, -scores[:, 0], 0.6, 0.9, direction="lower").area == pytest.approx(
        partial_auc(truth, scores[:, 0], 0.6, 0.9).area, abs=1e-12
    )


def test_variance_is_near_the_jackknife():
    generator = np.random.default_rng(1)
    truth = generator.random(200) < 0.4
    score = np.round(generator.normal(size=200) + 1.2 * truth, 1)
    for low, high in RANGES:
        left_out = np.array(
            [partial_auc(np.delete(truth, i), np.delete(score, i), low, high).area for i in range(200)]
        )
        jackknife = np.sum((left_out - left_out.mean()) ** 2) * 199 / 200
        assert partial_auc(truth, score, low, high).variance == pytest.approx(jackknife, rel=0.15)


@pytest.mark.parametrize("focus", ["specificity", "sensitivity"])
@pytest.mark.parametrize("level", [0.5, 0.95])
def test_intervals_are_those_of_wald(focus, level):
    z = norm.ppf((1 + level) / 2)
    one, other = (
        partial_auc(poor(), asah()[score], 0.6, 0.9, level, focus=focus) for score in ("s100b", "ndka")
    )
    half = z * np.sqrt(one.variance)
    assert tuple(one.interval) == pytest.approx((one.area - half, one.area + half))
    width = 0.3 - (0.4**2 - 0.1**2) / 2  # above chance
    assert one.standardised_interval.high == pytest.approx(one.standardised + half / width / 2)
    assert (one.n_positive, one.n_negative) == (41, 72)
    both = compare_partial_auc(
        poor(), asah()["s100b"], asah()["ndka"], 0.6, 0.9, focus=focus, confidence_level=level
    )
    assert (both.a, both.b) == (one, other)
    assert both.difference == pytest.approx(one.area - other.area)
    half = z * np.sqrt(both.variance)
    assert tuple(both.interval) == pytest.approx((both.difference - half, both.difference + half))
    assert both.statistic == pytest.approx(both.difference / np.sqrt(both.variance))
    assert both.pvalue == pytest.approx(2 * norm.sf(abs(both.statistic)))


def test_coverage():
    generator = np.random.default_rng(4)
    truth = np.r_[np.ones(70, bool), np.zeros(90, bool)]
    x = np.linspace(0, 0.3, 30_001)[1:]
    expected = np.trapezoid(np.r_[0, norm.cdf(norm.ppf(x) + 1.2)], np.r_[0, x])
    found = [partial_auc(truth, generator.normal(size=160) + 1.2 * truth, 0.7).interval for _ in range(600)]
    assert 0.92 <= np.mean([expected in interval for interval in found]) <= 0.975


def test_perfect_curve_is_flagged():
    perfect = partial_auc([1, 1, 0, 0, 0], [5, 4, 3, 2, 1], 0.8)
    assert perfect.area == pytest.approx(0.2)
    assert perfect.standardised == pytest.approx(1)
    assert (perfect.variance, perfect.degenerate) == (0.0, True)
    summary = perfect.summary.iloc[0]
    assert summary["area"] == perfect.area


def test_identical_curves_do_not_differ_and_areas_without_variance_are_refused():
    same = compare_partial_auc(poor(), asah()["wfns"], 2 * asah()["wfns"], 0.9)
    assert (same.difference, same.statistic, same.pvalue) == (0.0, 0.0, 1.0)
    assert (tuple(same.interval), same.variance) == ((0.0, 0.0), 0.0)
    with pytest.raises(StatisticsError, match="undefined"):
        compare_partial_auc([1, 1, 0, 0], [4, 3, 2, 1], [1, 2, 3, 4], 0.5)


@pytest.mark.parametrize(("low", "high"), [(0.9, 0.9), (1, 0.9), (-0.1, 1), (90, 100), (np.nan, 1)])
def test_ranges_that_are_none(low, high):
    with pytest.raises(StatisticsError, match="range"):
        partial_auc(poor(), asah()["wfns"], low, high)


def test_one_case_of_a_class_is_refused():
    for truth in ([1, 0, 0], [1, 1, 0]):
        with pytest.raises(StatisticsError, match="one case"):
            partial_auc(truth, [1, 2, 3], 0.9)
