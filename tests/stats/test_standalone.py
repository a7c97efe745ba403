from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from dls.errors import StatisticsError
from dls.stats.crossed import CrossedRatings, crossed_ratings
from dls.stats.delong import compare
from dls.stats.mrmc import obuchowski_rockette
from dls.stats.roc import auc_score
from dls.stats.standalone import standalone
from tests.stats.reference import vandyke
from tests.stats.test_mrmc import simulated


@pytest.fixture(scope="module")
def ratings():
    """Van Dyke's first treatment, in which reader 4 plays the model."""
    return crossed_ratings(vandyke().query("treatment == 1"), modality=None)


def jackknife_by_hand(ratings, model):
    """Difference of every reader from the model with each case left out, (n_cases, n_readers - 1)."""
    at = ratings.readers.index(model)
    rows = []
    for k in range(len(ratings.cases)):
        kept = np.arange(len(ratings.cases)) != k
        areas = np.array([auc_score(ratings.positive[kept], r[kept]) for r in ratings.rating[0]])
        rows.append(np.delete(areas, at) - areas[at])
    return np.array(rows)


def test_by_the_published_formulas(ratings):
    # Hillis 2007, section 5.3, on the differences psi_j: MS(R), Cov2, t and its degrees of freedom
    result = standalone(ratings, "4")
    areas = np.array([auc_score(ratings.positive, r) for r in ratings.rating[0]])
    psi = np.delete(areas, 3) - areas[3]
    left_out = jackknife_by_hand(ratings, "4")
    n, r = left_out.shape
    covariance = np.cov(left_out.T) * (n - 1) ** 2 / n
    cov2 = covariance[~np.eye(r, dtype=bool)].mean()
    mean_square = psi.var(ddof=1)
    spread = mean_square + r * max(cov2, 0)
    analysis = result.analyses["RRRC"]
    assert result.readers == ("1", "2", "3", "5")
    assert result.reader_auc == pytest.approx(np.delete(areas, 3))
    assert (result.n_positive, result.n_negative) == (45, 69)
    assert result.difference == pytest.approx(psi.mean(), abs=1e-14)
    assert result.ms_reader == pytest.approx(mean_square)
    assert result.var == pytest.approx(np.diag(covariance).mean())
    assert result.difference == pytest.approx(result.reader_mean_auc - result.model_auc, abs=1e-14)
    assert result.cov2 == pytest.approx(cov2, abs=1e-12)
    assert analysis.statistic == pytest.approx(psi.mean() / np.sqrt(spread / r), rel=1e-10)
    assert analysis.df == pytest.approx((r - 1) * (spread / mean_square) ** 2, rel=1e-9)
    assert analysis.interval.low < analysis.difference < analysis.interval.high


@pytest.mark.parametrize("covariance", ["jackknife", "delong"])
def test_equals_two_modalities_with_the_model_repeated_for_every_reader(ratings, covariance):
    # RJafroc's 2T-RRRC: the same F, degrees of freedom and p from an ordinary two-modality analysis
    at = ratings.readers.index("4")
    readers = np.delete(ratings.rating[0], at, axis=0)
    repeated = np.stack([readers, np.repeat(ratings.rating[0, [at]], 4, axis=0)])
    names = (("readers", "model"), tuple("abcd"), ratings.cases)
    two = obuchowski_rockette(CrossedRatings(*names, ratings.positive, repeated), covariance)
    one = standalone(ratings, "4", covariance)
    for name in ("RRRC", "RRFC"):
        assert one.analyses[name].statistic ** 2 == pytest.approx(two.analyses[name].statistic, rel=1e-9)
        assert one.analyses[name].df == pytest.approx(two.analyses[name].df2, rel=1e-9)
        assert one.analyses[name].pvalue == pytest.approx(two.analyses[name].pvalue, rel=1e-9)


def test_fixed_cases_are_a_one_sample_t_test(ratings):
    result = standalone(ratings, "4")
    expected = ttest_1samp(result.reader_auc, result.model_auc)
    analysis = result.analyses["RRFC"]
    assert analysis.statistic == pytest.approx(expected.statistic, rel=1e-12)
    assert analysis.pvalue == pytest.approx(expected.pvalue, rel=1e-12)
    assert analysis.df == 3
    interval = expected.confidence_interval(0.95)
    assert analysis.interval.low == pytest.approx(interval.low - result.model_auc, rel=1e-9)


def test_one_reader_is_a_paired_comparison(ratings):
    pair = replace(ratings, readers=("model", "reader"), rating=ratings.rating[:, :2])
    result = standalone(pair, "model", "delong")
    paired = compare(pair.positive, pair.rating[0, 1], pair.rating[0, 0])
    assert set(result.undefined) == {"RRRC", "RRFC"}
    assert (result.readers, result.ms_reader, result.cov2) == (("reader",), 0, 0)
    assert result.analyses["FRRC"].statistic == pytest.approx(paired.statistic, rel=1e-10)
    assert result.analyses["FRRC"].pvalue == pytest.approx(paired.pvalue, rel=1e-10)


def test_the_scale_of_the_model_does_not_matter(ratings):
    rating = ratings.rating.copy()
    rating[0, 3] = 1 / (1 + np.exp(-rating[0, 3]))
    a, b = standalone(ratings, "4"), standalone(replace(ratings, rating=rating), "4")
    assert b.analyses["RRRC"].pvalue == pytest.approx(a.analyses["RRRC"].pvalue, rel=1e-10)


def test_readers_who_repeat_the_model_do_not_differ_from_it(ratings):
    same = replace(ratings, rating=np.repeat(ratings.rating[:, :1], 5, axis=1))
    for analysis in standalone(same, "1").analyses.values():
        assert (analysis.difference, analysis.standard_error, analysis.statistic) == (0.0, 0.0, 0.0)
        assert (analysis.pvalue, tuple(analysis.interval)) == (1.0, (0.0, 0.0))


def test_difference_without_variance_is_named():
    positive = np.arange(20) % 2 == 0
    rating = np.stack([np.zeros(20), positive, positive]).astype(float)[None]
    crossed = CrossedRatings(("all",), ("m", "a", "b"), tuple(map(str, range(20))), positive, rating)
    result = standalone(crossed, "m")
    assert result.difference == 0.5
    assert set(result.undefined) == {"RRRC", "FRRC", "RRFC"}


def test_summary(ratings):
    assert list(standalone(ratings, "4").summary["analysis"]) == ["RRRC", "FRRC", "RRFC"]


def test_unknown_model_and_several_modalities_are_refused(ratings):
    with pytest.raises(StatisticsError, match="one of the readers"):
        standalone(ratings, "Model A")
    with pytest.raises(StatisticsError, match="one modality"):
        standalone(simulated(shape=(2, 3, 20)), "0")


def test_size_of_the_test():
    generator = np.random.default_rng(3)
    positive = np.arange(80) % 2 == 0
    names = (("all",), ("m", *"rstuv"), tuple(map(str, range(80))))
    rejected = 0
    for _ in range(400):
        case = generator.normal(size=80)
        skill = np.r_[1.5, generator.normal(1.5, 0.2, size=5)][:, None]
        rating = case + skill * positive + generator.normal(size=(6, 80))
        result = standalone(CrossedRatings(*names, positive, rating[None]), "m")
        rejected += result.analyses["RRRC"].pvalue < 0.05
    assert 0.02 <= rejected / 400 <= 0.085
