from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import f, ncf

from dls.errors import StatisticsError
from dls.stats.crossed import CrossedRatings, crossed_ratings
from dls.stats.mrmc import obuchowski_rockette
from dls.stats.power import cases_needed, power, power_table
from tests.stats.reference import vandyke

EFFECT = 0.0438003220611916  # observed in the Van Dyke data


@pytest.fixture(scope="module")
def pilot():
    return obuchowski_rockette(crossed_ratings(vandyke(), modality="treatment")).components


def test_power_of_rjafroc(pilot):
    # RJafroc 2.1.3, tests of SsPowerGivenJK and SsSampleSizeKGivenJ on the Van Dyke data
    assert power(pilot, EFFECT, 6, 111).power == pytest.approx(0.5526116, abs=5e-8)
    assert power(pilot, EFFECT, 6, 112).power == pytest.approx(0.5555789, abs=5e-8)
    ten = cases_needed(pilot, EFFECT, 10)
    assert (ten.n_cases, ten.power) == (163, pytest.approx(0.8015625, abs=5e-8))
    ninety = cases_needed(pilot, EFFECT, 10, desired_power=0.9)
    assert (ninety.n_cases, ninety.power) == (236, pytest.approx(0.9003501, abs=5e-8))
    fixed = cases_needed(pilot, EFFECT, 10, analysis="RRFC")
    assert (fixed.n_cases, fixed.power) == (53, pytest.approx(0.8049666, abs=5e-8))


def test_table_of_rjafroc(pilot):
    table = power_table(pilot, EFFECT, range(3, 13))
    assert table["n_cases"].isna().tolist() == [True] + [False] * 9
    assert table["n_cases"].tolist()[1:] == [1089, 344, 251, 211, 188, 173, 163, 155, 149]
    assert 0.8 > table["power"][0] >= max(power(pilot, EFFECT, 3, 10**k).power for k in range(7))


def test_fixed_readers_by_hand(pilot):
    # noncentral chi-square with one degree of freedom is a shifted squared normal
    from scipy.stats import norm

    plan = power(pilot, EFFECT, 10, 131, analysis="FRRC")
    shift = np.sqrt(plan.noncentrality)
    critical = norm.isf(0.025)
    assert plan.power == pytest.approx(norm.sf(critical - shift) + norm.cdf(-critical - shift), rel=1e-9)
    assert cases_needed(pilot, EFFECT, 10, analysis="FRRC").n_cases == 131


def test_the_pilot_repeated_has_the_observed_statistic_as_noncentrality(pilot):
    # planned like the pilot, with its own effect: noncentrality = F, degrees of freedom as analysed
    result = obuchowski_rockette(crossed_ratings(vandyke(), modality="treatment"))
    for name in ("RRRC", "RRFC"):
        plan = power(pilot, EFFECT, 5, 114, analysis=name)
        assert plan.noncentrality == pytest.approx(result.analyses[name].statistic, rel=1e-9)
        assert plan.df2 == pytest.approx(result.analyses[name].df2, rel=1e-9)


@pytest.mark.parametrize(
    ("analysis", "effect", "readers"),
    [("RRRC", 0.2, 2), ("RRRC", 0.06, 5), ("FRRC", 0.05, 1), ("FRRC", 0.2, 4), ("RRFC", 0.05, 8)],
)
def test_the_smallest_study_is_that_of_trying_every_number(pilot, analysis, effect, readers):
    tried = (n for n in range(1, 2000) if power(pilot, effect, readers, n, analysis=analysis).power >= 0.8)
    assert cases_needed(pilot, effect, readers, analysis=analysis).n_cases == next(tried)


def test_few_readers_may_do_best_with_a_middling_number_of_cases(pilot):
    # the degrees of freedom fall towards 1 as the cases' share of the variance shrinks
    few, many = power(pilot, 0.2, 2, 100), power(pilot, 0.2, 2, 100_000)
    assert few.df2 > 1.9
    assert 1 < many.df2 < 1.01
    assert few.power > many.power + 0.1
    assert cases_needed(pilot, 0.2, 2).n_cases == 51
    with pytest.raises(StatisticsError, match=r"at most 0\.9"):
        cases_needed(pilot, 0.2, 2, desired_power=0.99)


