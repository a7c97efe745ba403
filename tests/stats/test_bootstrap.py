import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import bootstrap as scipy_bootstrap
from sklearn.metrics import roc_auc_score

import dls.stats.bootstrap as module
from dls.errors import StatisticsError
from dls.stats.bootstrap import bootstrap, weighted_auc, weighted_difference, weighted_mean, weighted_rate
from dls.stats.delong import auc
from dls.stats.roc import auc_score
from tests.stats.reference import asah, poor, r_statistics


@st.composite
def weighted_cases(draw):
    n = draw(st.integers(2, 15))
    truth = draw(hnp.arrays(bool, n))
    truth[:2] = [True, False]
    score = draw(hnp.arrays(np.int64, n, elements=st.integers(0, 4))).astype(float)
    weights = draw(hnp.arrays(np.int64, (3, n), elements=st.integers(0, 3)))
    return truth, score, weights


@given(weighted_cases())
def test_weights_are_repeated_cases(cases):
    truth, score, weights = cases
    statistics = (weighted_auc(truth, score), weighted_rate(score > 1, truth), weighted_mean(score))
    for row in weights:
        t, s = np.repeat(truth, row), np.repeat(score, row)
        area, rate, mean = (float(f(row[None, :].astype(float))[0]) for f in statistics)
        if t.any() and not t.all():
            assert area == pytest.approx(auc_score(t, s), abs=1e-12)
            assert area == pytest.approx(roc_auc_score(t, s), abs=1e-12)
        else:
            assert np.isnan(area)
        assert rate == pytest.approx((s[t] > 1).mean()) if t.any() else np.isnan(rate)
        assert mean == pytest.approx(s.mean()) if s.size else np.isnan(mean)


def test_limits_and_acceleration_of_boot():
    # boot 1.3-28.1, 20,000 other resamples of the same mean: equal up to the resampling error
    r = r_statistics()
    cases = range(113)
    kinds = {
        kind: bootstrap({"mean": weighted_mean(asah()["s100b"])}, cases, n_replicates=20000, kind=kind)[
            "mean"
        ]
        for kind in ("percentile", "BCa")
    }
    percentile, bca = kinds["percentile"].interval, kinds["BCa"].interval
    assert tuple(percentile) == pytest.approx((r["percentile_low"], r["percentile_high"]), abs=0.0015)
    assert tuple(bca) == pytest.approx((r["bca_low"], r["bca_high"]), abs=0.002)
    assert bca.low - percentile.low > 0.004  # the correction is larger than the resampling error
    design = module._design(cases, None)
    mean = weighted_mean(asah()["s100b"])
    pull = module._influences({"m": mean}, {"m": asah()["s100b"].mean()}, design)["m"]
    acceleration = (pull**3).sum() / (6 * (pull**2).sum() ** 1.5)
    assert acceleration == pytest.approx(r["bca_acceleration_mean_s100b"], rel=1e-9)


def test_bca_limits_equal_scipys_on_the_same_replicates():
    values = asah()["ndka"].to_numpy()
    expected = scipy_bootstrap((values,), np.mean, n_resamples=999, method="BCa", rng=1)
    mean = weighted_mean(values)
    pull = module._influences({"m": mean}, {"m": values.mean()}, module._design(range(113), None))["m"]
    replicates = expected.bootstrap_distribution
    levels = module._bca_levels("m", values.mean(), replicates, pull, np.array([0.025, 0.975]))
    limits = np.quantile(replicates, levels)
    np.testing.assert_allclose(limits, tuple(expected.confidence_interval), rtol=1e-9)


def test_the_standard_error_of_an_area_is_near_delongs():
    score = asah()["wfns"]
    result = bootstrap({"auc": weighted_auc(poor(), score)}, range(113), n_replicates=3000)["auc"]
    expected = auc(poor(), score)
    assert result.estimate == pytest.approx(expected.auc, abs=1e-14)
    assert result.standard_error == pytest.approx(expected.standard_error, rel=0.06)
    assert abs(result.bias) < 0.003
    assert tuple(result.interval) == pytest.approx(tuple(expected.interval), abs=0.012)


def test_seeds_decide_the_draws_and_batches_do_not(monkeypatch):
    statistics = {"auc": weighted_auc(poor(), asah()["s100b"])}
    one = bootstrap(statistics, range(113), n_replicates=50, seed=7)["auc"].replicates
    same = bootstrap(statistics, range(113), n_replicates=50, seed=7)["auc"].replicates
    other = bootstrap(statistics, range(113), n_replicates=50, seed=8)["auc"].replicates
    monkeypatch.setattr(module, "_BATCH_CELLS", 400)  # three resamples a batch, two in the last
    batched = bootstrap(statistics, range(113), n_replicates=50, seed=7, kind="BCa")["auc"].replicates
    np.testing.assert_array_equal(one, same)
    np.testing.assert_array_equal(one, batched)
    assert (one != other).any()


