"""From image group to pooled features: two networks of the Inception-ResNet family behind one function.

Source: Szegedy et al., Inception-v4, Inception-ResNet and the impact of residual connections on learning,
AAAI 2017 (blocks A, B, C, their reductions, and residuals scaled by 0.1 to 0.3).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dls.errors import InputError
from dls.nn.tensorflow_home import keras

IMAGENET_CHANNELS = 3
_FIRST_KERNEL = 0  # position of the first convolution's kernel among the weights


def backbone(name: str, input_shape: tuple[int, int, int], weights: str | None = None) -> keras.Model:
    """Network from (n, size, size, channels) pixels to (n, features), globally average-pooled.

    Parameters
    ----------
    name : "compact" or "inception_resnet_v2"
    input_shape : (size, size, channels)
    weights : None for random ones, "imagenet" for Keras' download, or a local file in Keras' layout

    Raises
    ------
    InputError
        when the name is unknown, the images are too small or the weights cannot be had.
    """
    if name not in _BACKBONES:
        raise InputError("Unknown backbone", expected=" or ".join(_BACKBONES), got=repr(name))
    build, smallest = _BACKBONES[name]
    if input_shape[0] < smallest or input_shape[0] != input_shape[1]:
        raise InputError(
            f"Backbone {name} does not take such images",
            expected=f"squares of at least {smallest} pixels",
            got=f"{input_shape[0]} by {input_shape[1]}",
        )
    return build(input_shape, weights)


def inflate(kernel: NDArray[np.floating], channels: int) -> NDArray[np.floating]:
    """Kernel (h, w, 3, filters) for another number of input channels: (h, w, channels, filters).

    The three planes are repeated in turn and rescaled by 3 / channels, so that with six channels a picture
    that is given twice leads to the activations it had before.  Source: Carreira and Zisserman, Quo
    vadis, action recognition?, CVPR 2017 (inflation of ImageNet kernels).
    """
    given = kernel.shape[2]
    return kernel[:, :, np.arange(channels) % given, :] * (given / channels)


def _inception_resnet_v2(input_shape: tuple[int, int, int], weights: str | None) -> keras.Model:
    """Keras' Inception-ResNet V2 without its classifier: 1,536 features."""
    if weights is None:
        return _keras_network(input_shape, None)
    pretrained = _keras_network((*input_shape[:2], IMAGENET_CHANNELS), weights).get_weights()
    pretrained[_FIRST_KERNEL] = inflate(pretrained[_FIRST_KERNEL], input_shape[2])
    network = _keras_network(input_shape, None)
    network.set_weights(pretrained)
    return network


def _keras_network(input_shape: tuple[int, int, int], weights: str | None) -> keras.Model:
    if weights not in {None, "imagenet"} and not Path(str(weights)).is_file():
        raise InputError("No such weights file", expected="a file in Keras' layout", got=str(weights))
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "This model usually expects 1 or 3 input channels")
            return keras.applications.InceptionResNetV2(
                include_top=False, weights=weights, input_shape=input_shape, pooling="avg"
            )
    except Exception as error:
        if weights is None:
            raise
        raise InputError(
            f"The pretrained weights {weights!r} cannot be used",
            expected="Inception-ResNet V2 without top, in Keras' layout",
            got=str(error).splitlines()[0],
            remedy="give the path of a downloaded weights file, or start from random weights",
        ) from error


def _compact(input_shape: tuple[int, int, int], weights: str | None) -> keras.Model:
    """About 0.47 million weights and 256 features, for images of 32 pixels and more."""
    if weights is not None:
        raise InputError("The compact backbone has no pretrained weights", expected="none", got=weights)
    layers = keras.layers
    pixels = layers.Input(input_shape)
    x = _convolution(pixels, 16, 3, strides=2)
    x = _convolution(x, 16, 3)
    x = _reduction(x, [_convolution(x, 48, 3, strides=2)])
    x = _residual(x, [_chain(x, 21, 1), _chain(x, 21, 1, 3), _chain(x, 21, 1, 3, 3)], scale=0.2)
    x = _reduction(x, [_convolution(_convolution(x, 32, 1), 96, 3, strides=2)])
    for _ in range(2):
        x = _residual(x, [_chain(x, 53, 1), _chain(x, 53, 1, (1, 5), (5, 1))], scale=0.2)
    x = _reduction(x, [_convolution(_convolution(x, 80, 1), 96, 3, strides=2)])
    x = _residual(x, [_chain(x, 85, 1), _chain(x, 85, 1, (1, 3), (3, 1))], scale=0.2)
    x = _convolution(x, 256, 1)
    return keras.Model(pixels, layers.GlobalAveragePooling2D()(x), name="compact")


def _convolution(x: Any, filters: int, kernel: int | tuple[int, int], strides: int = 1) -> Any:
    layers = keras.layers
    x = layers.Conv2D(filters, kernel, strides=strides, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(scale=False, momentum=0.97, epsilon=1e-3)(x)
    return layers.Activation("relu")(x)


def _chain(x: Any, filters: int, *kernels: int | tuple[int, int]) -> Any:
    for kernel in kernels:
        x = _convolution(x, filters, kernel)
    return x


def _residual(x: Any, branches: list[Any], scale: float) -> Any:
    """Concatenated branches, brought back to the width of x without activation, scaled and added."""
    layers = keras.layers
    change = layers.Conv2D(x.shape[-1], 1, padding="same")(layers.Concatenate()(branches))
    return layers.Activation("relu")(layers.Add()([x, layers.Rescaling(scale)(change)]))


def _reduction(x: Any, branches: list[Any]) -> Any:
    """Half the side: max pooling of x beside the strided branches."""
    layers = keras.layers
    return layers.Concatenate()([layers.MaxPooling2D(3, strides=2, padding="same")(x), *branches])


_BACKBONES: dict[str, tuple[Callable[[tuple[int, int, int], str | None], keras.Model], int]] = {
    "compact": (_compact, 32),
    "inception_resnet_v2": (_inception_resnet_v2, 75),
}