def test_three_modalities_take_two_degrees_of_freedom(pilot):
    # the third modality half way between the others: sum of squares effect^2 / 2, as for two
    plan = power(replace(pilot, n_modalities=3), 0.05, 5, 200)
    two = power(pilot, 0.05, 5, 200)
    assert (plan.df1, two.df1) == (2, 1)
    assert plan.df2 == pytest.approx(2 * two.df2)
    assert plan.noncentrality == pytest.approx(two.noncentrality)
    critical = f.isf(0.05, 2, plan.df2)
    assert plan.power == pytest.approx(ncf.sf(critical, 2, plan.df2, plan.noncentrality))


def test_a_negative_interaction_counts_as_zero(pilot):
    steady = replace(pilot, ms_modality_reader=0.0001)
    assert steady.modality_reader < 0
    # what is left is the covariances over cases, by hand
    own, shared = 114 / 200 * (steady.var - steady.cov1), 114 / 200 * (steady.cov2 - steady.cov3)
    plan = power(steady, 0.05, 5, 200)
    assert plan.noncentrality == pytest.approx(5 * 0.05**2 / (2 * (own + 4 * shared)))
    assert plan.df2 == pytest.approx(4 * ((own + 4 * shared) / (own - shared)) ** 2)


def test_a_negative_cov2_less_cov3_counts_as_zero(pilot):
    apart = replace(pilot, cov2=pilot.cov3 / 2)
    own = 114 / 200 * (apart.var - apart.cov1)
    plan = power(apart, 0.05, 5, 200, analysis="FRRC")
    assert plan.noncentrality == pytest.approx(5 * 0.05**2 / (2 * own))


def test_a_pilot_without_variance_plans_nothing(pilot):
    nothing = replace(pilot, ms_modality_reader=0.0, var=0.0, cov1=0.0, cov2=0.0, cov3=0.0)
    with pytest.raises(StatisticsError, match="no variance"):
        power(nothing, 0.05, 5, 100)


def test_power_grows_with_readers_cases_and_effect(pilot):
    base = power(pilot, 0.04, 5, 100).power
    assert base < power(pilot, 0.04, 8, 100).power
    assert base < power(pilot, 0.04, 5, 200).power
    assert base < power(pilot, 0.06, 5, 100).power
    assert power(pilot, -0.04, 5, 100).power == base
    assert power(pilot, 0.04, 5, 100, alpha=0.01).power < base


def test_simulated_studies_reach_the_planned_power():
    generator = np.random.default_rng(8)

    def study(n_readers, n_cases):
        positive = np.arange(n_cases) % 2 == 0
        case = generator.normal(size=n_cases)
        skill = generator.normal(1.3, 0.1, size=(n_readers, 1)) + np.array([0.0, 0.45])[:, None, None]
        rating = case + skill * positive + generator.normal(size=(2, n_readers, n_cases))
        names = (("a", "b"), tuple(map(str, range(n_readers))), tuple(map(str, range(n_cases))))
        return obuchowski_rockette(CrossedRatings(*names, positive, rating))

    pilot = study(20, 1000)
    effect = abs(pilot.analyses["RRRC"].differences[0].difference)
    planned = power(pilot.components, effect, 4, 60).power
    found = np.mean([study(4, 60).analyses["RRRC"].pvalue < 0.05 for _ in range(300)])
    assert found == pytest.approx(planned, abs=0.1)


def test_too_few_readers_are_told(pilot):
    with pytest.raises(StatisticsError, match="few readers"):
        cases_needed(pilot, EFFECT, 3)


@pytest.mark.parametrize(
    "arguments",
    [
        {"effect": 0},
        {"effect": 1},
        {"effect": -4},
        {"n_readers": 1},
        {"n_cases": 0},
        {"alpha": 0},
        {"alpha": 1},
        {"analysis": "FRFC"},
    ],
)
def test_plans_that_are_none(pilot, arguments):
    plan = {"effect": 0.05, "n_readers": 5, "n_cases": 100} | arguments
    with pytest.raises(StatisticsError, match="planned"):
        power(pilot, **plan)


def test_desired_power_is_a_fraction(pilot):
    for fraction in (0, 1, 80):
        with pytest.raises(StatisticsError, match="desired power is not a probability"):
            cases_needed(pilot, 0.05, 5, desired_power=fraction)


def test_summary(pilot):
    assert power(pilot, 0.05, 5, 100).summary["n_cases"].tolist() == [100]