def test_statistics_share_their_resamples():
    a, b = weighted_mean(asah()["s100b"]), weighted_mean(asah()["ndka"])
    table = bootstrap({"a": a, "b": b, "a - b": weighted_difference(a, b)}, range(113), n_replicates=40)
    np.testing.assert_allclose(
        table["a - b"].replicates, table["a"].replicates - table["b"].replicates, atol=1e-12
    )
    assert list(table.summary.index) == ["a", "b", "a - b"]


def test_an_identical_pair_has_no_difference_and_a_point_interval():
    one = weighted_auc(poor(), asah()["s100b"])
    for kind in ("percentile", "BCa"):
        result = bootstrap({"d": weighted_difference(one, one)}, range(113), n_replicates=20, kind=kind)["d"]
        assert tuple(result.interval) == (0.0, 0.0)


def test_cases_of_a_cluster_share_their_weight():
    seen = []

    def spy(weights):
        seen.append(weights)
        return weights.sum(axis=1)

    cluster = ["x", "y", "x", "z", "z", "z"]
    result = bootstrap({"n": spy}, cluster, n_replicates=30)["n"]
    drawn = np.vstack(seen[1:])
    np.testing.assert_array_equal(drawn[:, 0], drawn[:, 2])
    np.testing.assert_array_equal(drawn[:, 3], drawn[:, 5])
    np.testing.assert_array_equal(drawn[:, [0, 1, 3]].sum(axis=1), 3)
    assert (result.n_clusters, result.method) == (3, "percentile bootstrap of clusters")
    alone = bootstrap({"n": spy}, range(6), n_replicates=5, kind="percentile")["n"]
    assert alone.method == "percentile bootstrap of cases"
    mean = {"m": weighted_mean(np.arange(6.0) ** 2)}
    assert bootstrap(mean, range(6), n_replicates=50, kind="BCa")["m"].method == "BCa bootstrap of cases"


def test_copies_within_a_cluster_do_not_narrow_the_interval():
    values = asah()["s100b"].to_numpy()
    once = bootstrap({"m": weighted_mean(values)}, range(113), n_replicates=300)["m"]
    copied = bootstrap({"m": weighted_mean(np.repeat(values, 4))}, np.repeat(range(113), 4), n_replicates=300)
    np.testing.assert_allclose(copied["m"].replicates, once.replicates)
    careless = bootstrap({"m": weighted_mean(np.repeat(values, 4))}, range(452), n_replicates=300)["m"]
    assert careless.standard_error < 0.6 * once.standard_error


def test_strata_keep_their_sizes():
    result = bootstrap(
        {"share": weighted_rate(poor())}, range(113), n_replicates=50, strata=poor(), kind="percentile"
    )["share"]
    assert np.ptp(result.replicates) == 0
    assert result.method.endswith("stratified")


def test_three_strata_keep_their_numbers_of_clusters():
    stratum = np.repeat(["a", "b", "c"], [2, 3, 4])
    shares = {name: weighted_rate(stratum == name) for name in "abc"}
    table = bootstrap(shares, range(9), n_replicates=40, strata=stratum)
    for name, share in zip("abc", (2 / 9, 3 / 9, 4 / 9), strict=True):
        np.testing.assert_allclose(table[name].replicates, share)
    inside = bootstrap({"m": weighted_mean(np.arange(9.0))}, range(9), n_replicates=40, strata=stratum)["m"]
    assert len(set(inside.replicates)) > 10


def test_a_stratum_pulls_by_its_own_size():
    # of a mean of strata the influence is each value less its stratum's mean, over the stratum's size
    values, stratum = np.array([1.0, 2, 6, 0, 1, 1, 5, 8]), np.array([0, 0, 0, 1, 1, 1, 1, 1])
    first, second = weighted_mean(values[:3]), weighted_mean(values[3:])

    def statistic(weights):
        return first(weights[:, :3]) - second(weights[:, 3:])

    design = module._design(range(8), stratum)
    estimate = float(statistic(np.ones((1, 8)))[0])
    assert estimate == pytest.approx(3 - 3)
    pull = module._influences({"d": statistic}, {"d": estimate}, design)["d"]
    np.testing.assert_allclose(pull, np.r_[(values[:3] - 3) / 3, -(values[3:] - 3) / 5], atol=1e-12)


