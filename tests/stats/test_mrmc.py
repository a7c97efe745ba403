from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import f, ttest_1samp

from dls.errors import StatisticsError
from dls.stats.crossed import CrossedRatings, crossed_ratings
from dls.stats.delong import compare
from dls.stats.mrmc import mean_area_variance, obuchowski_rockette, shared_covariances
from tests.stats.reference import vandyke

# MRMCaov 0.3.0, RJafroc 2.1.3 and the Iowa program OR-DBM MRMC 2.51 agree on these.
AREAS = [
    [0.91964573, 0.85877617, 0.90386473, 0.97310789, 0.82979066],
    [0.94782609, 0.90531401, 0.92173913, 0.99935588, 0.92995169],
]
COMPONENTS = {
    "ms_modality": 0.00479617053166026,
    "ms_modality_reader": 0.000551030621744059,
    "var": 0.000802288265572061,
    "cov1": 0.000346613709440729,
    "cov2": 0.000344074828860886,
    "cov3": 0.000239028370892152,
}


@pytest.fixture(scope="module")
def ratings():
    return crossed_ratings(vandyke(), modality="treatment")


def simulated(seed=0, shape=(3, 4, 60)):
    generator = np.random.default_rng(seed)
    t, r, c = shape
    positive = np.arange(c) % 2 == 0
    case = generator.normal(size=c) + 1.5 * positive
    rating = np.round(case + generator.normal(size=shape) + generator.normal(scale=0.2, size=(t, r, 1)), 1)
    names = [tuple(map(str, range(n))) for n in shape]
    return CrossedRatings(*names, positive, rating)


def test_vandyke_areas_and_components(ratings):
    result = obuchowski_rockette(ratings)
    np.testing.assert_allclose(result.auc, AREAS, atol=5e-9)
    for name, expected in COMPONENTS.items():
        assert getattr(result.components, name) == pytest.approx(expected, abs=1e-12)
    assert not result.components.truncated


def test_vandyke_random_readers_random_cases(ratings):
    analysis = obuchowski_rockette(ratings).analyses["RRRC"]
    assert analysis.statistic == pytest.approx(4.45631869315726, abs=1e-9)
    assert (analysis.df1, analysis.generalises_to) == (1, "random readers, random cases")
    assert analysis.df2 == pytest.approx(15.2596745891416, abs=1e-9)
    assert analysis.pvalue == pytest.approx(0.0516656858192944, abs=1e-9)
    (difference,) = analysis.differences
    assert (difference.a, difference.b) == ("1", "2")
    assert difference.difference == pytest.approx(-0.0438003220611916, abs=1e-12)
    assert difference.standard_error == pytest.approx(0.0207486183789449, abs=1e-9)
    assert tuple(difference.interval) == pytest.approx((-0.0879594985665545, 0.000358854444171379), abs=1e-9)
    assert difference.pvalue == pytest.approx(analysis.pvalue, abs=1e-12)


def test_vandyke_fixed_readers_and_fixed_cases(ratings):
    analyses = obuchowski_rockette(ratings).analyses
    readers = analyses["FRRC"]
    assert readers.statistic == pytest.approx(5.47595324247719, abs=1e-9)
    assert readers.pvalue == pytest.approx(0.0192798430707541, abs=1e-9)
    assert readers.df2 is None
    cases = analyses["RRFC"]
    assert cases.statistic == pytest.approx(8.704, abs=1e-9)
    assert (cases.df1, cases.df2) == (1, 4)
    assert cases.pvalue == pytest.approx(0.041958752494639, abs=1e-9)


def test_vandyke_delong_covariance(ratings):
    analysis = obuchowski_rockette(ratings, "delong").analyses["RRRC"]
    assert analysis.differences[0].standard_error == pytest.approx(0.0206825047854446, abs=1e-9)
    assert analysis.df2 == pytest.approx(15.0661079388731, abs=1e-7)
    assert analysis.pvalue == pytest.approx(0.0512330308248101, abs=1e-9)


def test_vandyke_components_of_readers(ratings):
    # RJafroc Book, "OR examples", data set 02
    c = obuchowski_rockette(ratings).components
    assert c.ms_reader == pytest.approx(0.00383619999, abs=5e-12)
    assert (c.reader, c.modality_reader) == pytest.approx((0.00153499935, 0.00020040252), abs=5e-12)


def test_vandyke_intervals_of_differences_and_of_each_modality(ratings):
    # RJafroc Book, "OR examples", data set 02; its intervals of each modality with readers fixed are printed
    # with their lower end alone
    analyses = obuchowski_rockette(ratings).analyses
    fixed = {name: tuple(analyses[name].differences[0].interval) for name in ("FRRC", "RRFC")}
    assert fixed["FRRC"] == pytest.approx((-0.080485914, -0.0071147303), abs=5e-10)
    assert fixed["RRFC"] == pytest.approx((-0.085020224, -0.0025804202), abs=5e-10)
    first, second = analyses["RRRC"].areas
    assert (first.auc, second.auc) == pytest.approx((0.89703704, 0.94083736), abs=5e-9)
    assert tuple(first.interval) == pytest.approx((0.82522360, 0.96885048), abs=5e-9)
    assert tuple(second.interval) == pytest.approx((0.89413783, 0.98753689), abs=5e-9)
    lows = [area.interval.low for area in analyses["FRRC"].areas]
    assert lows == pytest.approx([0.84943008, 0.90795637], abs=5e-9)


