from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import norm

from dls.errors import StatisticsError
from dls.stats.delong import (
    auc,
    compare,
    compare_many,
    compare_unpaired,
    delong_covariance,
    newcombe_interval,
    placements,
)
from tests.stats.reference import asah, poor, proc

SCORES = ("s100b", "ndka", "wfns")


def naive_covariance(truth, scores):
    """DeLong's definition, one comparison a pair of cases: O(m n) for every score."""
    v10, v01 = [], []
    for score in np.asarray(scores, dtype=float).T:
        gap = score[truth][:, None] - score[~truth][None, :]
        psi = (gap > 0) + 0.5 * (gap == 0)
        v10.append(psi.mean(axis=1))
        v01.append(psi.mean(axis=0))
    m, n = len(v10[0]), len(v01[0])
    return np.mean(v10, axis=1), np.atleast_2d(np.cov(v10)) / m + np.atleast_2d(np.cov(v01)) / n


@st.composite
def several_scores(draw, k=2):
    """Truth (n,) with two cases or more of each class, and scores (n, k) full of ties."""
    n = draw(st.integers(4, 30))
    truth = draw(hnp.arrays(bool, n))
    truth[:4] = [True, True, False, False]
    return truth, draw(hnp.arrays(np.int64, (n, k), elements=st.integers(-5, 5)))


@pytest.mark.parametrize("score", SCORES)
def test_proc_area_variance_and_interval(score):
    expected = proc()
    result = auc(poor(), asah()[score])
    assert result.auc == pytest.approx(expected["auc", score], abs=1e-14)
    assert result.variance == pytest.approx(expected["variance", score], abs=1e-15)
    assert result.interval.low == pytest.approx(expected["low", score], abs=1e-12)
    assert result.interval.high == pytest.approx(expected["high", score], abs=1e-12)
    narrower = auc(poor(), asah()[score], 0.9).interval
    assert tuple(narrower) == pytest.approx((expected["low90", score], expected["high90", score]), abs=1e-12)
    assert (result.n_positive, result.n_negative, result.degenerate) == (41, 72, False)


@pytest.mark.parametrize("pair", ["s100b-ndka", "wfns-ndka", "wfns-s100b"])
def test_proc_paired_and_unpaired_tests(pair):
    expected = proc()
    a, b = (asah()[name] for name in pair.split("-"))
    paired = compare(poor(), a, b)
    assert paired.statistic == pytest.approx(expected["z", pair], abs=1e-12)
    assert paired.pvalue == pytest.approx(expected["p", pair], abs=1e-12)
    limits = (expected["difference low", pair], expected["difference high", pair])
    assert tuple(paired.interval) == pytest.approx(limits, abs=1e-12)
    assert delong_covariance(poor(), np.stack([a, b], axis=1))[1][0, 1] == pytest.approx(
        expected["covariance", pair], abs=1e-15
    )
    unpaired = compare_unpaired(poor(), a, poor(), b)
    assert unpaired.statistic == pytest.approx(expected["unpaired t", pair], abs=1e-12)
    assert unpaired.df == pytest.approx(expected["unpaired df", pair], abs=1e-9)
    assert unpaired.pvalue == pytest.approx(expected["unpaired p", pair], abs=1e-12)


def test_three_curves():
    # DeLong's chi-square of the three curves from pROC 1.18.0's covariance matrix
    result = compare_many(poor(), {name: asah()[name] for name in SCORES})
    assert result.statistic == pytest.approx(12.5127282824, abs=1e-9)
    assert result.df == 2
    assert result.pvalue == pytest.approx(0.00191820746461, abs=1e-13)
    z = {(pair.a, pair.b): pair for pair in result.pairs}
    assert z["s100b", "wfns"].comparison.statistic == pytest.approx(-2.20898359144091, abs=1e-12)
    assert z["s100b", "wfns"].p_holm == pytest.approx(2 * 0.0271757822291882, abs=1e-12)
    assert list(result.summary["a"]) == ["s100b", "s100b", "ndka"]


def test_two_curves_give_the_paired_test_and_one_gives_none():
    both = compare_many(poor(), {"a": asah()["s100b"], "b": asah()["wfns"]})
    assert both.statistic == pytest.approx(both.pairs[0].comparison.statistic ** 2, rel=1e-12)
    assert both.pvalue == pytest.approx(both.pairs[0].comparison.pvalue, rel=1e-10)
    alone = compare_many(poor(), {"a": asah()["s100b"]})
    assert (alone.pairs, alone.statistic, alone.df, alone.pvalue) == ((), 0.0, 0, 1.0)


