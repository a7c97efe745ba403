"""What an epoch of training sees: which groups in which order, and how each one is turned.

Everything follows from (seed, epoch) alone, so a run can be repeated, or taken up again in the middle.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dls.nn.config import TrainingConfig


def steps_per_epoch(patient: NDArray[np.integer], config: TrainingConfig) -> int:
    """Full batches in an epoch; at least one."""
    n = (
        len(patient)
        if config.groups_per_patient is None
        else len(np.unique(patient)) * config.groups_per_patient
    )
    return max(1, n // config.batch_size)


def draw_groups(
    patient: NDArray[np.integer], target: NDArray[np.integer], config: TrainingConfig, epoch: int
) -> NDArray[np.int64]:
    """Indices of the groups of one epoch in order, `steps_per_epoch` times the batch size of them.

    Parameters
    ----------
    patient : (n,) index of each group's patient
    target : (p,) class of each patient

    With `groups_per_patient` None and no balancing, every group comes once (but for an incomplete last
    batch).  Otherwise patients are drawn in rounds, a class's weight being its patients' number to the power
    1 - `class_balance`, and from each drawn patient a random group.
    """
    random = np.random.default_rng((config.seed, epoch, 0))
    wanted = steps_per_epoch(patient, config) * config.batch_size
    if config.groups_per_patient is None and config.class_balance == 0:
        return np.resize(random.permutation(len(patient)), wanted).astype(np.int64)
    drawn = _draw_patients(target, wanted, config.class_balance, random)
    by_patient = np.argsort(patient, kind="stable")
    count = np.bincount(patient, minlength=len(target))
    start = np.cumsum(count) - count
    return by_patient[start[drawn] + random.integers(0, count[drawn])].astype(np.int64)


def _draw_patients(
    target: NDArray[np.integer], wanted: int, balance: float, random: np.random.Generator
) -> NDArray[np.int64]:
    """Patients in random order; within a class, none comes again before all others of it have come."""
    classes, size = np.unique(target, return_counts=True)
    share = size ** (1.0 - balance)
    exact = wanted * share / share.sum()
    quota = np.floor(exact).astype(int)
    quota[np.argsort(quota - exact)[: wanted - quota.sum()]] += 1
    drawn = []
    for one, n in zip(classes, quota, strict=True):
        members = np.flatnonzero(target == one)
        rounds = -(-n // len(members))
        drawn.append(np.concatenate([random.permutation(members) for _ in range(rounds)] or [members])[:n])
    return random.permutation(np.concatenate(drawn))


def draw_transforms(n: int, size: int, config: TrainingConfig, epoch: int) -> NDArray[np.float32]:
    """(n, 8) projective transforms from output to input pixels (x, y): rotation, flips, scale, shift, shear.

    The last two of the eight are zero: the transforms are affine, about the middle of the image.
    """
    random = np.random.default_rng((config.seed, epoch, 1))
    angle = np.radians(random.uniform(-config.rotation_degrees, config.rotation_degrees, n))
    flip = np.where(random.random((2, n)) < config.flip_probability, -1.0, 1.0)
    scale = 1.0 + random.uniform(-config.scale_fraction, config.scale_fraction, n)
    shift = random.uniform(-config.shift_fraction, config.shift_fraction, (2, n)) * size
    shear = np.radians(random.uniform(-config.shear_degrees, config.shear_degrees, n))
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * flip * scale
    matrix[:, 1] += np.tan(shear) * matrix[:, 0]
    middle = (size - 1) / 2
    offset = middle - matrix.sum(axis=1) * middle + shift
    zero = np.zeros(n)
    return np.stack(
        [matrix[0, 0], matrix[0, 1], offset[0], matrix[1, 0], matrix[1, 1], offset[1], zero, zero], axis=1
    ).astype(np.float32)


def learning_rate(config: TrainingConfig, epoch: float) -> float:
    """Learning rate at a moment of training, in epochs from the start."""
    if epoch < config.warm_up_epochs:
        return config.learning_rate * epoch / config.warm_up_epochs
    if config.schedule == "halving":
        return config.learning_rate * 0.5 ** (epoch // config.halve_every)
    left = (epoch - config.warm_up_epochs) / max(config.epochs - config.warm_up_epochs, 1e-9)
    return config.learning_rate * 0.5 * (1.0 + float(np.cos(np.pi * min(left, 1.0))))
