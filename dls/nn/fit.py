"""One network fitted to one cohort: the loop over epochs and steps.  Loads TensorFlow at once."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dls.domain import ModelSpec
from dls.errors import InputError
from dls.nn.batches import batches
from dls.nn.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from dls.nn.config import TrainingConfig
from dls.nn.data import GroupSet
from dls.nn.distribution import is_chief, strategy_of
from dls.nn.epochs import learning_rate, steps_per_epoch
from dls.nn.fold_metrics import accuracy_score, log_loss
from dls.nn.history import EpochRecord, write_history
from dls.nn.predict import channels_of, patient_scores
from dls.nn.tensorboard import EventLog
from dls.nn.tensorflow_home import keras, tf
from dls.nn.training_step import Trainer
from dls.progress import Progress

Cohort = tuple[GroupSet, NDArray[np.integer]]
"""Patients the task applies to, and (p,) index of each one's class in the task's classes."""
CHECK_EVERY = 20
"""Steps between looks at the loss: each look waits for the accelerator."""
LOOK_BATCH = 64


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted network and the course of its training.

    Parameters
    ----------
    history : a record an epoch
    unseen_scores : (e, p, k) scores of the unseen patients at the epochs whose record has their loss
    """

    network: Any
    history: tuple[EpochRecord, ...]
    unseen_scores: NDArray[np.float32]


def fit(
    spec: ModelSpec,
    seen: Cohort,
    config: TrainingConfig,
    progress: Progress | None = None,
    *,
    unseen: Cohort | None = None,
    folder: Path | None = None,
    stop_after: int | None = None,
) -> Fit:
    """Train on all of the groups given, from the start or from the folder's checkpoint.

    A training that was stopped at any moment and taken up again ends with the same weights, bit for bit, as
    one that was not, when the configuration is deterministic and machine and software are the same.

    Parameters
    ----------
    seen : what to train on
    unseen : patients kept aside, looked at as the configuration says
    folder : for the checkpoint, the history and the TensorBoard files; None keeps nothing
    stop_after : epochs to run of the schedule; None for all

    Raises
    ------
    InputError
        when a class has no patient (unless the configuration allows it) or there is only one class, the loss
        is no longer finite, or the checkpoint is damaged.
    """
    _check_classes(spec, seen[1], config)
    keras.utils.set_random_seed(config.seed)
    if config.deterministic:
        tf.config.experimental.enable_op_determinism()  # and so it stays in this process
    return _Fitting(spec, seen, config, unseen, folder).run(stop_after or config.epochs, progress)


