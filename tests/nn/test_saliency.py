"""Saliency: gradients against finite differences, the identities of each method, and refusals."""

import numpy as np
import pytest

from dls.errors import InputError
from dls.imaging.resample import resize
from dls.nn import saliency as module
from dls.nn.package import load_network
from dls.nn.predict import predict
from dls.nn.saliency import (
    SaliencyMethod,
    grad_cam,
    gradient_saliency,
    integrated_gradients,
    saliency,
    shared_cam,
    smooth_grad,
)


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


def test_smooth_grad_without_noise_is_the_gradient(groups, model_b):
    np.testing.assert_allclose(
        smooth_grad(model_b, groups.pixels[:5], target=3, level=0.0, samples=3),
        gradient_saliency(model_b, groups.pixels[:5], target=3),
        rtol=1e-4,
        atol=1e-7,
    )


def test_smooth_grad_repeats_with_its_seed_and_keeps_the_class_of_the_clean_images(groups, model_b):
    first, again = (smooth_grad(model_b, groups.pixels[:3], samples=4, level=2.0) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    called = predict(model_b, groups.pixels[:1]).argmax()
    asked = smooth_grad(model_b, groups.pixels[:1], target=int(called), samples=4, level=2.0)
    alone = smooth_grad(model_b, groups.pixels[:1], samples=4, level=2.0)
    np.testing.assert_array_equal(alone, asked)
    other = smooth_grad(model_b, groups.pixels[:3], samples=4, level=2.0, seed=1)
    assert np.abs(first - other).max() > 1e-5


def test_integrated_gradients_sum_to_the_change_of_the_answer(groups, model_b):
    """Completeness (Sundararajan et al. 2017, proposition 1); the error is that of the numerical integral."""
    given, change = integrated_gradients(model_b, groups.pixels[:6], target=4, steps=200)
    black = predict(model_b, np.zeros((1, 32, 32, 3)))[0, 4]
    expected = np.log(predict(model_b, groups.pixels[:6])[:, 4]) - np.log(black)
    np.testing.assert_allclose(change, expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(given.sum(axis=(1, 2, 3)), change, rtol=0.02, atol=0.01)


def test_integrated_gradients_of_a_black_image_are_nothing(model_b):
    given, change = integrated_gradients(model_b, np.zeros((2, 32, 32, 3)), target=0, steps=3)
    assert np.all(given == 0)
    np.testing.assert_allclose(change, 0, atol=1e-6)


def test_grad_cam_is_shared_among_the_sequences(groups, model_b):
    maps = grad_cam(model_b, groups.pixels[:4], target=2)
    cam = np.asarray(
        module.loaded(model_b).grad_cam(
            [groups.pixels[:4, ..., :3].astype(np.float32)], np.full(4, 2, np.int32)
        )[0]
    )
    assert cam.shape == (4, 2, 2)
    np.testing.assert_allclose(maps.sum(axis=-1), resize(cam, 32), rtol=1e-4, atol=1e-7)
    assert maps.min() >= 0


def test_shared_cam_follows_the_gradients_cell_by_cell():
    """Left half only the first sequence has a gradient, right half the second; no gradient: equal shares."""
    cam = np.array([[[4.0, 2.0], [0.0, 6.0]]], np.float32)
    gradient = np.zeros((1, 8, 8, 2), np.float32)
    gradient[0, :, :4, 0] = -3.0
    gradient[0, :4, 4:, 1] = 1.0
    shared = shared_cam(cam, gradient, 2)
    assert shared.shape == (1, 2, 2, 2)
    np.testing.assert_allclose(shared.sum(axis=-1), cam, rtol=1e-6)
    assert shared[0, 0, 0, 0] > 0.8 * cam[0, 0, 0]
    assert shared[0, 0, 1, 1] > 0.6 * cam[0, 0, 1]


@pytest.mark.parametrize("method", SaliencyMethod)
def test_every_method_explains_any_class_of_any_model(groups, model_g, method):
    clinical = groups.clinical[groups.patient]
    maps = saliency(model_g, groups.pixels[:2], clinical[:2], 1, method)
    assert maps.shape == (2, 32, 32, 3)
    assert maps.dtype == np.float32
    assert maps.min() >= 0
    assert saliency(model_g, groups.pixels[:0], clinical[:0], 1, method).shape == (0, 32, 32, 3)
    with pytest.raises(InputError, match="0 to 2"):
        saliency(model_g, groups.pixels[:2], clinical[:2], 3, method)


def test_methods_have_names():
    assert SaliencyMethod.parse("gradcam") is SaliencyMethod.GRAD_CAM
    assert len({m.label for m in SaliencyMethod} | {m.meaning for m in SaliencyMethod}) == 8
    with pytest.raises(InputError, match="gradient, smoothgrad, integrated, gradcam"):
        SaliencyMethod.parse("lime")
