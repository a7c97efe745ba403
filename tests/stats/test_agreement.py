import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import cohen_kappa_score

from dls.errors import StatisticsError
from dls.stats.agreement import (
    agreement_weights,
    cohen_kappa,
    kappa_from_table,
    kappa_influence,
    kappa_of_totals,
)
from dls.stats.ratings import cross_table
from tests.stats.reference import r_statistics, vision

EVERITT = [[106, 10, 4], [22, 28, 10], [2, 12, 6]]  # Fleiss, Cohen and Everitt 1969
EVERITT_WEIGHTS = np.array([[1, 0, 0.4444], [0, 1, 0.6667], [0.4444, 0.6667, 1]])

# Zhen et al. 2020, Tables 1 and 3: true positives and false positives by class
SEVEN = [38, 46, 9, 9, 47, 37, 15]
MODEL_A = ([34, 38, 9, 7, 41, 22, 8], [5, 7, 8, 1, 13, 4, 4])
CONSENSUS = ([36, 41, 8, 5, 41, 33, 9], [3, 3, 0, 3, 8, 4, 7])
MODEL_G = ([45, 35, 11], [5, 0, 3])


@st.composite
def two_raters(draw, k=3):
    n = draw(st.integers(2, 40))
    columns = hnp.arrays(np.int64, n, elements=st.integers(0, k - 1))
    a, b = draw(columns), draw(columns)
    assume(len(set(a) | set(b)) > 1)
    return a, b


def naive_se(table, w):
    """Delta method over the cells of a multinomial, by finite differences of kappa."""
    table = np.asarray(table, dtype=float)
    n, p = table.sum(), table / table.sum()

    def kappa(p):
        p = p / p.sum()
        expected = p.sum(axis=1) @ w @ p.sum(axis=0)
        return ((w * p).sum() - expected) / (1 - expected)

    slope, h = np.zeros_like(p), 1e-6
    for cell in np.ndindex(p.shape):
        step = np.zeros_like(p)
        step[cell] = h
        slope[cell] = (kappa(p + step) - kappa(p - step)) / (2 * h)
    return np.sqrt(((p * slope**2).sum() - (p * slope).sum() ** 2) / n)


def test_fleiss_cohen_everitt():
    plain = kappa_from_table(EVERITT)
    assert plain.kappa == pytest.approx(0.42857143, abs=5e-9)
    assert plain.se == pytest.approx(0.05371100, abs=5e-9)
    assert kappa_from_table(EVERITT, EVERITT_WEIGHTS).kappa == pytest.approx(0.50706996, abs=5e-9)


def test_irrcac_documentation():
    # irrCAC 1.0 (R), vignette "overview", cont3x3abstractors
    result = kappa_from_table([[13, 0, 0], [0, 20, 7], [0, 4, 56]])
    assert (result.kappa, result.se) == pytest.approx((0.7964094, 0.05891072), abs=5e-8)


def test_kappas_of_psych():
    r = r_statistics()
    plain = kappa_from_table(vision())
    assert plain.kappa == pytest.approx(r["vision_kappa"], abs=1e-14)
    assert plain.se**2 == pytest.approx(r["vision_kappa_variance"], rel=1e-12)
    assert kappa_from_table(vision(), "linear").kappa == pytest.approx(r["vision_linear"], abs=1e-14)
    assert kappa_from_table(vision(), "quadratic").kappa == pytest.approx(r["vision_quadratic"], abs=1e-14)


@pytest.mark.parametrize(
    ("counts", "classes", "kappa", "z"),
    [(MODEL_A, SEVEN, 0.744, 22.9), (CONSENSUS, SEVEN, 0.829, 25.1), (MODEL_G, [47, 37, 15], 0.867, 11.4)],
)
def test_published_kappa_and_z_need_the_null_variance(counts, classes, kappa, z):
    hits, false = map(np.array, counts)
    got = kappa_of_totals(hits.sum(), classes, hits + false)
    assert float(got[0]) == pytest.approx(kappa, abs=5e-4)
    assert float(got[1]) == pytest.approx(z, abs=0.05)


@pytest.mark.parametrize("weights", [None, "linear", "quadratic"])
@given(two_raters())
def test_kappa_equals_scikit_learn(weights, columns):
    a, b = columns
    labels = sorted(set(a) | set(b))
    assert cohen_kappa(a, b, weights=weights).kappa == pytest.approx(
        cohen_kappa_score(a, b, labels=labels, weights=weights), abs=1e-12
    )


@pytest.mark.parametrize("weights", [None, "linear", "quadratic", EVERITT_WEIGHTS])
def test_the_standard_error_is_the_delta_methods(weights):
    w, _ = agreement_weights(3, weights)
    assert kappa_from_table(EVERITT, weights).se == pytest.approx(naive_se(EVERITT, w), rel=1e-6)


@given(two_raters())
def test_the_null_error_is_the_delta_methods_at_independence(columns):
    counts = cross_table(*columns)
    table = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    result = kappa_from_table(counts)
    assert result.se_null == pytest.approx(naive_se(table, np.eye(len(table))), rel=1e-4, abs=1e-7)