def test_the_stratified_acceleration_is_zero_for_a_mirrored_statistic():
    # area of two mirrored samples: the influences of positives and negatives cancel in the third power
    score = np.r_[np.arange(10.0), 9 - np.arange(10.0) + 3]
    truth = np.arange(20) >= 10
    design = module._design(range(20), truth)
    area = weighted_auc(truth, score)
    pull = module._influences({"a": area}, {"a": float(area(np.ones((1, 20)))[0])}, design)["a"]
    assert pull[:10].sum() == pytest.approx(0, abs=1e-12)
    assert pull[10:].sum() == pytest.approx(0, abs=1e-12)


@settings(max_examples=20)
@given(st.randoms(use_true_random=False))
def test_order_of_cases_only_changes_the_draws(random):
    order = list(range(113))
    random.shuffle(order)
    truth, score = poor()[order], asah()["wfns"].to_numpy()[order]
    statistics = {"auc": weighted_auc(truth, score)}
    assert bootstrap(statistics, range(113), n_replicates=2)["auc"].estimate == pytest.approx(
        0.823678861788618
    )


@pytest.mark.parametrize("kind", ["percentile", "BCa"])
def test_coverage(kind):
    generator = np.random.default_rng(0)
    covered = 0
    for seed in range(150):
        patient = np.repeat(np.arange(60), 2)
        values = generator.normal(size=60)[patient] + generator.normal(scale=0.5, size=120)
        result = bootstrap({"m": weighted_mean(values)}, patient, n_replicates=400, seed=seed, kind=kind)["m"]
        covered += 0.0 in result.interval
    assert 0.89 < covered / 150 < 0.99


def test_undefined_resamples_are_counted():
    truth = np.array([True] + [False] * 9)
    result = bootstrap({"s": weighted_rate(np.ones(10, bool), truth)}, range(10), n_replicates=200)["s"]
    assert 40 < result.n_undefined < 100  # (9/10)^10 = 0.35 of 200
    assert np.isnan(result.replicates).sum() == result.n_undefined
    assert tuple(result.interval) == (1.0, 1.0)


def test_a_statistic_that_no_resample_defines_is_named():
    only_once = {"m": lambda weights: np.where((weights == 1).all(axis=1), 1.0, np.nan)}
    with pytest.raises(StatisticsError, match="No resample defines m"):
        bootstrap(only_once, range(40), n_replicates=20)


def test_progress_counts_to_the_end():
    calls = []
    bootstrap(
        {"m": weighted_mean(np.arange(5.0))},
        range(5),
        n_replicates=30,
        progress=lambda done, total, what: calls.append((done, total, what)),
    )
    assert calls[-1] == (30, 30, "bootstrap")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s: bootstrap(s, [1, 1, 1]), "two clusters"),
        (lambda s: bootstrap(s, [1, 2, None]), "missing values"),
        (lambda s: bootstrap(s, [1, 1, 2], strata=[0, 1, 1]), "two strata"),
        (lambda s: bootstrap(s, [1, 2, 3], n_replicates=1), "Too few replicates"),
        (lambda s: bootstrap(s, [1, 2, 3], kind="basic"), "Unknown bootstrap"),
        (lambda s: bootstrap(s, [1, 2, 3], confidence_level=1.5), "confidence level"),
        (lambda s: bootstrap({"a": weighted_auc([1, 1, 1], [1, 2, 3])}, [1, 2, 3]), "a is not defined"),
        (lambda s: bootstrap(s, [[1], [2], [3]]), "one-dimensional"),
        (lambda s: bootstrap(s, range(9)), "3 identifiers"),
        (lambda s: bootstrap({"a": weighted_auc([1, 0], [1, 2])}, range(3)), "2 identifiers"),
        (lambda s: bootstrap({"a": weighted_rate([1, 0])}, range(3)), "2 identifiers"),
        (lambda s: weighted_mean([1, np.nan]), "missing or infinite"),
        (lambda s: weighted_mean(["a", "b"]), "no number"),
        (lambda s: weighted_auc([1, 0], [1, np.inf]), "missing or infinite"),
        (lambda s: weighted_auc([1, 0, 1], [1, 2]), "differ in length"),
    ],
)
def test_what_cannot_be_resampled_is_refused(call, message):
    with pytest.raises(StatisticsError, match=message):
        call({"m": weighted_mean([1.0, 2.0, 3.0])})


def test_bca_is_refused_where_one_cluster_carries_a_class():
    truth = np.array([True] + [False] * 9)
    statistics = {"auc": weighted_auc(truth, np.arange(10.0) % 4)}
    with pytest.raises(StatisticsError, match="percentile"):
        bootstrap(statistics, range(10), n_replicates=100, kind="BCa")
