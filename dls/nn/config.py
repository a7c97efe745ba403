"""How a network is trained: one readable configuration, the paper's values as defaults.

Source: Zhen et al., Front Oncol 2020, 10:680, Methods (optimiser, learning rate, batch, augmentation).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dls.errors import InputError


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """Settings of one training run; every default is the paper's where the paper states one.

    Parameters
    ----------
    name : what the configuration is called in reports
    backbone : "inception_resnet_v2" or "compact"
    initial_weights : "imagenet", the path of a local weights file in Keras' layout, or None for random ones
    epochs : passes over the training patients (not stated in the paper)
    batch_size : image groups a step
    learning_rate : at the start
    schedule : "halving" every `halve_every` epochs, or "cosine" down to zero at the last epoch
    warm_up_epochs : linear rise from zero before the schedule; 0 for none
    momentum : of stochastic gradient descent
    rotation_degrees : largest angle of the random rotation, either way
    flip_probability : of the horizontal and, independently, of the vertical flip
    scale_fraction, shift_fraction : largest random change of size, and shift as a fraction of the side
    groups_per_patient : groups drawn from each patient and epoch; None uses every group once
    class_balance : 0 draws classes as they occur, 1 draws each class equally often; between, in between
    dropout : share of the last hidden layer dropped in training
    weight_decay : decoupled, per step and learning rate
    label_smoothing : of the one-hot targets
    seed : of weights, order and augmentation
    deterministic : bit-for-bit repeatable on the same machine and software
    """

    name: str = "paper"
    backbone: str = "inception_resnet_v2"
    initial_weights: str | None = "imagenet"
    epochs: int = 100
    batch_size: int = 16
    learning_rate: float = 0.1
    schedule: Literal["halving", "cosine"] = "halving"
    halve_every: int = 20
    warm_up_epochs: float = 0.0
    momentum: float = 0.9
    rotation_degrees: float = 40.0
    flip_probability: float = 0.5
    scale_fraction: float = 0.0
    shift_fraction: float = 0.0
    groups_per_patient: int | None = None
    class_balance: float = 0.0
    dropout: float = 0.0
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    seed: int = 2020
    deterministic: bool = True

    def __post_init__(self) -> None:
        """Refuse values that cannot train.

        Raises
        ------
        InputError
            when a value is out of its range.
        """
        for name, value, ok, expected in (
            ("epochs", self.epochs, self.epochs >= 1, "at least 1"),
            ("batch_size", self.batch_size, self.batch_size >= 1, "at least 1"),
            ("learning_rate", self.learning_rate, self.learning_rate > 0, "above 0"),
            ("schedule", self.schedule, self.schedule in {"halving", "cosine"}, "halving or cosine"),
            ("halve_every", self.halve_every, self.halve_every >= 1, "at least 1"),
            ("flip_probability", self.flip_probability, 0 <= self.flip_probability <= 1, "0 to 1"),
            ("class_balance", self.class_balance, 0 <= self.class_balance <= 1, "0 to 1"),
            ("dropout", self.dropout, 0 <= self.dropout < 1, "0 to below 1"),
            ("label_smoothing", self.label_smoothing, 0 <= self.label_smoothing < 1, "0 to below 1"),
            (
                "groups_per_patient",
                self.groups_per_patient,
                self.groups_per_patient is None or self.groups_per_patient >= 1,
                "at least 1, or None for all",
            ),
        ):
            if not ok:
                raise InputError(
                    f"Training setting {name} is out of range", expected=expected, got=str(value)
                )


PAPER = TrainingConfig()

DEMO = TrainingConfig(
    name="demo",
    backbone="compact",
    initial_weights=None,
    epochs=60,
    learning_rate=0.05,
    schedule="cosine",
    warm_up_epochs=1.0,
    shift_fraction=0.05,
    scale_fraction=0.1,
    groups_per_patient=1,
    class_balance=0.5,
    dropout=0.2,
    weight_decay=5e-4,
    label_smoothing=0.05,
)

CONFIGS: dict[str, TrainingConfig] = {c.name: c for c in (PAPER, DEMO)}
