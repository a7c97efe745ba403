"""Gradient saliency: against finite differences, for any class, and refusing what does not fit."""

import numpy as np
import pytest

from dls.errors import InputError
from dls.nn import saliency as module
from dls.nn.package import load_network
from dls.nn.saliency import gradient_saliency


def loss(network, pixels, target):
    return -np.log(np.asarray(network([pixels[None].astype(np.float32)], training=False))[0, target])


def test_gradient_equals_finite_differences_at_the_strongest_pixels(groups, model_b):
    network = load_network(model_b)
    pixels = groups.pixels[0, ..., :3].astype(np.float64)
    maps = gradient_saliency(model_b, pixels[None], target=5)[0]
    step = 2e-2
    for place in np.argsort(maps.ravel())[-5:]:
        change = np.zeros(maps.size)
        change[place] = step
        change = change.reshape(maps.shape)
        slope = (loss(network, pixels + change, 5) - loss(network, pixels - change, 5)) / (2 * step)
        assert maps.ravel()[place] == pytest.approx(abs(slope), rel=0.05)


def test_maps_are_non_negative_and_have_the_models_channels(groups, model_b):
    maps = gradient_saliency(model_b, groups.pixels)
    assert maps.shape == (28, 32, 32, 3)
    assert maps.min() >= 0
    assert (maps.max(axis=(1, 2, 3)) > 0).all()


def test_without_a_class_each_group_has_its_predicted_one(groups, model_g):
    clinical = groups.clinical[groups.patient]
    predicted = module.loaded(model_g).network.predict(
        [groups.pixels[..., :3].astype(np.float32), clinical], verbose=0
    )
    given = gradient_saliency(model_g, groups.pixels, clinical)
    for target in range(3):
        chosen = predicted.argmax(axis=1) == target
        asked = gradient_saliency(model_g, groups.pixels, clinical, target)
        np.testing.assert_allclose(given[chosen], asked[chosen], rtol=1e-4, atol=1e-7)
        assert chosen.all() or np.abs(given[~chosen] - asked[~chosen]).max() > 1e-5


def test_batches_do_not_change_the_maps(groups, model_b, monkeypatch):
    whole = gradient_saliency(model_b, groups.pixels[:7], target=0)
    monkeypatch.setattr(module, "BATCH", 3)
    np.testing.assert_allclose(
        gradient_saliency(model_b, groups.pixels[:7], target=0), whole, rtol=1e-4, atol=1e-7
    )


def test_no_groups_give_no_maps(groups, model_b):
    assert gradient_saliency(model_b, groups.pixels[:0]).shape == (0, 32, 32, 3)


@pytest.mark.parametrize("target", [-1, 7])
def test_other_classes_are_refused(groups, model_b, target):
    with pytest.raises(InputError, match="0 to 6"):
        gradient_saliency(model_b, groups.pixels, target=target)
