"""One compiled step of stochastic gradient descent, on however many accelerators.  Loads TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dls.domain import ModelSpec
from dls.errors import InputError
from dls.nn.augmentation import augmented
from dls.nn.config import TrainingConfig
from dls.nn.data import GroupSet
from dls.nn.network import classifier
from dls.nn.tensorflow_home import keras, tf


class Trainer:
    """A network with its optimiser, replicated as the strategy says.

    Attributes
    ----------
    network : the classifier, without augmentation
    look : inputs -> probabilities, without dropout and with the running batch statistics
    """

    def __init__(self, spec: ModelSpec, groups: GroupSet, config: TrainingConfig, strategy: Any) -> None:
        self._strategy = strategy
        with strategy.scope():
            self.network, self._training = _networks(spec, groups, config)
            self._optimizer = keras.optimizers.SGD(
                config.learning_rate, momentum=config.momentum, weight_decay=config.weight_decay or None
            )
            if config.precision == "mixed_float16":
                self._optimizer = keras.optimizers.LossScaleOptimizer(self._optimizer)
            self._optimizer.build(self._training.trainable_variables)
        self._loss = keras.losses.CategoricalCrossentropy(label_smoothing=config.label_smoothing)
        self._compiled = tf.function(self._distributed_step)
        signature = [tf.TensorSpec((None, *i.shape[1:]), tf.float32) for i in self.network.inputs]
        self.look: Any = tf.function(
            lambda inputs: self.network(inputs, training=False), input_signature=[signature]
        )

    def iterator(self, dataset: Callable[[Any], Any]) -> Any:
        """Iterator over the batches that `dataset` makes for each `tf.distribute.InputContext`."""
        return iter(self._strategy.distribute_datasets_from_function(dataset))

    def step(self, iterator: Any, rate: float) -> tuple[Any, Any]:
        """Take one step at a learning rate; loss and accuracy of its batch, not waited for."""
        self._optimizer.learning_rate = rate
        return self._compiled(iterator)

    def variables(self) -> list[NDArray[np.generic]]:
        """Weights, batch statistics, seeds of dropout, and the optimiser's state."""
        return [np.asarray(variable.value) for variable in self._state()]

    def set_variables(self, values: Sequence[NDArray[np.generic]]) -> None:
        """Put back what `variables` gave.

        Raises
        ------
        InputError
            when the values belong to another network.
        """
        state = self._state()
        expected, got = [tuple(v.shape) for v in state], [v.shape for v in values]
        if expected != got:
            raise InputError(
                "The checkpoint does not fit the network",
                expected=f"{len(expected)} variables of the network's shapes",
                got=f"{len(got)} variables",
                remedy="start this training anew: python -m dls train --restart",
            )
        with self._strategy.scope():
            for variable, value in zip(state, values, strict=True):
                variable.assign(value)

    def _state(self) -> list[Any]:
        return [*self.network.variables, *self._optimizer.variables]

    def _distributed_step(self, iterator: Any) -> tuple[Any, Any]:
        loss, right = self._strategy.run(self._replica_step, args=(next(iterator),))
        reduce, total = self._strategy.reduce, tf.distribute.ReduceOp.SUM
        return reduce(total, loss, axis=None), reduce(total, right, axis=None)

    def _replica_step(self, batch: tuple[Any, Any]) -> tuple[Any, Any]:
        inputs, wanted = batch
        replicas = self._strategy.num_replicas_in_sync
        with tf.GradientTape() as tape:
            probabilities = self._training(inputs, training=True)
            loss = self._loss(wanted, probabilities) / replicas
            scaled = self._optimizer.scale_loss(loss)
        weights = self._training.trainable_weights
        self._optimizer.apply_gradients(zip(tape.gradient(scaled, weights), weights, strict=True))
        hits = tf.equal(tf.argmax(wanted, axis=-1), tf.argmax(probabilities, axis=-1))
        return loss, tf.reduce_mean(tf.cast(hits, tf.float32)) / replicas


def _networks(spec: ModelSpec, groups: GroupSet, config: TrainingConfig) -> tuple[Any, Any]:
    """The classifier and the same behind augmentation, in the configuration's precision."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(config.precision)
    try:
        network = classifier(
            config.backbone,
            (groups.size, groups.size, len(spec.sequences)),
            len(spec.task.classes),
            clinical_codes=groups.clinical.shape[1] if spec.clinical else 0,
            dropout=config.dropout,
            weights=config.initial_weights,
        )
        return network, augmented(network, str(groups.pixels.dtype), xla=config.xla)
    finally:
        keras.config.set_dtype_policy(before)
