import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from dls.errors import StatisticsError
from dls.stats.matched import _sensitivity_at, matched_sensitivity, sensitivity_at_specificity
from dls.stats.roc import roc_curve
from tests.stats.reference import asah, poor, proc
from tests.stats.test_delong import several_scores

# pROC 1.18.0, ci.se(specificities = 0.9), 2,000 stratified replicates (unseeded, hence the tolerance)
PROC_INTERVALS = {"s100b": (0.2195, 0.6341), "ndka": (0.0488, 0.4146), "wfns": (0.3293, 0.7085)}


@pytest.mark.parametrize("score", PROC_INTERVALS)
def test_proc(score):
    result = sensitivity_at_specificity(poor(), asah()[score], 0.9)
    assert result.sensitivity == pytest.approx(proc()["sensitivity at 0.9", score], abs=1e-12)
    assert tuple(result.interval) == pytest.approx(PROC_INTERVALS[score], abs=0.04)


@settings(max_examples=40)
@given(several_scores(k=1), st.integers(0, 1000), st.floats(0, 1))
def test_weights_are_repeated_cases(data, seed, specificity):
    truth, scores = data
    weights = np.random.default_rng(seed).integers(0, 3, truth.size)
    weights[:4] = 1  # both classes are drawn
    drawn = np.repeat(np.arange(truth.size), weights)
    expected = roc_curve(truth[drawn], scores[drawn, 0]).sensitivity_at(specificity)
    at = _sensitivity_at(truth, scores[:, 0], "higher")
    found = at(weights[None].astype(float), np.array([specificity]))
    assert found[0] == pytest.approx(float(expected), abs=1e-7)


def test_threshold_is_usable():
    result = sensitivity_at_specificity(poor(), asah()["wfns"], 0.9, n_replicates=50)
    called = asah()["wfns"].to_numpy() >= result.threshold
    assert np.mean(~called[~poor()]) >= 0.9
    assert result.threshold == 5
    lower = sensitivity_at_specificity(poor(), -asah()["wfns"], 0.9, n_replicates=50, direction="lower")
    assert lower.threshold == -5
    assert lower.interval == result.interval


def test_the_model_against_the_readers_at_their_specificity():
    # reader 1 has sensitivity 2/3 and specificity 3/4, reader 2 has 1/3 and 1: the mean is 1/2 and 7/8
    truth = np.array([1, 1, 1, 0, 0, 0, 0], dtype=bool)
    model = np.array([6.0, 5.0, 2.5, 4.0, 3.0, 2.0, 1.0])
    called = np.array([[1, 1, 0, 1, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0]], dtype=bool)
    result = matched_sensitivity(truth, model, called, n_replicates=200)
    assert (result.reader_specificity, result.reader_sensitivity) == (0.875, 0.5)
    assert result.model.sensitivity == pytest.approx(2 / 3)
    assert result.difference == pytest.approx(2 / 3 - 1 / 2)
    assert result.n_readers == 2
    assert result.summary["difference"].tolist() == [result.difference]
    assert result.interval.low <= result.difference <= result.interval.high


def test_a_reader_who_is_the_model_does_not_differ_from_it():
    score = asah()["wfns"].to_numpy(float)
    result = matched_sensitivity(poor(), score, (score >= 4)[None], n_replicates=300)
    assert result.difference == pytest.approx(0, abs=1e-12)
    # where a resample has no negative at the next score, the upper end of that vertical step is meant
    assert tuple(result.interval) == pytest.approx((0, 0), abs=0.05)


def test_patients_are_drawn_whole():
    generator = np.random.default_rng(5)
    truth = np.repeat(generator.random(60) < 0.5, 3)
    score = np.repeat(generator.normal(size=60), 3) + truth
    alone = sensitivity_at_specificity(truth, score, 0.8, n_replicates=400)
    whole = sensitivity_at_specificity(
        truth, score, 0.8, patient=np.repeat(np.arange(60), 3), n_replicates=400
    )
    assert whole.interval.high - whole.interval.low > 1.3 * (alone.interval.high - alone.interval.low)


def test_the_seed_decides():
    first, second = (sensitivity_at_specificity(poor(), asah()["ndka"], 0.8, n_replicates=100) for _ in "ab")
    assert first == second
    assert first != sensitivity_at_specificity(poor(), asah()["ndka"], 0.8, n_replicates=100, seed=1)


def test_coverage():
    generator = np.random.default_rng(6)
    truth = np.r_[np.ones(60, bool), np.zeros(80, bool)]
    expected = norm.cdf(norm.ppf(0.2) + 1.5)
    covered = [
        expected
        in sensitivity_at_specificity(
            truth, generator.normal(size=140) + 1.5 * truth, 0.8, n_replicates=300, seed=k
        ).interval
        for k in range(200)
    ]
    assert 0.9 <= np.mean(covered) <= 0.99


def test_the_ends_of_the_curve_are_specificities_too():
    truth, score = np.array([1, 1, 0, 0], bool), np.array([4.0, 1, 3, 2])
    assert sensitivity_at_specificity(truth, score, 0, n_replicates=10).sensitivity == 1
    assert sensitivity_at_specificity(truth, score, 1, n_replicates=10).sensitivity == 0.5


@pytest.mark.parametrize("specificity", [-0.1, 1.1, 90])
def test_specificities_outside_zero_and_one(specificity):
    with pytest.raises(StatisticsError, match="specificity"):
        sensitivity_at_specificity(poor(), asah()["ndka"], specificity)


def test_the_threshold_is_the_most_lenient_that_keeps_the_specificity():
    score = asah()["ndka"].to_numpy()
    result = sensitivity_at_specificity(poor(), score, 0.85, n_replicates=20)
    kept = [t for t in np.unique(score) if np.mean(score[~poor()] < t) >= 0.85]
    assert result.threshold == min(kept)
    assert np.mean(score[poor()] >= result.threshold) <= result.sensitivity


def test_a_class_is_drawn_within_itself_unless_patients_are_named():
    truth, score = np.array([1, 1, 0, 0, 0, 0], bool), np.array([4.0, 3, 3, 2, 1, 0])
    alone = sensitivity_at_specificity(truth, score, 0.5, n_replicates=50)
    assert alone.method.split(", seed")[0].endswith("bootstrap of cases, stratified")
    named = sensitivity_at_specificity(truth, score, 0.5, patient=list("abcdef"), n_replicates=50)
    assert named.method.split(", seed")[0].endswith("bootstrap of cases")


@pytest.mark.parametrize("patients", [range(5), range(200)])
def test_every_case_has_its_patient(patients):
    with pytest.raises(StatisticsError, match="differ in length"):
        sensitivity_at_specificity(poor(), asah()["ndka"], 0.9, patient=patients, n_replicates=5)
    with pytest.raises(StatisticsError, match="differ in length"):
        matched_sensitivity(poor(), asah()["ndka"], poor()[None], patient=patients, n_replicates=5)


@pytest.mark.parametrize("called", [np.ones(113, bool), np.ones((2, 5), bool), np.ones((0, 113), bool)])
def test_calls_must_fit_the_cases(called):
    with pytest.raises(StatisticsError, match="calls"):
        matched_sensitivity(poor(), asah()["ndka"], called)
