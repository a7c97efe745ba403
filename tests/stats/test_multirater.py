from itertools import combinations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dls.errors import StatisticsError
from dls.stats.agreement import agreement_weights, cohen_kappa
from dls.stats.multirater import conger_kappa, fleiss_kappa, gwet_ac1, light_kappa
from tests.stats.reference import diagnoses, r_statistics

ALL = (fleiss_kappa, conger_kappa, light_kappa, gwet_ac1)
nan = np.nan

# Gwet's four raters of twelve subjects (cac.raw4raters of irrCAC): seven ratings missing
FOUR_RATERS = [
    [1, 1, nan, 1],
    [2, 2, 3, 2],
    [3, 3, 3, 3],
    [3, 3, 3, 3],
    [2, 2, 2, 2],
    [1, 2, 3, 4],
    [4, 4, 4, 4],
    [1, 1, 2, 1],
    [2, 2, 2, 2],
    [nan, 5, 5, 5],
    [nan, nan, 1, 1],
    [nan, nan, 3, nan],
]


@st.composite
def complete_ratings(draw, k=3):
    n, r = draw(st.integers(3, 20)), draw(st.integers(2, 5))
    ratings = draw(hnp.arrays(np.int64, (n, r), elements=st.integers(0, k - 1)))
    assume(all(len(set(pair.ravel())) > 1 for pair in (ratings[:, [i, j]] for i, j in pairs(r))))
    return ratings


@st.composite
def gappy_ratings(draw):
    ratings = draw(complete_ratings()).astype(float)
    gaps = draw(hnp.arrays(bool, ratings.shape))
    ratings[gaps] = np.nan
    known = ~np.isnan(ratings)
    assume((known.sum(axis=1) >= 2).any())
    assume(len(set(ratings[known])) > 1)
    assume(known.any(axis=0).all())
    assume((known.any(axis=1)).sum() > 1)
    return ratings


def pairs(r):
    return combinations(range(r), 2)


def naive(ratings, categories, chance, weights=None):
    """Gwet's handbook, one subject and one pair of ratings at a time; returns coefficient and variance."""
    w, _ = agreement_weights(len(categories), weights)
    position = {c: k for k, c in enumerate(categories)}
    subjects = [[position[x] for x in row if not np.isnan(x)] for row in np.asarray(ratings, dtype=float)]
    subjects = [s for s in subjects if s]
    n, several = len(subjects), [s for s in subjects if len(s) > 1]
    share = np.array([np.bincount(s, minlength=len(categories)) / len(s) for s in subjects])
    prevalence = share.mean(axis=0)
    k = len(categories)
    if chance == "fleiss":
        by_subject = share @ w @ prevalence
        expected = prevalence @ w @ prevalence
    else:
        by_subject = w.sum() / (k * (k - 1)) * share @ (1 - prevalence)
        expected = w.sum() / (k * (k - 1)) * (prevalence * (1 - prevalence)).sum()
    agreement = [
        np.mean([w[a, b] for i, a in enumerate(s) for j, b in enumerate(s) if i != j]) for s in several
    ]
    coefficient = (np.mean(agreement) - expected) / (1 - expected)
    of_subject, at = np.zeros(n), 0
    for i, s in enumerate(subjects):
        if len(s) > 1:
            of_subject[i] = n / len(several) * (agreement[at] - expected) / (1 - expected)
            at += 1
    star = of_subject - 2 * (1 - coefficient) * (by_subject - expected) / (1 - expected)
    return coefficient, ((star - coefficient) ** 2).sum() / (n * (n - 1))


def test_fleiss_1971():
    r = r_statistics()
    result = fleiss_kappa(diagnoses())
    assert result.coefficient == pytest.approx(r["fleiss1971_kappa"], abs=1e-13)
    assert result.statistic == pytest.approx(r["fleiss1971_z"], abs=1e-10)
    assert result.coefficient / result.se_null == pytest.approx(17.651831, abs=5e-7)
    assert result.se == pytest.approx(0.054198935515, abs=1e-11)  # irrCAC 0.4.4 (Python), 2026-11-23
    assert result.se == pytest.approx(r["fleiss1971_jackknife_se"], rel=0.03)
    assert result.se > 2 * result.se_null  # which is why the test's error must not build the interval
    assert tuple(result.interval) == pytest.approx((0.319395250572, 0.541093789548), abs=1e-11)


def test_conger_light_and_gwet_on_fleiss_1971():
    conger, ac1 = conger_kappa(diagnoses()), gwet_ac1(diagnoses())
    assert (conger.coefficient, conger.se) == pytest.approx((0.441808540329, 0.050794406013), abs=1e-11)
    assert (ac1.coefficient, ac1.se) == pytest.approx((0.447884515845, 0.055662141682), abs=1e-11)
    assert light_kappa(diagnoses()).coefficient == pytest.approx(
        r_statistics()["fleiss1971_light"], abs=1e-13
    )


