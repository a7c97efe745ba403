import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dls.errors import StatisticsError
from dls.stats.decision_curve import decision_curve, net_benefit


@st.composite
def predictions(draw):
    n = draw(st.integers(1, 30))
    return draw(hnp.arrays(bool, n)), draw(hnp.arrays(np.int64, n, elements=st.integers(0, 20))) / 20


def naive(truth, treated, threshold):
    """Vickers and Elkin 2006, counted case by case."""
    benefit = 0.0
    for sick, acted in zip(truth, treated, strict=True):
        if acted:
            benefit += 1 if sick else -threshold / (1 - threshold)
    return benefit / len(truth)


def test_counted_by_hand():
    # at 20 %: 3 of 4 positives and 2 of 6 negatives treated: 3/10 - 2/10 x 0.2/0.8 = 0.25
    truth = [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]
    p = [0.9, 0.5, 0.2, 0.1, 0.6, 0.3, 0.1, 0.1, 0.0, 0.15]
    curve = decision_curve(truth, p, [0.2])
    assert curve.model[0] == pytest.approx(0.25)
    assert curve.treat_all[0] == pytest.approx(0.4 - 0.6 * 0.25)
    assert curve.interventions_avoided[0] == pytest.approx(0)  # (0.25 - 0.25) / 0.25
    # at 60 %: 1 of 4 positives and 1 of 6 negatives treated
    higher = decision_curve(truth, p, [0.6])
    assert higher.model[0] == pytest.approx(1 / 10 - 1 / 10 * 1.5)
    assert higher.interventions_avoided[0] == pytest.approx((-0.05 - (0.4 - 0.6 * 1.5)) / 1.5)
    assert (curve.prevalence, curve.n) == (0.4, 10)
    assert net_benefit(truth, np.array(p) >= 0.2, 0.2) == pytest.approx(0.25)


@given(predictions())
def test_equals_the_naive_count_at_every_threshold(case):
    truth, p = case
    thresholds = [0.05, 0.25, 0.5, 0.9]
    curve = decision_curve(truth, p, thresholds)
    for t, model, everybody in zip(thresholds, curve.model, curve.treat_all, strict=True):
        assert model == pytest.approx(naive(truth, p >= t, t), abs=1e-12)
        assert everybody == pytest.approx(naive(truth, np.ones(p.size, bool), t), abs=1e-12)
        assert model == pytest.approx(net_benefit(truth, p >= t, t), abs=1e-12)


@given(predictions(), st.randoms(use_true_random=False))
def test_order_and_copies_are_irrelevant_and_no_curve_beats_the_prevalence(case, random):
    truth, p = case
    order = list(range(p.size))
    random.shuffle(order)
    curve = decision_curve(truth, p)
    for other in (decision_curve(truth[order], p[order]), decision_curve(np.tile(truth, 3), np.tile(p, 3))):
        np.testing.assert_allclose(other.model, curve.model, atol=1e-12)
    assert (curve.model <= truth.mean() + 1e-12).all()


def test_a_perfect_model_has_the_prevalence_throughout():
    curve = decision_curve([1, 0, 0, 1], [1.0, 0.0, 0.0, 1.0])
    np.testing.assert_allclose(curve.model, 0.5)
    assert curve.threshold.tolist()[:2] == [0.01, 0.02]
    assert list(curve.summary.columns) == [
        "threshold",
        "model",
        "treat_all",
        "treat_none",
        "interventions_avoided",
    ]


def test_one_class():
    assert (decision_curve([0, 0], [0.2, 0.9]).model <= 0).all()
    np.testing.assert_allclose(decision_curve([1, 1], [0.6, 0.9], [0.5]).model, 1)


