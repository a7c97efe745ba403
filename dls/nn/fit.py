"""One network fitted to one cohort: the loop around Keras.  Loads TensorFlow at once."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dls.domain import ModelSpec
from dls.errors import InputError
from dls.nn.config import TrainingConfig
from dls.nn.data import GroupSet
from dls.nn.epochs import draw_groups, draw_transforms, learning_rate, steps_per_epoch
from dls.nn.network import augmented, classifier
from dls.nn.predict import channels_of
from dls.nn.tensorflow_home import keras, tf

Progress = Callable[[int, int, str], None]
_CHECK_EVERY = 20  # batches between looks at the loss


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted network and the course of its training, one entry an epoch."""

    network: Any
    loss: tuple[float, ...]
    accuracy: tuple[float, ...]


def fit(
    spec: ModelSpec,
    groups: GroupSet,
    target: NDArray[np.integer],
    config: TrainingConfig,
    progress: Progress | None = None,
) -> Fit:
    """Train from the start on all of the groups given.

    Parameters
    ----------
    groups : patients the task applies to
    target : (p,) index of each patient's class in `spec.task.classes`

    Raises
    ------
    InputError
        when a class has no patient, or the loss is no longer finite.
    """
    classes = spec.task.classes
    if absent := [name for i, name in enumerate(classes) if i not in set(target.tolist())]:
        raise InputError(
            f"{spec.name} cannot be trained: no patient of a class",
            expected=", ".join(classes),
            got="none of " + ", ".join(absent),
            remedy="add training patients of these classes",
        )
    keras.utils.set_random_seed(config.seed)
    if config.deterministic:
        tf.config.experimental.enable_op_determinism()
    network = classifier(
        config.backbone,
        (groups.size, groups.size, len(spec.sequences)),
        len(classes),
        clinical_codes=groups.clinical.shape[1] if spec.clinical else 0,
        dropout=config.dropout,
        weights=config.initial_weights,
    )
    training = augmented(network)
    training.compile(
        optimizer=keras.optimizers.SGD(
            config.learning_rate, momentum=config.momentum, weight_decay=config.weight_decay or None
        ),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=config.label_smoothing),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
    )
    training.optimizer.build(training.trainable_variables)  # or the first step would be traced twice
    history = training.fit(
        _Batches(spec, groups, target, config),
        epochs=config.epochs,
        shuffle=False,
        verbose=0,
        callbacks=[
            _LearningRate(config, steps_per_epoch(groups.patient, config)),
            _Watch(config.epochs, progress),
        ],
    ).history
    return Fit(network, tuple(history["loss"]), tuple(history["accuracy"]))


class _Batches(keras.utils.PyDataset):
    """Batches of [pixels, transform, clinical] and one-hot targets; a new draw every epoch."""

    def __init__(
        self, spec: ModelSpec, groups: GroupSet, target: NDArray[np.integer], config: TrainingConfig
    ) -> None:
        super().__init__()
        self._spec, self._groups, self._target, self._config = spec, groups, target, config
        self._channels = channels_of(spec)
        self._one_hot = np.eye(len(spec.task.classes), dtype=np.float32)
        self._begin(0)

    def _begin(self, epoch: int) -> None:
        self._epoch = epoch
        self._order = draw_groups(self._groups.patient, self._target, self._config, epoch)
        self._transform = draw_transforms(len(self._order), self._groups.size, self._config, epoch)

    def __len__(self) -> int:
        return steps_per_epoch(self._groups.patient, self._config)

    def __getitem__(self, step: int) -> tuple[tuple[NDArray[np.float32], ...], NDArray[np.float32]]:
        here = slice(step * self._config.batch_size, (step + 1) * self._config.batch_size)
        group = self._order[here]
        patient = self._groups.patient[group]
        pixels = self._groups.pixels[group][..., self._channels].astype(np.float32)
        clinical = (self._groups.clinical[patient].astype(np.float32),) if self._spec.clinical else ()
        return (pixels, self._transform[here], *clinical), self._one_hot[self._target[patient]]

    def on_epoch_end(self) -> None:
        self._begin(self._epoch + 1)


class _LearningRate(keras.callbacks.Callback):
    """Sets the learning rate before every batch."""

    def __init__(self, config: TrainingConfig, steps: int) -> None:
        super().__init__()
        self._config, self._steps, self._epoch = config, steps, 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._epoch = epoch

    def on_train_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self.model.optimizer.learning_rate = learning_rate(self._config, self._epoch + batch / self._steps)


class _Watch(keras.callbacks.Callback):
    """Reports progress and stops at the first loss that is not finite."""

    def __init__(self, epochs: int, progress: Progress | None) -> None:
        super().__init__()
        self._epochs, self._progress, self._epoch = epochs, progress, 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if batch % _CHECK_EVERY == 0:
            self._stop_if_not_finite(logs)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        loss = self._stop_if_not_finite(logs)
        if self._progress is not None:
            self._progress(epoch + 1, self._epochs, f"epoch {epoch + 1}, loss {loss:.3f}")

    def _stop_if_not_finite(self, logs: dict[str, float] | None) -> float:
        loss = float((logs or {})["loss"])
        if not math.isfinite(loss):
            raise InputError(
                f"Training diverged in epoch {self._epoch + 1}",
                expected="a finite loss",
                got=str(loss),
                remedy="lower the learning rate, or look for extreme pixel values",
            )
        return loss