@given(several_scores(k=3))
def test_sorting_agrees_with_comparing_every_pair_of_cases(data):
    truth, scores = data
    areas, covariance = delong_covariance(truth, scores)
    naive_areas, naive = naive_covariance(truth, scores)
    np.testing.assert_allclose(areas, naive_areas, atol=1e-14)
    np.testing.assert_allclose(covariance, naive, atol=1e-15)
    for i, j in combinations(range(3), 2):
        paired = compare(truth, scores[:, i], scores[:, j])
        variance = naive[i, i] + naive[j, j] - 2 * naive[i, j]
        assert paired.variance == pytest.approx(variance, abs=1e-14)


@given(several_scores())
def test_only_the_order_of_scores_matters(data):
    truth, scores = data
    rescored = np.exp(scores / 3) - 7
    assert compare(truth, *scores.T) == compare(truth, *rescored.T)


@given(several_scores(), st.randoms(use_true_random=False))
def test_order_of_cases_does_not_matter(data, random):
    truth, scores = data
    order = list(range(truth.size))
    random.shuffle(order)
    a, b = compare(truth, *scores.T), compare(truth[order], *scores[order].T)
    assert a.difference == b.difference
    assert a.pvalue == pytest.approx(b.pvalue, rel=1e-9)


@given(several_scores())
def test_swapping_classes_mirrors_the_area(data):
    truth, scores = data
    a, mirrored = auc(truth, scores[:, 0]), auc(~truth, scores[:, 0])
    assert mirrored.auc == pytest.approx(1 - a.auc, abs=1e-15)
    assert mirrored.variance == pytest.approx(a.variance, abs=1e-16)
    assert mirrored.interval.low == pytest.approx(1 - a.interval.high, abs=1e-9)
    reversed_score = auc(truth, scores[:, 0], direction="lower")
    assert reversed_score.auc == pytest.approx(1 - a.auc, abs=1e-15)
    assert auc(truth, -scores[:, 0]).interval == reversed_score.interval


@given(several_scores())
def test_swapping_the_scores_changes_only_the_sign(data):
    truth, scores = data
    a, b = compare(truth, *scores.T), compare(truth, *scores.T[::-1])
    assert a.difference == -b.difference
    assert a.statistic == pytest.approx(-b.statistic, abs=1e-9)
    assert a.pvalue == pytest.approx(b.pvalue, abs=1e-9)
    assert tuple(a.interval) == pytest.approx((-b.interval.high, -b.interval.low), abs=1e-9)


@given(several_scores())
def test_a_p_value_is_one_for_identical_curves_and_never_zero(data):
    truth, scores = data
    same = compare(truth, scores[:, 0], 3 * scores[:, 0] + 1)
    assert (same.difference, same.statistic, same.pvalue) == (0.0, 0.0, 1.0)
    other = compare(truth, *scores.T)
    assert 0 < other.pvalue <= 1
    assert other.difference in other.interval


@given(several_scores(k=1))
def test_duplicating_every_case_keeps_the_area(data):
    truth, scores = data
    doubled = auc(np.tile(truth, 2), np.tile(scores[:, 0], 2))
    assert doubled.auc == auc(truth, scores[:, 0]).auc


def test_placements_are_whole_half_wins():
    placed = placements([1, 1, 0, 0, 0], [2.0, 1.0, 0.0, 1.0, 2.0])
    assert placed.of_positive.tolist() == [5, 3]
    assert placed.of_negative.tolist() == [4, 3, 1]
    assert placed.auc == 8 / 12


def test_perfect_separation_is_flagged_and_gets_newcombes_interval():
    truth = np.r_[np.ones(20, bool), np.zeros(30, bool)]
    perfect = auc(truth, truth.astype(float) + np.linspace(0, 0.5, 50))
    assert (perfect.auc, perfect.variance, perfect.degenerate) == (1.0, 0.0, True)
    assert perfect.interval == newcombe_interval(1.0, 20, 30)
    assert 0.8 < perfect.interval.low < 1
    assert perfect.interval.high == 1
    assert "degenerate" in perfect.method
    assert "Newcombe 2006" in perfect.reference


def test_newcombe_limits_solve_their_equation():
    # |area - theta| = z sqrt(V(theta)), Hanley & McNeil's V with both sample sizes replaced by their mean
    m, n, area = 41, 72, 0.731368563685637
    extra = (m + n) / 2 - 1
    for theta in newcombe_interval(area, m, n):
        spread = 1 + extra * (1 - theta) / (2 - theta) + extra * theta / (1 + theta)
        assert abs(area - theta) == pytest.approx(
            norm.isf(0.025) * np.sqrt(theta * (1 - theta) * spread / (m * n)), rel=1e-9
        )


@given(st.integers(2, 200), st.integers(2, 200), st.floats(0, 1))
def test_newcombe_interval_holds_the_area_and_mirrors(m, n, area):
    low, high = newcombe_interval(area, m, n)
    assert 0 <= low <= area <= high <= 1
    assert low < high
    mirrored = newcombe_interval(1 - area, m, n)
    assert mirrored.low == pytest.approx(1 - high, abs=1e-9)


