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
    assert stated.folds == 5
    assert (stated.rotation_degrees, stated.flip_probability) == (40.0, 0.5)
    assert (stated.backbone, stated.initial_weights) == ("inception_resnet_v2", "imagenet")


def test_every_combination_of_the_searched_values_is_a_setting():
    config = replace(PAPER, search={"learning_rate": [0.1, 0.01], "dropout": [0.0, 0.5]})
    found = [(s.learning_rate, s.dropout) for s in config.settings()]
    assert found == [(0.1, 0.0), (0.1, 0.5), (0.01, 0.0), (0.01, 0.5)]
    assert PAPER.settings() == (PAPER,)


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
        {"warm_up_epochs": -1.0},
        {"momentum": 1.0},
        {"rotation_degrees": 181.0},
        {"scale_fraction": 1.0},
        {"shift_fraction": -0.1},
        {"shear_degrees": 90.0},
        {"weight_decay": -1e-4},
        {"precision": "float16"},
        {"xla": True},
        {"distribution": "everywhere"},
        {"folds": 1},
        {"evaluate_every": 0},
        {"search": {"seed": [1, 2]}},
        {"search": {"dropout": "0.1"}},
    ],
)
def test_impossible_values_are_refused(change):
    with pytest.raises(InputError, match=next(iter(change))):
        replace(PAPER, **change)
