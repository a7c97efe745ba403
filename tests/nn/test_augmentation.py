"""Augmentation in the network: the identity changes nothing, a flip flips, XLA computes the same."""

import numpy as np
import pytest

from dls.nn.augmentation import augmented
from dls.nn.network import classifier
from dls.nn.tensorflow_home import keras

IDENTITY = np.array([[1, 0, 0, 0, 1, 0, 0, 0]], np.float32)
MIRROR = np.array([[-1, 0, 31, 0, 1, 0, 0, 0]], np.float32)


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(1)
    return classifier("compact", (32, 32, 3), 3, clinical_codes=4)


@pytest.fixture(scope="module")
def inputs():
    random = np.random.default_rng(0)
    return random.normal(size=(2, 32, 32, 3)).astype(np.float16), random.random((2, 4)).astype(np.float32)


@pytest.mark.parametrize("xla", [False, True])
def test_the_transform_comes_before_the_network(network, inputs, xla):
    pixels, clinical = inputs
    whole = augmented(network, "float16", xla=xla)
    still = whole([pixels, IDENTITY.repeat(2, axis=0), clinical])
    np.testing.assert_allclose(still, network([pixels.astype(np.float32), clinical]), atol=1e-5)
    mirrored = whole([pixels, MIRROR.repeat(2, axis=0), clinical])
    wanted = network([pixels[:, :, ::-1].astype(np.float32), clinical])
    np.testing.assert_allclose(mirrored, wanted, atol=1e-5)
    assert np.abs(np.asarray(mirrored) - np.asarray(still)).max() > 1e-4


def test_weights_are_shared(network):
    whole = augmented(network, xla=True)
    assert {id(w) for w in whole.trainable_weights} == {id(w) for w in network.trainable_weights}
