"""Compiled derivatives of a network: gradient of a class's log-probability, and Grad-CAM.

The logarithm of the softmax is taken from the scores before it, so that a certain answer still has a
gradient; its negative is the cross-entropy, the loss that the networks are trained with.
Loads TensorFlow at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dls.nn.tensorflow_home import keras, tf

SCORES = "scores"
"""Name of the layer before the softmax."""


def compiled_gradient(network: keras.Model) -> Callable[[list[Any], Any], tuple[Any, list[Any]]]:
    """Function of the inputs and (n,) class numbers: log-probability (n,), and its gradient by input.

    A class below 0 stands for the image group's predicted class.
    """
    scores = keras.Model(network.inputs, network.get_layer(SCORES).output)

    @tf.function(input_signature=_signature(network))
    def gradient(inputs: list[Any], target: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            chosen = _log_probability(scores(inputs, training=False), target)
        return chosen, tape.gradient(chosen, inputs)

    return gradient


def compiled_grad_cam(network: keras.Model) -> Callable[[list[Any], Any], tuple[Any, Any]]:
    """Function of the inputs and (n,) class numbers: Grad-CAM (n, h, w), and (n, size, size, channels) the
    gradient of the class's log-probability by pixel.

    The map is the rectified sum of the last convolution's activations A_k, each weighted by the mean over
    places of the derivative of the class's score before the softmax (Selvaraju et al., Grad-CAM, ICCV 2017,
    equations 1 and 2).

    The network is one of `dls.nn.network.classifier`: a body that ends in global average pooling, joined by
    the other inputs, then one dense layer.
    """
    body = next(layer for layer in network.layers if isinstance(layer, keras.Model))
    convolutions = keras.Model(body.inputs, body.layers[-1].input)
    dense = network.get_layer(SCORES)

    @tf.function(input_signature=_signature(network))
    def grad_cam(inputs: list[Any], target: Any) -> Any:
        pixels, others = inputs[0], inputs[1:]
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(pixels)
            maps = convolutions(pixels, training=False)
            scores = dense(tf.concat([tf.reduce_mean(maps, axis=(1, 2)), *others], axis=1))
            score = tf.gather(scores, _chosen(scores, target), axis=1, batch_dims=1)
            log_probability = _log_probability(scores, target)
        weights = tf.reduce_mean(tape.gradient(score, maps), axis=(1, 2), keepdims=True)
        cam = tf.nn.relu(tf.reduce_sum(weights * maps, axis=-1))
        return cam, tape.gradient(log_probability, pixels)

    return grad_cam


def _signature(network: keras.Model) -> list[Any]:
    inputs = [tf.TensorSpec((None, *i.shape[1:]), i.dtype) for i in network.inputs]
    return [inputs, tf.TensorSpec((None,), tf.int32)]


def _chosen(scores: Any, target: Any) -> Any:
    return tf.where(target < 0, tf.argmax(scores, axis=-1, output_type=tf.int32), target)


def _log_probability(scores: Any, target: Any) -> Any:
    chosen = _chosen(scores, target)
    return -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=chosen, logits=scores)
