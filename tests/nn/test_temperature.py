"""Temperature scaling against hand-countable cases, a naive search, and what must hold for all scores."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dls.errors import InputError
from dls.nn.fold_metrics import log_loss
from dls.nn.temperature import calibration_error, fit_temperature, reliability_bins, with_temperature


def drawn(temperature: float, n: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Scores whose true probabilities are theirs at a temperature, and classes drawn from those."""
    random = np.random.default_rng(3)
    scores = np.exp(random.normal(0, 2, (n, 3)))
    scores /= scores.sum(axis=1, keepdims=True)
    true = with_temperature(scores, temperature)
    return scores, (random.random((n, 1)) > np.cumsum(true, axis=1)).sum(axis=1)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_temperature_that_made_the_classes_is_found(temperature):
    fitted = fit_temperature(*drawn(temperature))
    assert fitted.temperature == pytest.approx(temperature, rel=0.06)
    assert fitted.log_loss[1] <= fitted.log_loss[0]
    assert fitted.calibration_error[1] < 0.03


def test_overconfident_scores_become_calibrated():
    error = fit_temperature(*drawn(2.5)).calibration_error
    assert error[0] > 0.1 > 3 * error[1]


def test_no_temperature_on_a_grid_is_better():
    scores, target = drawn(1.7, 300)
    best = min(log_loss(with_temperature(scores, t), target) for t in np.linspace(0.1, 5, 500))
    assert fit_temperature(scores, target).log_loss[1] <= best + 1e-9


def test_by_hand():
    """sqrt(0.64) to sqrt(0.16) to sqrt(0.04) is 0.8 : 0.4 : 0.2, in sum 1.4."""
    np.testing.assert_allclose(
        with_temperature(np.array([[0.64, 0.16, 0.04]]), 2.0), [[4 / 7, 2 / 7, 1 / 7]], rtol=1e-12
    )
    scores = np.array([[0.95, 0.05], [0.95, 0.05], [0.4, 0.6], [0.35, 0.65]])
    bins = reliability_bins(scores, np.array([0, 1, 1, 1]))
    assert [(b.patients, b.right) for b in bins] == [(2, 1.0), (2, 0.5)]
    assert [b.score for b in bins] == pytest.approx([0.625, 0.95])
    assert calibration_error(bins) == pytest.approx((2 * 0.375 + 2 * 0.45) / 4)


@given(
    arrays(float, (4, 3), elements=st.floats(0.001, 1)),
    st.floats(0.1, 10),
)
def test_rows_sum_to_one_and_keep_their_order(scores, temperature):
    scores = scores / scores.sum(axis=1, keepdims=True)
    scaled = with_temperature(scores, temperature)
    np.testing.assert_allclose(scaled.sum(axis=1), 1)
    assert (np.take_along_axis(scaled, scores.argsort(axis=1), 1)[:, :2] <= scaled.max(axis=1)[:, None]).all()
    np.testing.assert_allclose(with_temperature(scores, 1.0), scores, rtol=1e-9)


def test_scores_without_their_patients_are_refused():
    with pytest.raises(InputError, match="row of scores"):
        fit_temperature(np.ones((2, 3)) / 3, np.array([0]))
    with pytest.raises(InputError, match="at least one"):
        fit_temperature(np.ones((0, 3)), np.array([], int))
