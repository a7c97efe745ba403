from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dls.errors import StatisticsError
from dls.stats.mcnemar import exact_pvalues, mcnemar, mcnemar_counts, paired_accuracy
from dls.stats.proportions import clopper_pearson
from tests.stats.reference import r_statistics

cells = st.tuples(*[st.integers(0, 60)] * 4).filter(any)


@st.composite
def two_columns(draw):
    n = draw(st.integers(1, 40))
    return draw(hnp.arrays(bool, n)), draw(hnp.arrays(bool, n))


def by_fractions(only_a, only_b):
    """Two-sided exact and mid-p from whole numbers: every split at most as likely as the one seen."""
    n = only_a + only_b
    likely = [comb(n, k) for k in range(n + 1)]
    as_extreme = sum(x for x in likely if x <= likely[only_a])
    same = sum(x for x in likely if x == likely[only_a])
    exact = Fraction(as_extreme, 2**n)
    return float(exact), float(exact - Fraction(same, 2**n) / 2)


def test_values_of_r():
    r = r_statistics()
    result = mcnemar_counts(794, 86, 150, 570)
    assert result.p_exact == pytest.approx(3.71593613957143e-05, rel=1e-12)
    assert result.p_exact == pytest.approx(r["mcnemar_86_150_p_exact"], rel=1e-12)
    assert result.statistic == pytest.approx(r["mcnemar_86_150_chi2"], rel=1e-13)
    assert result.p_asymptotic == pytest.approx(r["mcnemar_86_150_p"], rel=1e-12)
    assert result.statistic_corrected == pytest.approx(r["mcnemar_86_150_chi2_corrected"], rel=1e-13)
    assert result.p_corrected == pytest.approx(r["mcnemar_86_150_p_corrected"], rel=1e-12)
    assert exact_pvalues(1, 7) == pytest.approx((0.0703125, 0.0390625), abs=1e-15)


def test_newcombes_example():
    # Newcombe 1998, Stat Med 17:2635, table III, method 10: 36, 12, 2, 0
    result = mcnemar_counts(36, 12, 2, 0)
    assert result.difference == pytest.approx(0.2)
    assert tuple(result.interval) == pytest.approx((0.0569, 0.3404), abs=5e-5)


@given(st.integers(0, 30), st.integers(0, 30))
def test_exact_and_mid_p_by_whole_numbers(only_a, only_b):
    assume(only_a + only_b > 0)
    assert exact_pvalues(only_a, only_b) == pytest.approx(by_fractions(only_a, only_b), abs=1e-12)


@given(cells)
def test_exchanging_sides_turns_the_difference_round(table):
    both, only_a, only_b, neither = table
    one, other = mcnemar_counts(*table), mcnemar_counts(both, only_b, only_a, neither)
    assert (one.p_exact, one.p_mid, one.p_corrected) == (other.p_exact, other.p_mid, other.p_corrected)
    assert one.difference == -other.difference
    assert tuple(one.interval) == pytest.approx((-other.interval.high, -other.interval.low), abs=1e-12)
    assert one.interval.low <= one.difference + 1e-12
    assert one.difference <= one.interval.high + 1e-12
    assert 0 < one.p_mid <= one.p_exact <= 1
    assert one.p_asymptotic <= one.p_corrected <= 1


@given(cells)
def test_exchanging_right_and_wrong_only_turns_the_difference_round(table):
    both, only_a, only_b, neither = table
    one, other = mcnemar_counts(*table), mcnemar_counts(neither, only_b, only_a, both)
    assert one.p_exact == other.p_exact
    assert tuple(one.interval) == pytest.approx((-other.interval.high, -other.interval.low), abs=1e-9)


@given(cells, st.integers(0, 1000))
def test_concordant_cases_do_not_move_the_test(table, more):
    both, only_a, only_b, neither = table
    assert mcnemar_counts(both + more, only_a, only_b, neither).p_exact == mcnemar_counts(*table).p_exact


@given(two_columns(), st.randoms(use_true_random=False))
def test_order_of_cases_is_irrelevant(columns, random):
    a, b = columns
    order = list(range(a.size))
    random.shuffle(order)
    assert mcnemar(a, b) == mcnemar(a[order], b[order])


def test_columns_counted_by_hand():
    result = mcnemar([1, 1, 1, 0, 0], [1, 0, 0, 1, 0])
    assert (result.both, result.only_a, result.only_b, result.neither, result.n) == (1, 2, 1, 1, 5)
    assert (result.a.count, result.b.count) == (3, 2)
    assert result.a.interval == clopper_pearson(3, 5)


def test_identical_calls_give_one_never_zero():
    result = mcnemar([1, 0, 1], [1, 0, 1])
    assert (result.p_exact, result.p_mid, result.p_asymptotic, result.p_corrected) == (1, 1, 1, 1)
    assert (result.statistic, result.difference) == (0, 0)


def test_the_exact_test_keeps_its_level():
    # all splits of 12 discordant pairs, weighted by their probability when both sides are equally good
    rejected = sum(comb(12, k) / 2**12 for k in range(13) if exact_pvalues(k, 12 - k)[0] <= 0.05)
    rejected_mid = sum(comb(12, k) / 2**12 for k in range(13) if exact_pvalues(k, 12 - k)[1] <= 0.05)
    assert rejected <= 0.05
    assert rejected <= rejected_mid <= 0.06


def test_coverage_of_the_difference():
    generator = np.random.default_rng(1)
    tables = generator.multinomial(99, [0.8, 0.1, 0.05, 0.05], size=1500)
    covered = np.mean([0.05 in mcnemar_counts(*map(int, t)).interval for t in tables])
    assert 0.935 < covered < 0.975


def test_sensitivity_and_specificity_apart():
    positive = [1, 1, 1, 0, 0, 0, 1]
    a, b = [1, 1, 0, 0, 1, 0, None], [0, 1, 0, 0, 0, 1, 1]
    result = paired_accuracy(positive, a, b)
    assert (result.sensitivity.only_a, result.sensitivity.only_b, result.sensitivity.n) == (1, 0, 3)
    assert (result.specificity.only_a, result.specificity.only_b, result.specificity.n) == (1, 1, 3)
    assert result.n_missing == 1
    assert result.summary.loc["specificity", "p_exact"] == 1


def test_one_class_has_one_side():
    result = paired_accuracy([True, True], [True, False], [True, True])
    assert result.specificity is None
    assert list(result.summary.index) == ["sensitivity"]


@pytest.mark.parametrize(
    "call",
    [
        lambda: mcnemar([], []),
        lambda: mcnemar([1, 0], [1]),
        lambda: mcnemar([1, np.nan], [1, 0]),
        lambda: mcnemar([1, 3], [1, 0]),
        lambda: mcnemar_counts(0, 0, 0, 0),
        lambda: mcnemar_counts(1, -1, 0, 0),
        lambda: paired_accuracy([1, 0], [None, 1], [1, None]),
        lambda: paired_accuracy([1, 0], [1, 1], [1]),
    ],
)
def test_what_is_no_paired_table_is_refused(call):
    with pytest.raises(StatisticsError):
        call()
