from itertools import permutations, product

import numpy as np
import pytest

from dls.errors import StatisticsError
from dls.stats.subject_agreement import linearised, null_standard_error, prepare

nan = np.nan


def test_subjects_counted_by_hand():
    data = prepare([["a", "a", "b"], ["b", None, None], [None, None, None], ["b", "b", ""]], None, None)
    assert (data.n, data.n_missing) == (3, 6)
    np.testing.assert_allclose(data.share, [[2 / 3, 1 / 3], [0, 1], [0, 1]])
    assert data.per_subject.tolist() == [3, 1, 2]
    assert data.paired.tolist() == [True, False, True]
    np.testing.assert_allclose(data.observed, [1 / 3, 0, 1])


def test_near_misses_count_by_their_weight():
    data = prepare([[0, 1, 2], [0, 0, 0]], None, "linear")
    np.testing.assert_allclose(data.observed, [(0.5 + 0.5 + 0) / 3, 1])


def test_a_constant_chance_agreement_leaves_the_spread_of_the_subjects():
    data = prepare([[0, 0], [0, 1], [1, 1], [1, 1]], None, None)
    coefficient, se = linearised(data, 0.5, np.full(4, 0.5))
    by_subject = (np.array([1, 0, 1, 1]) - 0.5) / 0.5
    assert coefficient == pytest.approx(by_subject.mean())
    assert se == pytest.approx(by_subject.std(ddof=1) / 2)


@pytest.mark.parametrize("weights", [None, "linear", [[1, 0.9, 0], [0.9, 1, 0.2], [0, 0.2, 1]]])
def test_the_null_error_is_the_simulated_one_with_unequal_numbers_of_ratings(weights):
    generator = np.random.default_rng(0)
    p = np.array([0.5, 0.3, 0.2])
    gaps = np.arange(240).reshape(80, 3) % 7 < 2  # some subjects keep one rating, some two, some three
    kappas, errors = [], []
    for _ in range(1500):
        ratings = generator.choice(3, size=(80, 3), p=p).astype(float)
        ratings[gaps] = nan
        data = prepare(ratings, None, weights)
        prevalence = data.share.mean(axis=0)
        expected = float(prevalence @ data.weights @ prevalence)
        kappas.append((data.observed[data.paired].mean() - expected) / (1 - expected))
        errors.append(null_standard_error(data, prevalence, expected))
    assert {1, 2, 3} <= set(data.per_subject)
    assert np.std(kappas) == pytest.approx(np.mean(errors), rel=0.06)


@pytest.mark.parametrize("weights", [None, "quadratic"])
def test_the_null_error_by_listing_every_set_of_ratings(weights):
    """Observed less expected agreement is a sum over subjects, each with few possible ratings."""
    p, numbers = np.array([0.5, 0.3, 0.2]), [1] * 9 + [2] * 4 + [3] * 2
    data = prepare([[0] * r + [nan] * (3 - r) for r in numbers], [0, 1, 2], weights)
    w, expected = data.weights, p @ data.weights @ p
    variance = 0.0
    for r in numbers:
        listed = list(product(range(3), repeat=r))
        chance = np.array([np.prod(p[list(drawn)]) for drawn in listed])
        pulls = []
        for drawn in listed:
            agreed = np.mean([w[a, b] for a, b in permutations(drawn, 2)]) - expected if r > 1 else 0.0
            pulls.append(agreed / 6 - 2 * (np.mean((w @ p)[list(drawn)]) - expected) / 15)
        variance += chance @ np.square(pulls)  # each has the mean 0
    assert null_standard_error(data, p, expected) == pytest.approx(np.sqrt(variance) / (1 - expected))


def test_complete_chance_agreement_is_refused():
    data = prepare([[0, 0], [0, 0]], [0, 1], None)
    with pytest.raises(StatisticsError, match="not defined"):
        linearised(data, 1.0, np.ones(2))


def test_one_rater_is_refused_by_name():
    with pytest.raises(StatisticsError, match="needs two raters"):
        prepare([[1], [2]], None, None)


@pytest.mark.parametrize("ratings", [[[1], [2]], [[1, 2]], [[1, nan], [nan, 2]], [[nan, nan], [nan, nan]]])
def test_too_few_ratings_are_refused(ratings):
    with pytest.raises(StatisticsError):
        prepare(ratings, None, None)