def test_limits_are_seeded_surround_the_curve_and_widen_with_clusters():
    generator = np.random.default_rng(0)
    truth = np.repeat(generator.random(60) < 0.4, 4)
    p = np.clip(generator.normal(0.35 + 0.3 * truth, 0.1), 0, 1)
    thresholds = [0.2, 0.5]
    cases = decision_curve(truth, p, thresholds, n_replicates=300)
    again = decision_curve(truth, p, thresholds, n_replicates=300)
    patients = decision_curve(truth, p, thresholds, n_replicates=300, cluster=np.repeat(range(60), 4))
    np.testing.assert_array_equal(cases.low, again.low)
    assert (cases.low <= cases.model).all()
    assert (cases.model <= cases.high).all()
    assert ((patients.high - patients.low) > 1.4 * (cases.high - cases.low)).all()
    assert {"low", "high"} <= set(cases.summary.columns)


def test_a_probability_at_the_threshold_is_treated_in_every_resample():
    curve = decision_curve([1, 1, 1, 0], [0.5] * 4, [0.5], n_replicates=50)
    assert curve.high[0] > curve.low[0]
    assert curve.low[0] <= curve.model[0] == 0.5 <= curve.high[0]
    assert curve.method == "net benefit, percentile limits of 50 bootstrap replicates"
    assert decision_curve([1, 0], [0.5, 0.2]).method == "net benefit"


def test_a_threshold_named_twice_has_its_limits_twice():
    truth, p = [1, 0, 1, 0, 0, 1], [0.9, 0.2, 0.6, 0.7, 0.1, 0.4]
    curve = decision_curve(truth, p, [0.5, 0.2, 0.5], n_replicates=40)
    assert curve.low[0] == curve.low[2] != curve.low[1]
    assert len(curve.summary) == 3


def test_limits_are_those_of_drawing_the_cases_again():
    truth, p = np.array([1, 0, 1, 0, 0, 1, 0, 1] * 3, bool), np.arange(24) / 24
    curve = decision_curve(truth, p, [0.3], n_replicates=400, confidence_level=0.5)
    generator = np.random.default_rng(3)
    drawn = [generator.integers(24, size=24) for _ in range(4000)]
    again = [naive(truth[d], p[d] >= 0.3, 0.3) for d in drawn]
    assert (curve.low[0], curve.high[0]) == pytest.approx(tuple(np.quantile(again, [0.25, 0.75])), abs=0.03)
    assert curve.high[0] - curve.low[0] > 0.1


def test_coverage_of_the_limits():
    generator = np.random.default_rng(1)
    covered = 0
    for seed in range(120):
        truth = generator.random(150) < 0.4
        treated = np.where(truth, generator.random(150) < 0.8, generator.random(150) < 0.3)
        curve = decision_curve(truth, treated.astype(float), [0.5], n_replicates=300, seed=seed)
        expected = 0.4 * 0.8 - 0.6 * 0.3
        covered += curve.low[0] <= expected <= curve.high[0]
    assert 0.88 < covered / 120 <= 1


@pytest.mark.parametrize(
    "call",
    [
        lambda: decision_curve([], []),
        lambda: decision_curve([1, 0], [0.5, np.nan]),
        lambda: decision_curve([1, 0], [0.5, 1.5]),
        lambda: decision_curve([1, 0], [0.5]),
        lambda: decision_curve([1, 0], [0.5, 0.1], [0.0]),
        lambda: decision_curve([1, 0], [0.5, 0.1], [1.0]),
        lambda: decision_curve([1, 0], [[0.5], [0.1]]),
        lambda: decision_curve([1, 0], ["likely", "not"]),
        lambda: decision_curve([1, 0], [0.5, 0.1], ["half"]),
        lambda: decision_curve([1, 0], [0.5, 0.1], 0.5),
        lambda: decision_curve([1, 0], [0.5, 0.1], confidence_level=95),
        lambda: decision_curve([1, 0], [0.5, 0.1], n_replicates=9, cluster=[1, 2, 3]),
        lambda: net_benefit([], [], 0.5),
        lambda: net_benefit([1], [1], "half"),
        lambda: net_benefit([1], [1], 1.0),
        lambda: net_benefit([1, 0], [1, None], 0.5),
    ],
)
def test_what_is_no_decision_is_refused(call):
    with pytest.raises(StatisticsError):
        call()