def test_vandyke_modality_with_fixed_cases_is_a_t_interval(ratings):
    for area, of_readers in zip(obuchowski_rockette(ratings).analyses["RRFC"].areas, AREAS, strict=True):
        expected = ttest_1samp(of_readers, 0).confidence_interval(0.95)
        assert (area.interval.low, area.df) == (pytest.approx(expected.low, abs=5e-8), 4)
        assert area.interval.high == pytest.approx(min(expected.high, 1), abs=5e-8)


def test_vandyke_summary_has_a_row_for_every_analysis_and_pair(ratings):
    summary = obuchowski_rockette(ratings).summary
    assert list(summary["analysis"]) == ["RRRC", "FRRC", "RRFC"]
    assert summary["p"].round(4).tolist() == [0.0517, 0.0193, 0.0420]


def test_components_by_the_definitions():
    # expectations of the mean squares (Hillis 2007, table 1) hold with the estimates put in
    c = obuchowski_rockette(simulated(seed=5)).components
    t = c.n_modalities
    mean_square = c.modality_reader + c.var - c.cov1 - c.cov2_minus_cov3
    assert c.ms_modality_reader == pytest.approx(mean_square, abs=1e-15)
    assert c.ms_reader == pytest.approx(
        t * c.reader + c.ms_modality_reader + t * (c.cov1 - c.cov3), abs=1e-15
    )


def test_mean_squares_of_two_readers_by_hand():
    # areas 1 and 1/2 in the first modality, 3/4 and 3/4 in the second, of two cases of each class
    positive = np.array([True, True, False, False])
    rating = np.array([[[4, 3, 2, 1], [3, 1, 2, 2]], [[3, 1, 2, 0], [4, 2, 3, 1]]], dtype=float)
    result = obuchowski_rockette(CrossedRatings(("a", "b"), ("r", "s"), tuple("1234"), positive, rating))
    assert result.auc.tolist() == [[1.0, 0.5], [0.75, 0.75]]
    c = result.components
    assert c.ms_modality == 0
    assert c.ms_reader == pytest.approx(2 * (0.125**2 + 0.125**2))
    assert c.ms_modality_reader == pytest.approx(4 * 0.125**2)


def test_shared_covariances_by_counting():
    generator = np.random.default_rng(2)
    root = generator.normal(size=(6, 20))
    blocks = np.cov(root).reshape(2, 3, 2, 3)
    kinds = {kind: [] for kind in [(True, True), (False, True), (True, False), (False, False)]}
    for i, j, k, m in np.ndindex(2, 3, 2, 3):
        kinds[i == k, j == m].append(blocks[i, j, k, m])
    assert shared_covariances(blocks) == pytest.approx([np.mean(v) for v in kinds.values()])


def test_three_modalities_have_three_differences_and_holm():
    result = obuchowski_rockette(simulated())
    analysis = result.analyses["RRRC"]
    assert [(d.a, d.b) for d in analysis.differences] == [("0", "1"), ("0", "2"), ("1", "2")]
    assert analysis.df1 == 2
    c = result.components
    spread = c.ms_modality_reader + 4 * max(c.cov2 - c.cov3, 0)
    assert analysis.df2 == pytest.approx(6 * (spread / c.ms_modality_reader) ** 2)
    assert analysis.pvalue == pytest.approx(f.sf(c.ms_modality / spread, 2, analysis.df2))
    assert result.analyses["FRRC"].statistic == pytest.approx(
        2 * c.ms_modality / (c.var - c.cov1 + 3 * max(c.cov2 - c.cov3, 0))
    )
    means = result.auc.mean(axis=1)
    assert analysis.differences[2].difference == pytest.approx(means[1] - means[2])
    assert all(d.p_holm >= d.pvalue for d in analysis.differences)
    # the F statistic is the mean of the squared pairwise t statistics
    squares = [d.statistic**2 for d in analysis.differences]
    assert analysis.statistic == pytest.approx(np.mean(squares), rel=1e-10)


def test_negative_cov2_minus_cov3_is_truncated():
    # readers share errors across modalities more than within one: Cov3 > Cov2
    generator = np.random.default_rng(0)
    positive = np.arange(80) % 2 == 0
    shared = generator.normal(size=(2, 80))
    noise = np.stack([[shared[0], shared[1]], [shared[1], shared[0]]])
    rating = 1.2 * positive + noise + 0.1 * generator.normal(size=(2, 2, 80))
    crossed = CrossedRatings(("a", "b"), ("r", "s"), tuple(map(str, range(80))), positive, rating)
    result = obuchowski_rockette(crossed)
    c = result.components
    assert c.truncated
    assert c.cov2_minus_cov3 == 0
    assert result.analyses["RRRC"].statistic == pytest.approx(c.ms_modality / c.ms_modality_reader)
    assert result.analyses["RRRC"].df2 == 1


