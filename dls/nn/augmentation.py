"""A network behind augmentation on the accelerator, as it is trained.  Loads TensorFlow at once."""

from __future__ import annotations

from typing import Any

from dls.nn.tensorflow_home import keras, tf


def augmented(network: keras.Model, stored: str = "float32", *, xla: bool = False) -> keras.Model:
    """The network with one more input, (n, 8) projective transforms that are applied to the pixels first.

    The transform is part of the network, so it runs on the accelerator.  Both share their weights.

    Parameters
    ----------
    stored : type of the pixels that are fed; they are widened to float32 on the accelerator
    xla : compile the network, forwards and backwards, by XLA, which has no kernel for the transform itself
    """
    layers = keras.layers
    pixels = layers.Input(network.inputs[0].shape[1:], name="raw_pixels", dtype=stored)
    transform = layers.Input((8,), name="transform", dtype="float32")
    warped = keras.ops.image.affine_transform(
        keras.ops.cast(pixels, "float32"), transform, interpolation="bilinear", fill_mode="nearest"
    )
    others = [layers.Input(i.shape[1:], name=i.name, dtype="float32") for i in network.inputs[1:]]
    run = _CompiledByXLA(network) if xla else network
    return keras.Model([pixels, transform, *others], run([warped, *others]))


class _CompiledByXLA(keras.layers.Layer):
    """A network as one XLA program."""

    def __init__(self, network: keras.Model) -> None:
        super().__init__(dtype="float32", autocast=False)
        self._network = network
        self._program = tf.function(
            lambda inputs, training: network(inputs, training=training), jit_compile=True
        )

    def call(self, inputs: list[Any], training: bool = False) -> Any:
        return self._program(inputs, training)

    def compute_output_spec(self, inputs: list[Any], training: bool = False) -> Any:
        return self._network.compute_output_spec(inputs, training=training)
