"""Prediction: shapes, batches, channels, the clinical branch, and the patient's score."""

import numpy as np
import pytest

from dls.clinical import code_names
from dls.errors import InputError
from dls.nn import predict as module
from dls.nn.package import load_network
from dls.nn.predict import features, patient_scores, predict, predict_with_features


def test_probabilities_are_those_of_the_network(groups, model_b):
    probabilities = predict(model_b, groups.pixels)
    direct = load_network(model_b)([groups.pixels[..., :3].astype(np.float32)], training=False)
    np.testing.assert_allclose(probabilities, direct, atol=1e-6)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)


def test_batches_do_not_change_the_result_and_progress_reaches_the_end(groups, model_b, monkeypatch):
    whole = predict(model_b, groups.pixels)
    monkeypatch.setattr(module, "BATCH", 5)
    seen: list[tuple[int, int]] = []
    parts = predict(model_b, groups.pixels, progress=lambda done, total, _what: seen.append((done, total)))
    np.testing.assert_allclose(parts, whole, atol=1e-6)
    assert seen == [(5, 28), (10, 28), (15, 28), (20, 28), (25, 28), (28, 28)]


def test_own_channels_alone_give_the_same(groups, model_b):
    np.testing.assert_array_equal(predict(model_b, groups.pixels), predict(model_b, groups.pixels[..., :3]))


def test_no_groups_give_no_rows(groups, model_b):
    probabilities, hidden = predict_with_features(model_b, groups.pixels[:0])
    assert probabilities.shape == (0, 7)
    assert hidden.shape == (0, 256)


def test_clinical_codes_join_the_last_hidden_layer(groups, model_g):
    clinical = groups.clinical[groups.patient]
    hidden = features(model_g, groups.pixels, clinical)
    assert hidden.shape == (28, 256 + len(code_names()))
    np.testing.assert_array_equal(hidden[:, 256:], clinical)
    changed = predict(model_g, groups.pixels, 1 - clinical)
    assert np.abs(changed - predict(model_g, groups.pixels, clinical)).max() > 1e-4


@pytest.mark.parametrize(
    "shape",
    [(2, 32, 32, 4), (2, 16, 16, 6), (2, 32, 6), (32, 32, 6)],
)
def test_other_shapes_are_refused(model_b, shape):
    with pytest.raises(InputError, match=r"\(n, 32, 32, 3\)"):
        predict(model_b, np.zeros(shape))


@pytest.mark.parametrize("clinical", [None, np.zeros((28, 3)), np.zeros((27, len(code_names())))])
def test_missing_or_wrong_clinical_codes_are_refused(groups, model_g, clinical):
    with pytest.raises(InputError, match="needs the coded clinical data"):
        predict(model_g, groups.pixels, clinical)


def test_patient_score_is_the_mean_of_the_groups():
    scores = patient_scores(np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6]]), np.array([1, 0, 1]))
    np.testing.assert_allclose(scores, [[0.2, 0.8], [0.65, 0.35]])


def test_patient_without_groups_is_refused():
    with pytest.raises(InputError, match="index 1"):
        patient_scores(np.ones((2, 2)), np.array([0, 2]))


def test_unequal_lengths_are_refused():
    with pytest.raises(InputError, match="differ in number"):
        patient_scores(np.ones((2, 2)), np.array([0]))
