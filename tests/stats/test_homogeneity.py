import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dls.errors import StatisticsError
from dls.stats.homogeneity import bhapkar, bowker, stuart_maxwell
from dls.stats.mcnemar import mcnemar_counts
from tests.stats.reference import r_statistics, vision

ALL = (stuart_maxwell, bhapkar, bowker)
tables = hnp.arrays(np.int64, (4, 4), elements=st.integers(0, 30))


def test_eye_vision():
    r = r_statistics()
    maxwell, wald, symmetry = (test(vision()) for test in ALL)
    assert maxwell.statistic == pytest.approx(11.95656962, abs=5e-9)
    assert maxwell.statistic == pytest.approx(r["stuart_maxwell_vision"], rel=1e-12)
    assert wald.statistic == pytest.approx(11.97572016, abs=5e-9)
    assert wald.statistic == pytest.approx(r["bhapkar_vision"], rel=1e-12)
    assert symmetry.statistic == pytest.approx(r["bowker_vision"], rel=1e-12)
    assert symmetry.pvalue == pytest.approx(r["bowker_vision_p"], rel=1e-10)
    assert (maxwell.df, wald.df, symmetry.df, maxwell.n) == (3, 3, 6, 7477)


@given(tables)
def test_stuart_maxwell_by_the_generalised_inverse(table):
    assume(table.sum() > 0)
    counts = table.astype(float)
    d = counts.sum(axis=1) - counts.sum(axis=0)
    covariance = np.diag(counts.sum(axis=1) + counts.sum(axis=0)) - counts - counts.T
    result = stuart_maxwell(table)
    assert result.statistic == pytest.approx(d @ np.linalg.pinv(covariance, rcond=1e-10) @ d, abs=1e-6)
    assert result.df == np.linalg.matrix_rank(covariance, tol=1e-6)


@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, 40))
def test_two_categories_are_mcnemar(only_a, only_b, both):
    expected = mcnemar_counts(both, only_a, only_b, 0)
    table = [[both, only_a], [only_b, 0]]
    for test in (stuart_maxwell, bowker):
        assert test(table).statistic == pytest.approx(expected.statistic, abs=1e-12)
        assert test(table).pvalue == pytest.approx(expected.p_asymptotic, abs=1e-12)


@given(tables, st.permutations(range(4)))
def test_names_of_categories_and_raters_are_irrelevant(table, order):
    assume(table.sum() > 0)
    for test in (stuart_maxwell, bowker):
        result = test(table)
        for other in (test(table.T), test(table[np.ix_(order, order)])):
            assert other.df == result.df
            assert other.statistic == pytest.approx(result.statistic, abs=1e-8)


@given(tables, st.integers(0, 500))
def test_agreement_does_not_move_symmetry_or_stuart_maxwell(table, more):
    assume(table.sum() > 0)
    for test in (stuart_maxwell, bowker):
        assert test(table + more * np.eye(4, dtype=int)).statistic == pytest.approx(
            test(table).statistic, abs=1e-9
        )


@given(tables)
def test_symmetric_tables_have_p_one(table):
    symmetric = table + table.T
    assume(symmetric.sum() > 0)
    for test in ALL:
        assert test(symmetric).statistic == pytest.approx(0, abs=1e-12)
        assert test(symmetric).pvalue == pytest.approx(1)


def test_one_subject_who_changes_counts():
    for test in (stuart_maxwell, bowker):
        result = test([[5, 1], [0, 5]])
        assert (result.statistic, result.df) == (1, 1)
    assert bowker([[0, 1, 0], [0, 0, 4], [0, 1, 0]]).statistic == pytest.approx(1 + 9 / 5)


def test_no_disagreement_has_no_degrees_of_freedom_and_p_one():
    for test in ALL:
        result = test(np.diag([3, 4, 5]))
        assert (result.statistic, result.df, result.pvalue) == (0, 0, 1)


def test_an_unused_category_costs_no_degree_of_freedom():
    small = np.array([[20, 5, 3], [2, 10, 4], [1, 6, 8]])
    large = np.insert(np.insert(small, 1, 0, axis=0), 1, 0, axis=1)
    for test in ALL:
        assert test(large).df == test(small).df
        assert test(large).statistic == pytest.approx(test(small).statistic)


def test_separate_groups_of_categories_add_up():
    table = np.zeros((4, 4), dtype=int)
    table[:2, :2], table[2:, 2:] = [[5, 9], [2, 5]], [[4, 1], [7, 4]]
    first, second = stuart_maxwell(table[:2, :2]), stuart_maxwell(table[2:, 2:])
    result = stuart_maxwell(table)
    assert result.df == 2
    assert result.statistic == pytest.approx(first.statistic + second.statistic)


def test_level_under_equal_marginals():
    generator = np.random.default_rng(0)
    p = np.array([[0.3, 0.06, 0.04], [0.04, 0.2, 0.06], [0.06, 0.04, 0.2]])  # equal marginals, asymmetric
    drawn = generator.multinomial(300, p.ravel(), size=1000).reshape(-1, 3, 3)
    for test in (stuart_maxwell, bhapkar):
        assert 0.03 < np.mean([test(t).pvalue < 0.05 for t in drawn]) < 0.07


def test_bhapkar_is_refused_where_all_move_the_same_way():
    assert stuart_maxwell([[0, 5], [0, 0]]).statistic == 5
    with pytest.raises(StatisticsError, match="Stuart-Maxwell"):
        bhapkar([[0, 5], [0, 0]])


@pytest.mark.parametrize("table", [np.zeros((3, 3)), [[1, 2, 3]], [[1, -2], [0, 1]], [[1, np.nan], [0, 1]]])
@pytest.mark.parametrize("test", ALL)
def test_what_is_no_table_is_refused(test, table):
    with pytest.raises(StatisticsError):
        test(table)
