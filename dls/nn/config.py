"""How a network is trained: one readable configuration, the paper's values as defaults.

Source: Zhen et al., Front Oncol 2020, 10:680, Methods (optimiser, learning rate, batch, augmentation).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, Literal

from dls.errors import InputError

PRECISIONS = ("float32", "mixed_float16", "mixed_bfloat16")
DISTRIBUTIONS = ("none", "mirrored", "multi_worker")
NOT_SEARCHED = frozenset(
    {
        "name",
        "seed",
        "folds",
        "search",
        "evaluate_every",
        "choose_epoch",
        "distribution",
        "absent_classes",
    }
)
"""Settings that say how the comparison is made, or where it runs; they are not compared."""


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """Settings of one training run; every default is the paper's where the paper states one.

    Parameters
    ----------
    name : what the configuration is called in reports
    backbone : "inception_resnet_v2" or "compact"
    initial_weights : "imagenet", the path of a local weights file in Keras' layout, or None ("none" in a
        file) for random ones
    epochs : passes over the training patients (not stated in the paper)
    batch_size : image groups a step
    learning_rate : at the start
    schedule : of the learning rate: "halving" in steps, or "cosine" down to zero at the last epoch
    halve_every : epochs, where the schedule is halving
    warm_up_epochs : linear rise from zero before the schedule; 0 for none
    momentum : of stochastic gradient descent
    rotation_degrees : largest angle of the random rotation, either way
    flip_probability : of the horizontal and, independently, of the vertical flip
    scale_fraction, shift_fraction : largest random change of size, and shift as a fraction of the side
    shear_degrees : largest angle of the random shear, either way
    groups_per_patient : groups drawn from each patient and epoch; None ("all" in a file) for each once
    class_balance : 0 draws classes as they occur, 1 draws each class equally often; between, in between
    dropout : share of the last hidden layer dropped in training
    weight_decay : decoupled, per step and learning rate
    label_smoothing : of the one-hot targets
    absent_classes : train although no patient has one of the classes; the model does not learn that class
    seed : of weights, order and augmentation
    deterministic : bit-for-bit repeatable on the same machine and software
    precision : "float32", or mixed precision with "mixed_float16" (GPUs) or "mixed_bfloat16" (GPUs, TPUs)
    xla : compile the network by XLA; needs `deterministic` off
    distribution : "none"; "mirrored" over every accelerator of this machine; "multi_worker" over the machines
        that the environment variable TF_CONFIG names
    folds : of the cross-validation by patient that comes before the final training; 0 for none
    evaluate_every : epochs between looks at a fold's unseen patients; the last epoch is always looked at
    choose_epoch : let the folds choose how many epochs the final training runs; otherwise all of them
    search : values to try by the folds, by the setting's name; every combination is tried
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
    shear_degrees: float = 0.0
    groups_per_patient: int | None = None
    class_balance: float = 0.0
    dropout: float = 0.0
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    absent_classes: bool = False
    seed: int = 2020
    deterministic: bool = True
    precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] = "float32"
    xla: bool = False
    distribution: Literal["none", "mirrored", "multi_worker"] = "none"
    folds: int = 5
    evaluate_every: int = 1
    choose_epoch: bool = True
    search: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse values that cannot train.

        Raises
        ------
        InputError
            when a value is out of its range.
        """
        none_or_positive = self.groups_per_patient is None or self.groups_per_patient >= 1
        for name, ok, expected in (
            ("epochs", self.epochs >= 1, "at least 1"),
            ("batch_size", self.batch_size >= 1, "at least 1"),
            ("learning_rate", self.learning_rate > 0, "above 0"),
            ("schedule", self.schedule in {"halving", "cosine"}, "halving or cosine"),
            ("halve_every", self.halve_every >= 1, "at least 1"),
            ("warm_up_epochs", self.warm_up_epochs >= 0, "at least 0"),
            ("momentum", 0 <= self.momentum < 1, "0 to below 1"),
            ("rotation_degrees", 0 <= self.rotation_degrees <= 180, "0 to 180"),
            ("flip_probability", 0 <= self.flip_probability <= 1, "0 to 1"),
            ("scale_fraction", 0 <= self.scale_fraction < 1, "0 to below 1"),
            ("shift_fraction", 0 <= self.shift_fraction < 1, "0 to below 1"),
            ("shear_degrees", 0 <= self.shear_degrees < 90, "0 to below 90"),
            ("class_balance", 0 <= self.class_balance <= 1, "0 to 1"),
            ("dropout", 0 <= self.dropout < 1, "0 to below 1"),
            ("weight_decay", self.weight_decay >= 0, "at least 0"),
            ("label_smoothing", 0 <= self.label_smoothing < 1, "0 to below 1"),
            ("groups_per_patient", none_or_positive, "at least 1, or None for all"),
            ("precision", self.precision in PRECISIONS, " or ".join(PRECISIONS)),
            ("xla", not (self.xla and self.deterministic), "false, or deterministic = false with it"),
            ("distribution", self.distribution in DISTRIBUTIONS, " or ".join(DISTRIBUTIONS)),
            ("folds", self.folds == 0 or self.folds >= 2, "0, or at least 2"),
            ("evaluate_every", self.evaluate_every >= 1, "at least 1"),
        ):
            if not ok:
                raise InputError(
                    f"Training setting {name} is out of range",
                    expected=expected,
                    got=str(getattr(self, name)),
                )
        self._check_search()

    def _check_search(self) -> None:
        if not self.search:
            return
        if not self.folds:
            raise InputError(
                "Settings can only be searched by cross-validation", expected="folds of 2 and more", got="0"
            )
        searchable = set(self.__slots__) - NOT_SEARCHED
        for name, values in self.search.items():
            if name not in searchable or not isinstance(values, list | tuple) or not values:
                raise InputError(
                    f"Training setting {name} cannot be searched",
                    expected="a list of values for one of " + ", ".join(sorted(searchable)),
                    got=repr(values),
                )
        self.settings()

    def settings(self) -> tuple[TrainingConfig, ...]:
        """Every combination of the searched values, each without a search of its own.

        Raises
        ------
        InputError
            when one of them is out of range.
        """
        fixed = replace(self, search={})
        combinations = product(*self.search.values())
        return tuple(replace(fixed, **dict(zip(self.search, values, strict=True))) for values in combinations)


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
    folds=0,
    choose_epoch=False,
)

CONFIGS: dict[str, TrainingConfig] = {c.name: c for c in (PAPER, DEMO)}
