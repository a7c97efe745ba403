"""Configurations: the paper's values are the defaults, and impossible ones are refused."""

from dataclasses import replace

import pytest

from dls.errors import InputError
from dls.nn.config import CONFIGS, PAPER, TrainingConfig


def test_defaults_are_the_papers_values():
    stated = TrainingConfig()
    assert stated == PAPER == CONFIGS["paper"]
    assert (stated.learning_rate, stated.halve_every, stated.momentum, stated.batch_size) == (
        0.1,
        20,
        0.9,
        16,
    )
    assert (stated.rotation_degrees, stated.flip_probability) == (40.0, 0.5)
    assert (stated.backbone, stated.initial_weights) == ("inception_resnet_v2", "imagenet")


@pytest.mark.parametrize(
    "change",
    [
        {"epochs": 0},
        {"batch_size": 0},
        {"learning_rate": 0.0},
        {"schedule": "sometimes"},
        {"halve_every": 0},
        {"flip_probability": 1.5},
        {"class_balance": -0.1},
        {"dropout": 1.0},
        {"label_smoothing": 1.0},
        {"groups_per_patient": 0},
    ],
)
def test_impossible_values_are_refused(change):
    with pytest.raises(InputError, match=next(iter(change))):
        replace(PAPER, **change)
