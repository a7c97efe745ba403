"""Batches of a training as a tf.data pipeline, gathered ahead of the accelerator.  Loads TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dls.domain import ModelSpec
from dls.nn.config import TrainingConfig
from dls.nn.data import GroupSet
from dls.nn.epochs import draw_groups, draw_transforms, steps_per_epoch
from dls.nn.predict import channels_of
from dls.nn.tensorflow_home import tf

Draw = Callable[[int], tuple[NDArray[np.int64], NDArray[np.float32]]]


def batches(
    spec: ModelSpec,
    groups: GroupSet,
    target: NDArray[np.integer],
    config: TrainingConfig,
    *,
    first_epoch: int = 0,
    context: Any = None,
) -> Any:
    """Dataset of ((pixels, transforms[, clinical]), one-hot targets), from the start of an epoch on.

    Pixels keep the type they are stored in, half the size of what the network computes with; every batch
    follows from (seed, epoch) alone.

    Parameters
    ----------
    target : (p,) index of each patient's class
    first_epoch : epochs that went before; the draws of an epoch are numbered from 1, as in the history
    context : `tf.distribute.InputContext`; each replica gets its part of a batch, in the order of the
        replicas; None for one replica
    """
    context = context or tf.distribute.InputContext()
    steps = steps_per_epoch(groups.patient, config)
    replicas = context.num_replicas_in_sync
    local = replicas // context.num_input_pipelines
    first = context.input_pipeline_id * local
    part = config.batch_size // replicas
    channels = channels_of(spec)
    one_hot = np.eye(len(spec.task.classes), dtype=np.float32)
    drawn = _drawn(groups, target, config)

    def batch(number: NDArray[np.int64]) -> tuple[NDArray[Any], ...]:
        step, replica = divmod(int(number), local)
        epoch, step = divmod(step, steps)
        order, transforms = drawn(first_epoch + epoch + 1)
        start = step * config.batch_size + (first + replica) * part
        here = order[start : start + part]
        patient = groups.patient[here]
        pixels = np.take(groups.pixels, here, axis=0)
        if len(channels) != pixels.shape[-1]:
            pixels = np.ascontiguousarray(pixels[..., channels])
        clinical = (groups.clinical[patient].astype(np.float32),) if spec.clinical else ()
        return (pixels, transforms[start : start + part], *clinical, one_hot[target[patient]])

    shapes = [(part, groups.size, groups.size, len(channels)), (part, 8)]
    types = [tf.as_dtype(groups.pixels.dtype), tf.float32]
    if spec.clinical:
        shapes.append((part, groups.clinical.shape[1]))
        types.append(tf.float32)
    shapes.append((part, len(one_hot)))
    types.append(tf.float32)

    def gather(number: Any) -> Any:
        parts = tf.numpy_function(batch, [number], types, stateful=False)
        for tensor, shape in zip(parts, shapes, strict=True):
            tensor.set_shape(shape)
        return tuple(parts[:-1]), parts[-1]

    numbers = tf.data.Dataset.range((config.epochs - first_epoch) * steps * local)
    return numbers.map(gather, num_parallel_calls=2, deterministic=True).prefetch(4)


def _drawn(groups: GroupSet, target: NDArray[np.integer], config: TrainingConfig) -> Draw:
    """Order and transforms of an epoch; those of the last two epochs are kept."""

    @lru_cache(maxsize=2)
    def draw(epoch: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        order = draw_groups(groups.patient, target, config, epoch)
        return order, draw_transforms(len(order), groups.size, config, epoch)

    return draw