def test_gwets_four_raters_with_missing_ratings():
    # irrCAC 0.4.4 (Python), 2026-11-23.  It counts NaN as a category of AC1: six categories here.
    fleiss, conger = fleiss_kappa(FOUR_RATERS), conger_kappa(FOUR_RATERS)
    assert (fleiss.coefficient, fleiss.se) == pytest.approx((0.761169275422, 0.153019203469), abs=1e-11)
    assert tuple(fleiss.interval) == pytest.approx((0.424376279377, 1.0), abs=1e-11)
    assert (conger.coefficient, conger.se) == pytest.approx((0.762817441303, 0.149168152480), abs=1e-11)
    six = gwet_ac1(FOUR_RATERS, categories=[1, 2, 3, 4, 5, 6])
    assert (six.coefficient, six.se) == pytest.approx((0.785526781226, 0.138696938523), abs=1e-11)
    # Gwet's own program prints AC1 0.77544, SE 0.14295 for the five categories
    five = gwet_ac1(FOUR_RATERS)
    assert (five.coefficient, five.se) == pytest.approx((0.77544, 0.14295), abs=5e-6)
    assert (fleiss.n, fleiss.n_paired, fleiss.n_raters, fleiss.n_missing) == (12, 11, 4, 7)


@pytest.mark.parametrize("weights", [None, "linear", "quadratic"])
@given(gappy_ratings())
def test_fleiss_and_gwet_equal_the_naive_oracle(weights, ratings):
    categories = sorted(set(ratings[~np.isnan(ratings)]))
    for function, chance in ((fleiss_kappa, "fleiss"), (gwet_ac1, "gwet")):
        result = function(ratings, weights=weights)
        coefficient, variance = naive(ratings, categories, chance, weights)
        assert result.coefficient == pytest.approx(coefficient, abs=1e-10)
        assert result.se**2 == pytest.approx(variance, abs=1e-10)


@given(complete_ratings())
def test_two_raters_are_cohens(ratings):
    two = ratings[:, :2]
    cohen = cohen_kappa(two[:, 0], two[:, 1])
    n = len(two)
    for function in (conger_kappa, light_kappa):
        result = function(two)
        assert result.coefficient == pytest.approx(cohen.kappa, abs=1e-10)
        assert result.se**2 == pytest.approx(cohen.se**2 * n / (n - 1), abs=1e-9)


@given(complete_ratings())
def test_fleiss_null_error_is_that_of_fleiss_nee_landis(ratings):
    counts = np.array([np.bincount(row, minlength=3) for row in ratings])
    n, m = ratings.shape
    p = counts.sum(axis=0) / (n * m)
    q, spread = 1 - p, (p * (1 - p)).sum()
    variance = 2 * (spread**2 - (p * q * (q - p)).sum()) / (spread**2 * n * m * (m - 1))
    assert fleiss_kappa(ratings).se_null == pytest.approx(np.sqrt(max(variance, 0)), abs=1e-8)


@given(complete_ratings())
def test_light_is_the_mean_of_the_pairs(ratings):
    kappas = [cohen_kappa(ratings[:, i], ratings[:, j]).kappa for i, j in pairs(ratings.shape[1])]
    assert light_kappa(ratings).coefficient == pytest.approx(np.mean(kappas), abs=1e-12)


@pytest.mark.parametrize("function", ALL)
@given(complete_ratings(), st.permutations(range(3)), st.randoms(use_true_random=False))
def test_names_of_categories_and_orders_are_irrelevant(function, ratings, names, random):
    one = function(ratings, categories=[0, 1, 2])
    order, raters = list(range(len(ratings))), list(range(ratings.shape[1]))
    random.shuffle(order)
    random.shuffle(raters)
    other = function(np.array(names)[ratings][order][:, raters], categories=[0, 1, 2])
    assert (other.coefficient, other.se) == pytest.approx((one.coefficient, one.se), abs=1e-9)


@pytest.mark.parametrize("function", ALL)
def test_every_subject_twice_halves_the_variance(function):
    once, twice = function(diagnoses()), function(np.tile(diagnoses(), (2, 1)))
    assert twice.coefficient == pytest.approx(once.coefficient, abs=1e-13)
    assert twice.se**2 * 59 == pytest.approx(once.se**2 * 29, rel=1e-9)  # n - 1 in each


@pytest.mark.parametrize("function", ALL)
def test_the_standard_error_is_near_the_jackknifes(function):
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 3, 150)
    guess = generator.integers(0, 3, (150, 4))
    ratings = np.where(generator.random((150, 4)) < 0.7, truth[:, None], guess).astype(float)
    ratings[generator.random((150, 4)) < 0.05] = nan
    left_out = np.array([function(np.delete(ratings, i, axis=0)).coefficient for i in range(150)])
    jackknife = np.sqrt(149 / 150 * ((left_out - left_out.mean()) ** 2).sum())
    assert function(ratings).se == pytest.approx(jackknife, rel=0.05)