class _Fitting:
    """State of one call of `fit`."""

    def __init__(
        self,
        spec: ModelSpec,
        seen: Cohort,
        config: TrainingConfig,
        unseen: Cohort | None,
        folder: Path | None,
    ) -> None:
        self._spec, self._seen, self._config, self._unseen = spec, seen, config, unseen
        self._steps = steps_per_epoch(seen[0].patient, config)
        self._trainer = Trainer(spec, seen[0], config, strategy_of(config))
        self._history: list[EpochRecord] = []
        self._looks: list[NDArray[np.float32]] = []
        self._folder = folder
        self._writes = folder is not None and is_chief(config)
        self._events: EventLog | None = None
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            self._restore(folder)
        if folder is not None and self._writes:
            write_history(folder, self._history)
            self._events = EventLog(folder / "tensorboard", self._history)

    def run(self, epochs: int, progress: Progress | None) -> Fit:
        """Train up to `epochs` epochs of the schedule."""
        first = len(self._history)
        groups, target = self._seen
        iterator = self._trainer.iterator(
            lambda context: batches(
                self._spec, groups, target, self._config, first_epoch=first, context=context
            )
        )
        for epoch in range(first, epochs):
            record = self._epoch(epoch, iterator, last=epoch + 1 == epochs)
            self._history.append(record)
            self._keep()
            if progress is not None:
                progress(epoch + 1, epochs, f"epoch {epoch + 1}, loss {record.loss:.3f}")
        if self._events is not None:
            self._events.close()
        return Fit(self._trainer.network, tuple(self._history), self._unseen_scores())

    def _epoch(self, epoch: int, iterator: Any, *, last: bool) -> EpochRecord:
        began = time.monotonic()
        results = []
        for step in range(self._steps):
            rate = learning_rate(self._config, epoch + step / self._steps)
            results.append(self._trainer.step(iterator, rate))
            if (step + 1) % CHECK_EVERY == 0:
                _stop_if_not_finite(results[-CHECK_EVERY:], epoch, step + 1 - CHECK_EVERY)
        done = self._steps // CHECK_EVERY * CHECK_EVERY
        _stop_if_not_finite(results[done:], epoch, done)
        loss, accuracy = np.mean([(float(a), float(b)) for a, b in results], axis=0)
        unseen_loss = unseen_accuracy = None
        if self._unseen is not None and (last or (epoch + 1) % self._config.evaluate_every == 0):
            scores = self._look(self._unseen[0])
            self._looks.append(scores)
            unseen_loss = log_loss(scores, self._unseen[1])
            unseen_accuracy = accuracy_score(scores, self._unseen[1])
        seconds = round(time.monotonic() - began, 3)
        return EpochRecord(
            epoch + 1, float(loss), float(accuracy), rate, seconds, unseen_loss, unseen_accuracy
        )

    def _look(self, groups: GroupSet) -> NDArray[np.float32]:
        """(p, k) scores of patients by the network as it is now."""
        channels, found = channels_of(self._spec), []
        for start in range(0, len(groups.patient), LOOK_BATCH):
            here = slice(start, start + LOOK_BATCH)
            inputs = [groups.pixels[here][..., channels].astype(np.float32)]
            if self._spec.clinical:
                inputs.append(groups.clinical[groups.patient[here]].astype(np.float32))
            found.append(np.asarray(self._trainer.look(inputs)))
        return patient_scores(np.concatenate(found), groups.patient).astype(np.float32)

    def _unseen_scores(self) -> NDArray[np.float32]:
        patients = 0 if self._unseen is None else len(self._unseen[1])
        shape = len(self._looks), patients, len(self._spec.task.classes)
        return np.array(self._looks, np.float32).reshape(shape)

    def _keep(self) -> None:
        if self._folder is None or not self._writes:
            return
        state = Checkpoint(self._trainer.variables(), tuple(self._history), self._unseen_scores())
        save_checkpoint(self._folder, state)
        write_history(self._folder, self._history)
        if self._events is not None:
            self._events.add(self._history[-1])

    def _restore(self, folder: Path) -> None:
        state = load_checkpoint(folder)
        if state is None:
            return
        self._trainer.set_variables(state.variables)
        self._history = list(state.history)
        self._looks = list(state.unseen_scores)


def _check_classes(spec: ModelSpec, target: NDArray[np.integer], config: TrainingConfig) -> None:
    classes, present = spec.task.classes, set(target.tolist())
    absent = [name for i, name in enumerate(classes) if i not in present]
    if not absent or (config.absent_classes and len(present) > 1):
        return
    allow = "" if len(present) < 2 else ", or set absent_classes: the model does not learn them"
    raise InputError(
        f"{spec.name} cannot be trained: no patient of a class",
        expected=", ".join(classes),
        got="none of " + ", ".join(absent),
        remedy="add training patients of these classes" + allow,
    )


def _stop_if_not_finite(results: list[tuple[Any, Any]], epoch: int, first_step: int) -> None:
    for step, (loss, _) in enumerate(results, start=first_step):
        if not np.isfinite(float(loss)):
            raise InputError(
                f"Training diverged in epoch {epoch + 1}, step {step + 1}",
                expected="a finite loss",
                got=str(float(loss)),
                remedy="lower the learning rate, or look for extreme pixel values",
            )
