"""Where a training runs: one accelerator, all of a machine's, or several machines'.  Loads TensorFlow."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import Any

from dls.errors import InputError
from dls.nn.config import TrainingConfig
from dls.nn.tensorflow_home import tf


def strategy_of(config: TrainingConfig) -> Any:
    """The `tf.distribute.Strategy` that the configuration asks for.

    "multi_worker" reads the cluster and this machine's place in it from the environment variable TF_CONFIG,
    in TensorFlow's form; every machine runs the same command.  It must be asked for before TensorFlow
    computes.

    Raises
    ------
    InputError
        when TF_CONFIG is missing or malformed, or the batch does not divide evenly among the replicas.
    """
    strategy = _strategy(config.distribution)
    replicas = strategy.num_replicas_in_sync
    if config.batch_size % replicas:
        raise InputError(
            "A batch does not divide evenly among the accelerators",
            expected=f"a batch size that is a multiple of {replicas}",
            got=str(config.batch_size),
        )
    return strategy


def is_chief(config: TrainingConfig) -> bool:
    """Whether this process writes the results: every one but the other workers of a TF_CONFIG."""
    if config.distribution != "multi_worker":
        return True
    found = _tf_config()
    task, has_chief = found.get("task", {}), "chief" in found.get("cluster", {})
    return task.get("type") == "chief" or (not has_chief and int(task.get("index", 0)) == 0)


@cache
def _strategy(distribution: str) -> Any:
    if distribution == "none":
        return tf.distribute.get_strategy()
    if distribution == "mirrored":
        accelerators = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
        return tf.distribute.MirroredStrategy([device.name for device in accelerators])
    if not _tf_config().get("cluster", {}).get("worker"):
        raise InputError(
            "Training over several machines needs the environment variable TF_CONFIG",
            expected='{"cluster": {"worker": ["host:port", ...]}, "task": {"type": "worker", "index": 0}}',
            got=os.environ.get("TF_CONFIG", "not set"),
        )
    return tf.distribute.MultiWorkerMirroredStrategy()


def _tf_config() -> dict[str, Any]:
    try:
        found = json.loads(os.environ.get("TF_CONFIG", "{}"))
    except ValueError as error:
        raise InputError("TF_CONFIG cannot be read", expected="JSON", got=str(error)) from error
    return dict(found)
