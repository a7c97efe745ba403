"""The classifier of a model: backbone, clinical branch, softmax."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dls.errors import PackageError
from dls.nn.backbone import backbone
from dls.nn.tensorflow_home import keras

FEATURES = "features"
"""Name of the last hidden layer."""


def classifier(
    backbone_name: str,
    input_shape: tuple[int, int, int],
    n_classes: int,
    *,
    clinical_codes: int = 0,
    dropout: float = 0.0,
    weights: str | None = None,
) -> keras.Model:
    """Network from [pixels] or [pixels, clinical] to (n, n_classes) probabilities.

    Parameters
    ----------
    backbone_name, weights : see `dls.nn.backbone.backbone`
    input_shape : (size, size, channels)
    n_classes : outputs of the softmax
    clinical_codes : length of the coded clinical vector joined to the pooled features; 0 for none
    dropout : share of the last hidden layer dropped in training
    """
    layers = keras.layers
    body = backbone(backbone_name, input_shape, weights)
    pixels = layers.Input(input_shape, name="pixels")
    inputs, hidden = [pixels], body(pixels)
    if clinical_codes:
        clinical = layers.Input((clinical_codes,), name="clinical")
        inputs, hidden = [pixels, clinical], layers.Concatenate()([hidden, clinical])
    hidden = layers.Identity(name=FEATURES)(hidden)
    dropped = layers.Dropout(dropout)(hidden) if dropout else hidden
    scores = layers.Dense(n_classes, name="scores")(dropped)
    return keras.Model(inputs, layers.Softmax(name="probabilities", dtype="float32")(scores))


def weight_arrays(network: keras.Model) -> dict[str, NDArray[np.floating]]:
    """All weights by position, kernels as float16 and vectors (such as batch statistics) as float32."""
    return {
        f"{i:04d}": w.astype(np.float16 if w.ndim > 1 else np.float32)
        for i, w in enumerate(network.get_weights())
    }


def set_weight_arrays(network: keras.Model, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Put weights back that `weight_arrays` gave for the same architecture.

    Raises
    ------
    PackageError
        when their number or a shape differs from what the architecture has.
    """
    expected = [w.shape for w in network.weights]
    got = [arrays[key].shape for key in sorted(arrays)]
    if [tuple(s) for s in expected] != got:
        raise PackageError(
            "The weights do not fit the network that the specification describes",
            expected=f"{len(expected)} arrays of the network's shapes",
            got=f"{len(got)} arrays",
            remedy="train the model again or fetch the package anew",
        )
    network.set_weights([arrays[key].astype(np.float32) for key in sorted(arrays)])
