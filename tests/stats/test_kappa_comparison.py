import numpy as np
import pytest
from scipy.stats import norm

from dls.errors import StatisticsError
from dls.stats.agreement import cohen_kappa, kappa_from_table
from dls.stats.kappa_comparison import compare_correlated_kappas, compare_kappas

EVERITT = [[106, 10, 4], [22, 28, 10], [2, 12, 6]]  # Fleiss, Cohen and Everitt 1969


def test_comparison_of_independent_kappas_by_hand():
    a, b = kappa_from_table(EVERITT), kappa_from_table([[50, 10, 5], [8, 40, 6], [2, 9, 30]])
    result = compare_kappas(a, b)
    z = (a.kappa - b.kappa) / np.sqrt(a.se**2 + b.se**2)
    assert result.statistic == pytest.approx(z)
    assert result.pvalue == pytest.approx(2 * norm.sf(abs(z)))
    assert compare_kappas(b, a).difference == -result.difference


def test_comparison_of_identical_kappas_is_one():
    perfect = cohen_kappa([0, 1, 0, 1], [0, 1, 0, 1])
    assert compare_kappas(perfect, perfect).pvalue == 1
    truth = [0, 1, 2, 0, 1]
    assert compare_correlated_kappas(truth, truth, truth).pvalue == 1


def test_correlated_comparison_against_the_jackknife():
    generator = np.random.default_rng(5)
    truth = generator.integers(0, 3, 120)
    hard = generator.random(120) < 0.3
    a = np.where(hard, generator.integers(0, 3, 120), truth)
    b = np.where(hard & (generator.random(120) < 0.8), generator.integers(0, 3, 120), truth)
    result = compare_correlated_kappas(truth, a, b)

    def difference(kept):
        return cohen_kappa(truth[kept], a[kept]).kappa - cohen_kappa(truth[kept], b[kept]).kappa

    left_out = np.array([difference(np.arange(120) != i) for i in range(120)])
    jackknife = np.sqrt(119 / 120 * ((left_out - left_out.mean()) ** 2).sum())
    assert result.difference == pytest.approx(difference(slice(None)))
    assert result.se == pytest.approx(jackknife, rel=0.03)
    independent = compare_kappas(cohen_kappa(truth, a), cohen_kappa(truth, b))
    assert result.se < independent.se  # both err on the hard cases


def test_correlated_comparison_uses_the_common_subjects_and_categories():
    full = compare_correlated_kappas([0, 1, 2, 0, 1], [0, 1, 2, 1, 1], [0, 1, 0, 0, 0])
    more = compare_correlated_kappas(
        [0, 1, 2, 0, 1, 2, 0], [0, 1, 2, 1, 1, None, 0], [0, 1, 0, 0, 0, 2, None]
    )
    assert more.difference == pytest.approx(full.difference)
    assert more.se == pytest.approx(full.se)


def test_coverage_and_level_of_the_correlated_comparison():
    generator = np.random.default_rng(6)
    covered = rejected = 0
    for _ in range(300):
        truth = generator.integers(0, 3, 120)
        hard = generator.random(120) < 0.4
        guess = generator.integers(0, 3, (2, 120))
        a, b = np.where(hard & (generator.random((2, 120)) < 0.8), guess, truth)
        result = compare_correlated_kappas(truth, a, b)
        covered += 0.0 in result.interval
        rejected += result.pvalue < 0.05
    assert 0.92 < covered / 300 < 0.98
    assert covered + rejected == 300


def test_exchanging_the_raters_turns_the_difference_round():
    truth, a, b = [0, 1, 2, 0, 1], [0, 1, 2, 1, 1], [0, 1, 0, 0, 0]
    one, other = compare_correlated_kappas(truth, a, b), compare_correlated_kappas(truth, b, a)
    assert (other.difference, other.se, other.pvalue) == pytest.approx((-one.difference, one.se, one.pvalue))


def test_no_common_subject_is_refused():
    with pytest.raises(StatisticsError):
        compare_correlated_kappas([0, 1], [0, None], [None, 1])