@given(two_raters())
def test_marginals_are_enough_for_kappa_and_z(columns):
    counts = cross_table(*columns)
    kappa, z = kappa_of_totals(np.trace(counts), counts.sum(axis=1), counts.sum(axis=0))
    result = kappa_from_table(counts)
    assert float(kappa) == pytest.approx(result.kappa, abs=1e-12)
    assume(result.se_null > 0)
    assert float(z) == pytest.approx(result.statistic, rel=1e-9, abs=1e-9)


@given(two_raters(), st.permutations(range(3)))
def test_names_of_categories_and_raters_are_irrelevant(columns, names):
    a, b = columns
    one = cohen_kappa(a, b, categories=[0, 1, 2])
    renamed = cohen_kappa(np.array(names)[a], np.array(names)[b], categories=[0, 1, 2])
    swapped = cohen_kappa(b, a, categories=[0, 1, 2])
    for other in (renamed, swapped):
        assert (other.kappa, other.se, other.se_null) == pytest.approx(
            (one.kappa, one.se, one.se_null), abs=1e-9
        )


@given(two_raters(), st.randoms(use_true_random=False))
def test_order_of_subjects_is_irrelevant(columns, random):
    a, b = columns
    order = list(range(a.size))
    random.shuffle(order)
    assert cohen_kappa(a, b) == cohen_kappa(a[order], b[order])


@given(two_raters())
def test_every_subject_twice_halves_the_variance(columns):
    a, b = columns
    once, twice = cohen_kappa(a, b), cohen_kappa(np.tile(a, 2), np.tile(b, 2))
    assert twice.kappa == pytest.approx(once.kappa, abs=1e-12)
    assert twice.se**2 == pytest.approx(once.se**2 / 2, abs=1e-9)


@given(two_raters())
def test_influence_gives_the_standard_error(columns):
    a, b = columns
    kappa, influence = kappa_influence(np.column_stack([a, b]), 3)
    result = cohen_kappa(a, b, categories=[0, 1, 2])
    assert kappa == result.kappa
    assert influence.mean() == pytest.approx(0, abs=1e-12)
    assert (influence**2).mean() / a.size == pytest.approx(result.se**2, abs=1e-9)


def test_two_categories_need_no_weights():
    table = [[20, 5], [10, 15]]  # a textbook table: kappa 0.4
    assert kappa_from_table(table).kappa == pytest.approx(0.4)
    assert kappa_from_table(table, "quadratic").kappa == pytest.approx(0.4)


def test_perfect_agreement_is_a_point_and_is_tested():
    result = cohen_kappa([0, 1, 2, 1], [0, 1, 2, 1])
    assert (result.kappa, result.se, tuple(result.interval)) == (1.0, 0.0, (1.0, 1.0))
    assert result.pvalue < 0.05


def test_agreement_by_chance_has_p_one():
    result = kappa_from_table([[4, 4], [4, 4]])
    assert (result.kappa, result.statistic, result.pvalue) == (0.0, 0.0, 1.0)


def test_missing_ratings_are_left_out_and_counted():
    result = cohen_kappa([0, 1, None, 1, 0, ""], [0, 1, 1, np.nan, 1, 0])
    assert (result.n, result.n_missing) == (3, 3)
    assert result.kappa == cohen_kappa([0, 1, 0], [0, 1, 1]).kappa


def test_coverage_of_the_interval():
    generator = np.random.default_rng(3)
    p = np.array([[0.3, 0.05, 0.02], [0.04, 0.25, 0.06], [0.02, 0.06, 0.2]])
    truth = kappa_from_table(p * 10000).kappa
    tables = generator.multinomial(150, p.ravel(), size=1500).reshape(-1, 3, 3)
    covered = np.mean([truth in kappa_from_table(t).interval for t in tables])
    assert 0.93 < covered < 0.965


def test_the_test_keeps_its_level():
    generator = np.random.default_rng(4)
    p = np.outer([0.5, 0.3, 0.2], [0.4, 0.4, 0.2])
    tables = generator.multinomial(200, p.ravel(), size=1500).reshape(-1, 3, 3)
    assert 0.035 < np.mean([kappa_from_table(t).pvalue < 0.05 for t in tables]) < 0.065


@pytest.mark.parametrize(
    "call",
    [
        lambda: cohen_kappa([], []),
        lambda: cohen_kappa([1, 1], [1, 1]),
        lambda: cohen_kappa([1, None], [None, 1]),
        lambda: cohen_kappa([1, 2], [1]),
        lambda: cohen_kappa([1, 2], [1, 2], weights="cubic"),
        lambda: cohen_kappa([1, 2], [1, 2], weights=np.eye(3)),
        lambda: cohen_kappa([1, 2], [1, 2], weights=np.array([[1, 2.0], [2.0, 1]])),
        lambda: cohen_kappa([1, 2], [1, 2], confidence_level=95),
    ],
)
def test_undefined_kappas_are_refused(call):
    with pytest.raises(StatisticsError):
        call()