def test_the_test_of_fleiss_keeps_its_level_with_missing_ratings():
    generator = np.random.default_rng(1)
    rejected = 0
    for _ in range(800):
        ratings = generator.choice(3, size=(60, 4), p=[0.5, 0.3, 0.2]).astype(float)
        ratings[generator.random((60, 4)) < 0.35] = nan  # a tenth of the subjects keep a single rating
        rejected += fleiss_kappa(ratings).pvalue < 0.05
    assert 0.03 < rejected / 800 < 0.075


def test_coverage_of_fleiss_interval():
    generator = np.random.default_rng(2)
    p_right, prevalence = 0.8, np.array([0.5, 0.3, 0.2])
    # agreement of two raters who know the truth with p_right and otherwise guess from the prevalences
    truth_kappa = p_right**2
    covered = 0
    for _ in range(500):
        truth = generator.choice(3, size=100, p=prevalence)
        guess = generator.choice(3, size=(100, 3), p=prevalence)
        ratings = np.where(generator.random((100, 3)) < p_right, truth[:, None], guess)
        covered += truth_kappa in fleiss_kappa(ratings).interval
    assert 0.92 < covered / 500 < 0.98


def test_ac1_stays_high_where_one_category_prevails():
    ratings = [[0, 0]] * 95 + [[0, 1]] * 3 + [[1, 0]] * 2
    assert fleiss_kappa(ratings).coefficient < 0
    assert gwet_ac1(ratings).coefficient > 0.9


def test_perfect_agreement():
    ratings = [[0, 0, 0], [1, 1, 1], [2, 2, 2]]
    for function in ALL:
        result = function(ratings)
        assert (result.coefficient, result.se) == pytest.approx((1.0, 0.0), abs=1e-12)


def test_all_in_one_category_is_undefined_but_for_ac1_with_named_categories():
    ratings = [[1, 1], [1, 1], [1, 1]]
    for function in ALL:
        with pytest.raises(StatisticsError):
            function(ratings)
    assert gwet_ac1(ratings, categories=[0, 1]).coefficient == 1
    assert gwet_ac1(ratings, categories=[0, 1]).se == 0


def test_only_fleiss_is_tested():
    for function in (conger_kappa, light_kappa, gwet_ac1):
        result = function(diagnoses())
        assert (result.se_null, result.statistic, result.pvalue) == (None, None, None)


def test_observed_and_expected_agreement_make_the_coefficient():
    for function in (fleiss_kappa, conger_kappa, gwet_ac1):
        result = function(FOUR_RATERS)
        made = (result.observed_agreement - result.expected_agreement) / (1 - result.expected_agreement)
        assert result.coefficient == pytest.approx(made)
    of_pairs = [cohen_kappa(*diagnoses().to_numpy()[:, pair].T) for pair in map(list, pairs(6))]
    light = light_kappa(diagnoses())
    assert light.observed_agreement == pytest.approx(np.mean([k.observed_agreement for k in of_pairs]))
    assert light.expected_agreement == pytest.approx(np.mean([k.expected_agreement for k in of_pairs]))
    gaps = light_kappa(FOUR_RATERS)  # a mean of pairs, not of subjects
    assert gaps.observed_agreement != pytest.approx(fleiss_kappa(FOUR_RATERS).observed_agreement)


def test_weights_are_named():
    assert gwet_ac1(diagnoses()).method == "Gwet's AC1"
    assert gwet_ac1(diagnoses(), weights="linear").method == "Gwet's AC2, linear weights"
    assert fleiss_kappa(diagnoses()).summary["n_raters"][0] == 6


def test_subjects_without_a_rating_are_left_out():
    empty = [[nan, nan, nan, nan]]
    assert fleiss_kappa(FOUR_RATERS + empty).coefficient == fleiss_kappa(FOUR_RATERS).coefficient
    assert fleiss_kappa(FOUR_RATERS + empty).n_missing == 11


@pytest.mark.parametrize(
    "ratings",
    [[], [[1], [2]], [[1, 2]], [[1, nan], [nan, 2]], [[nan, nan], [nan, nan]], [[1, np.inf], [1, 2]]],
)
@pytest.mark.parametrize("function", ALL)
def test_too_few_ratings_are_refused(function, ratings):
    with pytest.raises(StatisticsError):
        function(ratings)


def test_a_rater_without_ratings_is_refused_by_conger():
    with pytest.raises(StatisticsError, match="no ratings"):
        conger_kappa([[1, 2, nan], [2, 2, nan], [1, 1, nan]])
