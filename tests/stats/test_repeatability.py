import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import chi2, ttest_1samp

from dls.errors import StatisticsError
from dls.stats.agreement import cohen_kappa
from dls.stats.proportions import clopper_pearson
from dls.stats.repeatability import repeated_classes, repeated_ratings


@st.composite
def duplicates(draw):
    n = draw(st.integers(2, 30))
    values = hnp.arrays(np.int64, n, elements=st.integers(0, 100))
    return draw(values).astype(float), draw(values).astype(float)


def test_classes_counted_by_hand():
    first = ["cyst", "HCC", "HCC", "FNH", None, "cyst"]
    second = ["cyst", "HCC", "FNH", "FNH", "HCC", "cyst"]
    result = repeated_classes(first, second)
    assert (result.agreement.count, result.n, result.n_missing) == (4, 5, 1)
    assert result.agreement.interval == clopper_pearson(4, 5)
    assert result.kappa.kappa == cohen_kappa(first, second).kappa
    assert result.summary["kappa"][0] == result.kappa.kappa


def test_one_class_has_agreement_but_no_kappa():
    result = repeated_classes(["cyst"] * 3, ["cyst"] * 3)
    assert result.agreement.estimate == 1
    assert result.kappa is None
    assert "one category" in result.kappa_problem
    assert result.summary["kappa"][0] is None


def test_ratings_counted_by_hand():
    # differences 2, -2, 4, 0: mean 1, squares 24; within-subject variance 24 / 8 = 3
    result = repeated_ratings([10, 20, 30, 40], [12, 18, 34, 40])
    assert result.bias == 1
    assert result.within_sd == pytest.approx(np.sqrt(3))
    assert result.repeatability_coefficient == pytest.approx(1.96 * np.sqrt(6))
    spread = np.std([2, -2, 4, 0], ddof=1)
    assert tuple(result.limits_of_agreement) == pytest.approx((1 - 1.96 * spread, 1 + 1.96 * spread))


@given(duplicates())
def test_within_sd_is_the_root_of_the_one_way_mean_square(columns):
    first, second = columns
    both = np.column_stack(columns)
    within = ((both - both.mean(axis=1, keepdims=True)) ** 2).sum() / first.size
    result = repeated_ratings(first, second)
    assert result.within_sd == pytest.approx(np.sqrt(within), abs=1e-9)
    assert result.within_sd_interval.low <= result.within_sd <= result.within_sd_interval.high
    swapped = repeated_ratings(second, first)
    assert swapped.bias == pytest.approx(-result.bias, abs=1e-12)
    assert swapped.within_sd == result.within_sd


@given(duplicates(), st.floats(-50, 50), st.randoms(use_true_random=False))
def test_shift_of_scale_and_order_of_cases_are_irrelevant(columns, shift, random):
    first, second = columns
    order = list(range(first.size))
    random.shuffle(order)
    one, other = (
        repeated_ratings(first, second),
        repeated_ratings(first[order] + shift, second[order] + shift),
    )
    assert other.within_sd == pytest.approx(one.within_sd, abs=1e-9)
    assert other.bias == pytest.approx(one.bias, abs=1e-9)


def test_coverage():
    generator = np.random.default_rng(0)
    results = []
    for _ in range(600):
        true = generator.uniform(0, 100, 30)
        results.append(repeated_ratings(*(true + generator.normal(scale=5, size=(2, 30)))))
    assert 0.925 < np.mean([5 in r.within_sd_interval for r in results]) < 0.975
    assert 0.925 < np.mean([0 in r.bias_interval for r in results]) < 0.975


@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
def test_intervals_are_those_of_t_and_of_chi_square(level):
    first, second = np.random.default_rng(4).normal(size=(2, 12))
    result = repeated_ratings(first, second, level)
    mean = ttest_1samp(second - first, 0).confidence_interval(level)
    assert tuple(result.bias_interval) == pytest.approx(tuple(mean), rel=1e-10)
    squares = ((second - first) ** 2).sum() / 2
    spread = np.sqrt(squares / chi2.ppf([(1 + level) / 2, (1 - level) / 2], 12))
    assert tuple(result.within_sd_interval) == pytest.approx(tuple(spread), rel=1e-10)
    assert result.limits_of_agreement == repeated_ratings(first, second).limits_of_agreement


def test_identical_readings_are_a_point():
    result = repeated_ratings([1, 2, 3], [1, 2, 3])
    assert (result.within_sd, tuple(result.bias_interval)) == (0, (0, 0))


def test_missing_repeats_are_counted():
    result = repeated_ratings([1, np.nan, 3, 5, 7], [2, 2, np.nan, 5, 7])
    assert (result.n, result.n_missing) == (3, 2)


def test_one_repeat_has_agreement():
    result = repeated_classes(["cyst", None], ["cyst", "HCC"])
    assert (result.agreement.estimate, result.n, result.n_missing) == (1, 1, 1)
    with pytest.raises(StatisticsError, match="No case was read twice"):
        repeated_classes(["cyst", None], [None, "HCC"])


@pytest.mark.parametrize(
    "call",
    [
        lambda: repeated_classes([None, 1], [1, None]),
        lambda: repeated_classes([1], [1, 2]),
        lambda: repeated_classes([[1], [2]], [[1], [2]]),
        lambda: repeated_classes([1, 2], [1, 2], weights="cubic"),
        lambda: repeated_ratings([1], [2]),
        lambda: repeated_ratings([[1], [2]], [[1], [2]]),
        lambda: repeated_ratings([1, 2], ["low", "high"]),
        lambda: repeated_ratings([1, 2], [1]),
        lambda: repeated_ratings([1, np.inf], [1, 2]),
        lambda: repeated_ratings([1, np.nan], [1, 2]),
    ],
)
def test_too_few_repeats_are_refused(call):
    with pytest.raises(StatisticsError):
        call()
