import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import gmean, ttest_1samp, ttest_rel

from dls.errors import StatisticsError
from dls.stats.reading_time import compare_times, reading_time
from tests.stats.reference import asah, r_statistics

seconds = hnp.arrays(np.float64, st.integers(2, 30), elements=st.floats(0.5, 600))


def test_ratio_of_r():
    r = r_statistics()
    values = asah()["s100b"].to_numpy()
    result = compare_times(values[:40], values[40:80])
    assert result.statistic == pytest.approx(r["log_ratio_t"], rel=1e-11)
    assert result.pvalue == pytest.approx(r["log_ratio_p"], rel=1e-11)
    assert tuple(np.log(tuple(result.interval))) == pytest.approx((r["log_ratio_low"], r["log_ratio_high"]))


@given(seconds)
def test_geometric_mean_is_scipys_and_lies_in_its_interval(times):
    result = reading_time(times)
    assert result.geometric_mean == pytest.approx(gmean(times))
    low, high = result.interval
    assert low <= result.geometric_mean * (1 + 1e-12)
    assert result.geometric_mean <= high * (1 + 1e-12)
    assert result.total == pytest.approx(times.sum())


@given(seconds, st.randoms(use_true_random=False))
def test_unit_and_order_are_irrelevant_to_the_ratio(times, random):
    other = times[::-1] * 1.3
    order = list(range(times.size))
    random.shuffle(order)
    one, same = compare_times(times, other), compare_times(60 * times[order], 60 * other[order])
    assert same.ratio == pytest.approx(one.ratio)
    back = compare_times(other, times)
    assert back.ratio == pytest.approx(1 / one.ratio)
    assert back.pvalue == pytest.approx(one.pvalue, abs=1e-6)


def test_the_paired_test_is_scipys():
    generator = np.random.default_rng(0)
    a, b = generator.lognormal(3, 0.5, (2, 25))
    expected = ttest_rel(np.log(a), np.log(b))
    result = compare_times(a, b)
    assert (result.statistic, result.pvalue, result.df) == pytest.approx(
        (expected.statistic, expected.pvalue, 24)
    )


def test_counted_by_hand_with_a_missing_time():
    result = reading_time([10, 40, np.nan, 20])
    assert result.geometric_mean == pytest.approx(20)
    assert (result.median, result.quartiles, result.total) == (20, (15, 30), 70)
    assert (result.n, result.n_missing) == (3, 1)
    assert compare_times([1, 2, np.nan], [1, 1, 1]).n_missing == 1


def test_identical_times_have_p_one_and_a_constant_ratio_zero():
    same = compare_times([3, 5, 9], [3, 5, 9])
    assert (same.ratio, same.statistic, same.pvalue) == (1, 0, 1)
    constant = compare_times([2, 2], [1, 1])
    assert (constant.ratio, constant.statistic, constant.pvalue) == (pytest.approx(2), np.inf, 0)


def test_coverage():
    generator = np.random.default_rng(2)
    covered = [30 in reading_time(generator.lognormal(np.log(30), 0.6, 40)).interval for _ in range(600)]
    assert 0.925 < np.mean(covered) < 0.975


@pytest.mark.parametrize("times", [[], [5], [5, np.nan], [5, 0], [5, -1], [5, np.inf]])
def test_what_is_no_time_is_refused(times):
    with pytest.raises(StatisticsError):
        reading_time(times)


def test_text_is_no_time():
    with pytest.raises(StatisticsError, match="no number"):
        reading_time(["quick", "slow"])
    with pytest.raises(StatisticsError, match="one-dimensional"):
        compare_times([[1, 2]], [[2, 3]])


@pytest.mark.parametrize("level", [0.5, 0.999])
def test_levels_are_those_of_t(level):
    a, b = np.random.default_rng(1).lognormal(3, 0.5, (2, 9))
    expected = ttest_rel(np.log(a), np.log(b)).confidence_interval(level)
    assert tuple(np.log(tuple(compare_times(a, b, level).interval))) == pytest.approx(tuple(expected))
    alone = ttest_1samp(np.log(a), 0).confidence_interval(level)
    assert tuple(np.log(tuple(reading_time(a, level).interval))) == pytest.approx(tuple(alone))


def test_columns_of_different_length_are_refused():
    with pytest.raises(StatisticsError):
        compare_times([1, 2], [1, 2, 3])