def test_constant_score_is_chance_with_an_interval():
    flat = auc([1, 1, 0, 0, 0], [7, 7, 7, 7, 7])
    assert (flat.auc, flat.variance, flat.degenerate) == (0.5, 0.0, True)
    assert flat.interval.low < 0.3
    assert flat.interval.high > 0.7


def test_two_perfect_scores_do_not_differ():
    truth = np.r_[np.ones(20, bool), np.zeros(30, bool)]
    result = compare(truth, truth + np.linspace(0, 0.5, 50), truth - np.linspace(0, 0.5, 50))
    assert (result.difference, result.pvalue, result.degenerate) == (0.0, 1.0, True)
    assert result.interval.low < 0 < result.interval.high


def test_perfect_against_constant_score_has_a_test():
    truth = np.r_[np.ones(20, bool), np.zeros(30, bool)]
    result = compare(truth, truth.astype(int), np.zeros(50))
    assert (result.difference, result.variance, result.degenerate) == (0.5, 0.0, True)
    assert 0 < result.pvalue < 1e-4
    # the test inverts the interval: at its own level the interval just touches 0
    at_level = compare(truth, truth.astype(int), np.zeros(50), 1 - result.pvalue)
    assert at_level.interval.low == pytest.approx(0, abs=1e-9)
    unpaired = compare_unpaired(truth, truth.astype(int), truth, np.zeros(50))
    assert unpaired.pvalue == result.pvalue
    with pytest.raises(StatisticsError, match="no variance"):
        compare_many(truth, {"a": truth.astype(int), "b": np.zeros(50)})


def test_coinciding_curves_lower_the_degrees_of_freedom():
    scores = {"a": asah()["s100b"], "b": asah()["s100b"] * 2, "c": asah()["wfns"]}
    result = compare_many(poor(), scores)
    assert result.df == 1
    assert result.statistic == pytest.approx(2.20898359144091**2, rel=1e-9)
    same = compare_many(poor(), {"a": asah()["wfns"], "b": asah()["wfns"], "c": asah()["wfns"]})
    assert (same.df, same.statistic, same.pvalue) == (0, 0.0, 1.0)


@pytest.mark.parametrize("truth", [[1, 0, 0, 0], [0, 1, 1, 1]])
def test_one_case_of_a_class_has_an_area_but_no_variance(truth):
    with pytest.raises(StatisticsError, match="one case"):
        auc(truth, [1, 2, 3, 4])
    with pytest.raises(StatisticsError, match="one case"):
        compare(truth, [1, 2, 3, 4], [1, 2, 4, 3])


@pytest.mark.parametrize("level", [0, 1, 95])
def test_levels_outside_zero_and_one_are_refused(level):
    with pytest.raises(StatisticsError, match="level"):
        auc([1, 1, 0, 0], [1, 2, 3, 4], level)


def test_no_scores_at_all():
    with pytest.raises(StatisticsError, match="No score"):
        compare_many([1, 0], {})


def test_single_precision_scores_stay_inside_the_unit_interval():
    truth = np.r_[np.ones(40, bool), np.zeros(40, bool)]
    score = np.linspace(0, 1, 80, dtype=np.float32)[::-1].copy()
    score[[39, 40]] = score[[40, 39]]
    result = auc(truth, score)
    assert result.auc == 1 - 1 / 1600
    assert result.interval.high == 1


def test_a_million_cases():
    generator = np.random.default_rng(0)
    truth = generator.random(1_000_000) < 0.3
    score = generator.normal(size=truth.size) + truth
    result = compare(truth, score, score + generator.normal(size=truth.size))
    assert result.auc_a == pytest.approx(norm.cdf(1 / np.sqrt(2)), abs=0.002)
    assert 0 < result.variance < 1e-6


def test_coverage_of_intervals_and_size_of_the_test():
    generator = np.random.default_rng(20)
    truth = np.r_[np.ones(60, bool), np.zeros(80, bool)]
    expected = norm.cdf(1.2 / np.sqrt(2))
    covered, rejected, repeats = 0, 0, 1000
    for _ in range(repeats):
        shared = generator.normal(size=140) + 1.2 * truth
        a = shared + generator.normal(scale=0.5, size=140)
        b = shared + generator.normal(scale=0.5, size=140)
        covered += expected in auc(truth, shared).interval
        rejected += compare(truth, a, b).pvalue < 0.05
    assert 0.925 <= covered / repeats <= 0.97
    assert 0.03 <= rejected / repeats <= 0.07


@settings(max_examples=20)
@given(several_scores(), st.floats(0.5, 0.98))
def test_wider_levels_contain_narrower_ones(data, level):
    truth, scores = data
    narrow, wide = auc(truth, scores[:, 0], level).interval, auc(truth, scores[:, 0], 0.99).interval
    assert wide.low <= narrow.low
    assert narrow.high <= wide.high
