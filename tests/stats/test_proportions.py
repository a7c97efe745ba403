import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from dls.errors import StatisticsError
from dls.stats.proportions import clopper_pearson, diagnostic_accuracy, proportion, wilson
from tests.stats.reference import r_statistics


@st.composite
def counts(draw, most=400):
    n = draw(st.integers(1, most))
    return draw(st.integers(0, n)), n


def test_limits_of_r():
    r = r_statistics()
    assert tuple(clopper_pearson(34, 38)) == pytest.approx(
        (r["clopper_pearson_34_38_low"], r["clopper_pearson_34_38_high"]), abs=1e-14
    )
    assert tuple(clopper_pearson(7, 9, 0.9)) == pytest.approx(
        (r["clopper_pearson_7_9_90_low"], r["clopper_pearson_7_9_90_high"]), abs=1e-14
    )
    assert tuple(wilson(34, 38)) == pytest.approx((r["wilson_34_38_low"], r["wilson_34_38_high"]), abs=1e-14)
    assert tuple(wilson(81, 263)) == pytest.approx((0.25528852, 0.36620958), abs=5e-9)


@given(counts())
def test_clopper_pearson_limits_are_where_the_binomial_tails_are_half_of_alpha(case):
    count, n = case
    low, high = clopper_pearson(count, n)
    if count > 0:
        assert binom.sf(count - 1, n, low) == pytest.approx(0.025, rel=1e-9)
    if count < n:
        assert binom.cdf(count, n, high) == pytest.approx(0.025, rel=1e-9)


@given(counts(60))
def test_both_equal_scipy(case):
    result = binomtest(*case)
    assert tuple(clopper_pearson(*case)) == pytest.approx(
        tuple(result.proportion_ci(method="exact")), abs=1e-9
    )
    assert tuple(wilson(*case)) == pytest.approx(tuple(result.proportion_ci(method="wilson")), abs=1e-12)


@given(counts(), st.floats(0.5, 0.99))
def test_failures_mirror_successes(case, level):
    count, n = case
    for interval in (clopper_pearson, wilson):
        low, high = interval(count, n, level)
        mirrored = interval(n - count, n, level)
        assert (1 - mirrored.high, 1 - mirrored.low) == pytest.approx((low, high), abs=1e-12)
        assert 0 <= low <= count / n <= high <= 1


@pytest.mark.parametrize(("n", "p"), [(9, 0.8), (47, 0.87), (102, 0.94)])
def test_coverage(n, p):
    # exact: every count weighted by its probability
    covered = {
        name: sum(binom.pmf(k, n, p) for k in range(n + 1) if p in interval(k, n))
        for name, interval in (("exact", clopper_pearson), ("wilson", wilson))
    }
    assert covered["exact"] >= 0.95
    assert 0.89 < covered["wilson"] < 0.99


def test_none_and_all_end_at_zero_and_one():
    assert proportion(0, 9).interval.low == 0.0
    assert proportion(9, 9).interval.high == 1.0
    assert proportion(9, 9, method="Wilson").interval.high == 1.0
    assert proportion(9, 9).interval.low == pytest.approx(0.025 ** (1 / 9))


def test_a_result_names_its_method_and_source():
    result = proportion(34, 38)
    assert (result.method, result.confidence_level) == ("Clopper-Pearson", 0.95)
    assert "1934" in result.reference
    assert result.summary.iloc[0][["count", "n"]].tolist() == [34, 38]


@pytest.mark.parametrize(
    ("count", "n", "level"), [(0, 0, 0.95), (5, 4, 0.95), (-1, 4, 0.95), (1.5, 4, 0.95), (1, 4, 1.0)]
)
def test_impossible_arguments_are_refused(count, n, level):
    for interval in (clopper_pearson, wilson):
        with pytest.raises(StatisticsError):
            interval(count, n, level)


def test_an_unknown_interval_is_refused():
    with pytest.raises(StatisticsError, match="Unknown interval"):
        proportion(1, 2, method="Wald")


def test_accuracy_counted_by_hand():
    result = diagnostic_accuracy([1, 1, 1, 0, 0, 1], [True, False, True, False, True, None])
    assert (result.sensitivity.count, result.sensitivity.n) == (2, 3)
    assert (result.specificity.count, result.specificity.n) == (1, 2)
    assert (result.accuracy.count, result.accuracy.n, result.n_missing) == (3, 5, 1)
    assert list(result.summary.index) == ["sensitivity", "specificity", "accuracy"]


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
def test_a_missing_call_is_missing_however_it_is_written(missing):
    result = diagnostic_accuracy([1, 0, 1, 0], np.array([True, False, missing, True], dtype=object))
    assert (result.sensitivity.n, result.specificity.count, result.n_missing) == (1, 1, 1)
    nullable = pd.array([True, False, None, True], dtype="boolean")
    assert diagnostic_accuracy([1, 0, 1, 0], nullable) == result


def test_one_class_has_no_specificity():
    result = diagnostic_accuracy([True, True], [True, False])
    assert result.specificity is None
    assert list(result.summary.index) == ["sensitivity", "accuracy"]


@pytest.mark.parametrize(
    ("positive", "called"),
    [
        ([], []),
        ([1, 0], [1]),
        ([1, 2], [1, 0]),
        ([1, np.nan], [1, 0]),
        ([1, 0], [None, np.nan]),
        ([1, 0], [1, np.inf]),
        ([[1], [0]], [1, 0]),
    ],
)
def test_calls_that_are_none_are_refused(positive, called):
    with pytest.raises(StatisticsError):
        diagnostic_accuracy(positive, called)
