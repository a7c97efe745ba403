"""Backbones: features pooled, kernels inflated, and the paper's network behind the same function."""

import h5py
import numpy as np
import pytest

from dls.errors import InputError
from dls.nn.backbone import backbone, inflate
from dls.nn.tensorflow_home import keras


def test_compact_backbone_gives_256_features_from_less_than_half_a_million_weights():
    network = backbone("compact", (64, 64, 6))
    assert network.output_shape == (None, 256)
    assert 300_000 < network.count_params() < 500_000


def test_inflated_kernel_answers_a_doubled_picture_as_before():
    random = np.random.default_rng(0)
    kernel, picture = random.normal(size=(3, 3, 3, 8)), random.normal(size=(3, 3, 3))
    doubled = np.concatenate([picture, picture], axis=2)
    wide = inflate(kernel, 6)
    assert wide.shape == (3, 3, 6, 8)
    np.testing.assert_allclose(
        np.einsum("ijc,ijcf->f", doubled, wide), np.einsum("ijc,ijcf->f", picture, kernel)
    )
    np.testing.assert_array_equal(inflate(kernel, 3), kernel)


def write_published_layout(network, path):
    """The layout of Keras' downloads: a group a layer, in order, with the names of its weights.

    The first kernel is the network's own; every other weight is filled with its number, which takes no
    space in the file.
    """
    number = 0
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.name.encode() for layer in network.layers]
        file.attrs["backend"], file.attrs["keras_version"] = b"tensorflow", b"2.1.0"
        for layer in network.layers:
            group = file.create_group(layer.name)
            names = [f"{layer.name}/{i}:0" for i in range(len(layer.weights))]
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, weight in zip(names, layer.weights, strict=True):
                if number == 0:
                    group[name] = weight.numpy()
                else:
                    group.create_dataset(name, weight.shape, "float32", fillvalue=number)
                number += 1


def test_weights_file_in_keras_layout_fills_the_six_channel_network_of_1536_features(tmp_path):
    """All weights of a published file (three channels, no top) are taken, the first kernel inflated."""
    published = keras.applications.InceptionResNetV2(include_top=False, weights=None, input_shape=(75, 75, 3))
    path = tmp_path / "notop.h5"
    write_published_layout(published, path)
    network = backbone("inception_resnet_v2", (75, 75, 6), str(path))
    assert network.output_shape == (None, 1536)
    got = network.weights
    assert got[0].shape == (3, 3, 6, 32)
    np.testing.assert_allclose(got[0].numpy(), inflate(published.weights[0].numpy(), 6), rtol=1e-6)
    assert len(got) == len(published.weights)
    numbers = [w.numpy() for w in got[1:]]
    assert all((w == n).all() for n, w in enumerate(numbers, start=1))


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "notop.h5"
    write_published_layout(backbone("compact", (32, 32, 3)), path)
    with pytest.raises(InputError, match="cannot be used"):
        backbone("inception_resnet_v2", (75, 75, 6), str(path))


@pytest.mark.parametrize(
    ("name", "shape", "weights", "message"),
    [
        ("resnet", (64, 64, 6), None, "Unknown backbone"),
        ("inception_resnet_v2", (64, 64, 6), None, "at least 75"),
        ("compact", (16, 16, 6), None, "at least 32"),
        ("compact", (64, 32, 6), None, "64 by 32"),
        ("compact", (64, 64, 6), "imagenet", "no pretrained weights"),
        ("inception_resnet_v2", (75, 75, 6), "absent.h5", "No such weights file"),
    ],
)
def test_what_cannot_be_built_is_refused(name, shape, weights, message):
    with pytest.raises(InputError, match=message):
        backbone(name, shape, weights)