def test_one_reader_is_a_paired_comparison():
    crossed = simulated(shape=(2, 1, 60))
    result = obuchowski_rockette(crossed, "delong")
    assert set(result.analyses) == {"FRRC"}
    assert set(result.undefined) == {"RRRC", "RRFC"}
    assert all("two readers" in why for why in result.undefined.values())
    paired = compare(crossed.positive, crossed.rating[0, 0], crossed.rating[1, 0])
    (difference,) = result.analyses["FRRC"].differences
    assert difference.statistic == pytest.approx(paired.statistic, rel=1e-9)
    assert difference.pvalue == pytest.approx(paired.pvalue, rel=1e-9)
    assert tuple(difference.interval) == pytest.approx(tuple(paired.interval), rel=1e-9)


def test_identical_modalities_do_not_differ():
    crossed = simulated()
    same = replace(crossed, modalities=("a", "b"), rating=np.stack([crossed.rating[0]] * 2))
    for analysis in obuchowski_rockette(same).analyses.values():
        assert (analysis.statistic, analysis.pvalue) == (0.0, 1.0)
        assert analysis.differences[0].difference == 0
        assert analysis.differences[0].pvalue == 1


def test_difference_without_variance_is_named():
    positive = np.arange(20) % 2 == 0
    rating = np.stack([np.stack([positive.astype(float)] * 3), np.zeros((3, 20))])
    crossed = CrossedRatings(("a", "b"), ("r", "s", "t"), tuple(map(str, range(20))), positive, rating)
    result = obuchowski_rockette(crossed)
    assert not result.analyses
    assert set(result.undefined) == {"RRRC", "FRRC", "RRFC"}


def test_perfect_readers_are_flagged():
    positive = np.arange(20) % 2 == 0
    perfect = positive + np.linspace(0, 0.5, 20)
    blurred = simulated(shape=(1, 2, 20)).rating[0]
    rating = np.stack([np.stack([perfect, perfect]), blurred])
    crossed = CrossedRatings(("a", "b"), ("r", "s"), tuple(map(str, range(20))), positive, rating)
    areas = obuchowski_rockette(crossed).analyses["RRRC"].areas
    assert (areas[0].auc, areas[0].degenerate, areas[1].degenerate) == (1.0, True, False)
    assert areas[1].interval.high <= 1


def test_one_modality_is_refused():
    with pytest.raises(StatisticsError, match="at least two"):
        obuchowski_rockette(simulated(shape=(1, 3, 20)))


def test_one_positive_case_is_refused():
    crossed = simulated(shape=(2, 2, 6))
    lonely = replace(crossed, positive=np.arange(6) == 0)
    with pytest.raises(StatisticsError, match="one case"):
        obuchowski_rockette(lonely)


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_monotone_rescoring_and_order_of_cases_and_readers_do_not_matter(seed, random):
    crossed = simulated(seed, shape=(2, 3, 24))
    cases, readers = list(range(24)), list(range(3))
    random.shuffle(cases)
    random.shuffle(readers)
    # every reader may stretch the scale differently
    stretched = np.exp(crossed.rating * np.array([0.3, 0.7, 1.1])[:, None])
    shuffled = replace(crossed, positive=crossed.positive[cases], rating=stretched[:, readers][:, :, cases])
    a, b = obuchowski_rockette(crossed), obuchowski_rockette(shuffled)
    for name, analysis in a.analyses.items():
        assert b.analyses[name].pvalue == pytest.approx(analysis.pvalue, rel=1e-6, abs=1e-12)


def test_swapping_classes_keeps_the_test():
    crossed = simulated(seed=9)
    swapped = replace(crossed, positive=~crossed.positive, rating=-crossed.rating)
    a, b = obuchowski_rockette(crossed), obuchowski_rockette(swapped)
    assert b.analyses["RRRC"].pvalue == pytest.approx(a.analyses["RRRC"].pvalue, rel=1e-9)


def test_mean_area_variance_of_one_reader():
    assert mean_area_variance("FRRC", np.array([0.8]), np.array([[0.01]])) == (0.8, 0.01, np.inf)


def test_size_of_the_test_under_equal_modalities():
    generator = np.random.default_rng(11)
    positive = np.arange(80) % 2 == 0
    names = [("a", "b"), tuple("rstuv"), tuple(map(str, range(80)))]
    rejected = 0
    for _ in range(400):
        case = generator.normal(size=80)
        skill = generator.normal(1.5, 0.15, size=(5, 1)) + generator.normal(0, 0.15, size=(2, 5, 1))
        rating = case + skill * positive + generator.normal(size=(2, 5, 80))
        result = obuchowski_rockette(CrossedRatings(*names, positive, rating))
        rejected += result.analyses["RRRC"].pvalue < 0.05
    assert 0.02 <= rejected / 400 <= 0.085
