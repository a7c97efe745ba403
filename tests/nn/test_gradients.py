"""Compiled derivatives: against finite differences in double precision, and a network counted by hand."""

import numpy as np
import pytest

from dls.nn.gradients import compiled_grad_cam, compiled_gradient
from dls.nn.tensorflow_home import keras

layers = keras.layers


def small_network(convolution, dense, *, clinical_codes=0, size=4, channels=2, dtype="float32"):
    """One convolution, global average pooling, clinical branch, softmax, in the form of `classifier`."""
    image = layers.Input((size, size, channels), dtype=dtype)
    pooled = layers.GlobalAveragePooling2D(dtype=dtype)(convolution(image))
    body = keras.Model(image, pooled)
    pixels = layers.Input((size, size, channels), dtype=dtype)
    inputs, hidden = [pixels], body(pixels)
    if clinical_codes:
        clinical = layers.Input((clinical_codes,), dtype=dtype)
        inputs, hidden = [pixels, clinical], layers.Concatenate(dtype=dtype)([hidden, clinical])
    scores = layers.Dense(dense.shape[1], name="scores", dtype=dtype)(hidden)
    network = keras.Model(inputs, layers.Softmax(dtype=dtype)(scores))
    network.get_layer("scores").set_weights([dense, np.zeros(dense.shape[1])])
    return network


@pytest.mark.parametrize("target", [0, 2, -1])
def test_gradient_equals_finite_differences_for_every_input(target):
    random = np.random.default_rng(0)
    keras.utils.set_random_seed(0)
    convolution = layers.Conv2D(3, 2, activation="softplus", dtype="float64")
    network = small_network(convolution, random.normal(size=(7, 3)), clinical_codes=4, dtype="float64")
    pixels, clinical = random.normal(size=(2, 4, 4, 2)), random.normal(size=(2, 4))
    compiled = compiled_gradient(network)
    wanted = np.full(2, target, np.int32)
    value, slopes = compiled([pixels, clinical], wanted)
    called = np.asarray(network([pixels, clinical])).argmax(axis=1)
    chosen = np.where(wanted < 0, called, wanted)

    def log_probability(pixels, clinical):
        return np.log(np.asarray(network([pixels, clinical]))[np.arange(2), chosen])

    np.testing.assert_allclose(value, log_probability(pixels, clinical), rtol=1e-12)
    step = 1e-6
    for place in np.ndindex(pixels.shape[1:]):
        change = np.zeros_like(pixels)
        change[:, *place] = step
        slope = (log_probability(pixels + change, clinical) - log_probability(pixels - change, clinical)) / (
            2 * step
        )
        np.testing.assert_allclose(np.asarray(slopes[0])[:, *place], slope, atol=1e-8)
    for code in range(4):
        change = np.zeros_like(clinical)
        change[:, code] = step
        slope = (log_probability(pixels, clinical + change) - log_probability(pixels, clinical - change)) / (
            2 * step
        )
        np.testing.assert_allclose(np.asarray(slopes[1])[:, code], slope, atol=1e-8)


def test_grad_cam_of_a_network_counted_by_hand():
    """A 1 x 1 convolution that copies two channels: the weight of a channel is its dense weight over the
    number of places, and the map is the rectified weighted sum of the two channels."""
    copy = layers.Conv2D(2, 1, use_bias=False)
    dense = np.array([[8.0, -4.0], [-4.0, 2.0]], np.float32)
    network = small_network(copy, dense, size=2)
    copy.set_weights([np.eye(2, dtype=np.float32)[None, None]])
    pixels = np.array([[[[1, 0], [2, 1]], [[0, 3], [1, 2]]]], np.float32)
    cam, gradient = compiled_grad_cam(network)([pixels], np.array([0], np.int32))
    # class 0: weights 8/4 = 2 and -4/4 = -1 -> 2*first - second = [[2, 3], [-3, 0]], rectified
    np.testing.assert_allclose(cam, [[[2, 3], [0, 0]]])
    np.testing.assert_allclose(gradient, compiled_gradient(network)([pixels], np.array([0], np.int32))[1][0])
    cam, _ = compiled_grad_cam(network)([pixels], np.array([1], np.int32))
    # class 1: weights -1 and 1/2 -> second/2 - first = [[-1, -1.5], [1.5, 0]], rectified
    np.testing.assert_allclose(cam, [[[0, 0], [1.5, 0]]])


def test_grad_cam_without_a_class_explains_the_predicted_one():
    copy = layers.Conv2D(2, 1, use_bias=False)
    network = small_network(copy, np.array([[1.0, -1.0], [0.0, 2.0]], np.float32), size=2)
    copy.set_weights([np.eye(2, dtype=np.float32)[None, None]])
    pixels = np.random.default_rng(1).random((6, 2, 2, 2)).astype(np.float32)
    called = np.asarray(network([pixels])).argmax(axis=1)
    assert set(called) == {0, 1}
    found = compiled_grad_cam(network)([pixels], np.full(6, -1, np.int32))[0]
    asked = compiled_grad_cam(network)([pixels], called.astype(np.int32))[0]
    np.testing.assert_array_equal(found, asked)
