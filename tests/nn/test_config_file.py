"""Configuration files: what is written is read back, and whatever is not understood is refused."""

from dataclasses import fields, replace

import pytest

from dls.errors import InputError
from dls.nn.config import CONFIGS, DEMO, PAPER, TrainingConfig
from dls.nn.config_file import read_config, write_config


@pytest.mark.parametrize(
    "config",
    [
        *CONFIGS.values(),
        replace(PAPER, name='a "quoted" name', search={"learning_rate": [0.1, 0.03], "dropout": [0.0, 0.2]}),
        replace(DEMO, groups_per_patient=3, xla=True, deterministic=False, precision="mixed_float16"),
    ],
    ids=lambda c: c.name,
)
def test_a_written_configuration_is_read_back(config, tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(write_config(config), encoding="utf-8")
    assert read_config(str(path)) == config


def test_every_setting_is_explained_above_it():
    lines = write_config(PAPER).splitlines()
    for field in fields(TrainingConfig):
        head = "[search]" if field.name == "search" else f"{field.name} = "
        at = next(i for i, line in enumerate(lines) if line.startswith(head))
        assert lines[at + 1 if field.name == "search" else at - 1].startswith("# ")


def test_a_file_names_only_what_differs_from_the_paper(tmp_path):
    path = tmp_path / "slow.toml"
    path.write_text('learning_rate = 1\ninitial_weights = "none"\n')
    assert read_config(str(path)) == replace(PAPER, name="slow", learning_rate=1.0, initial_weights=None)


def test_names_of_configurations_are_known():
    assert read_config("demo") is DEMO


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("learning_rat = 0.1", "perhaps learning_rate was meant"),
        ('epochs = "many"', "epochs has the wrong type"),
        ("epochs = 2.5", "Expected: int"),
        ("xla = 1", "Expected: bool"),
        ("epochs = true", "Expected: int"),
        ("batch_size = 0", "batch_size is out of range"),
        ("epochs = ", "a TOML file"),
        ("[search]\nlearning_rat = [0.1]", "learning_rat cannot be searched"),
        ("[search]\nlearning_rate = 0.1", "learning_rate cannot be searched"),
        ("[search]\ndropout = [0.1, 1.5]", "dropout is out of range"),
        ("folds = 0\n[search]\ndropout = [0.1]", "only be searched by cross-validation"),
    ],
)
def test_what_is_not_understood_is_refused(text, message, tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_config(str(path))


def test_a_missing_file_is_named():
    with pytest.raises(InputError, match=r"absent\.toml"):
        read_config("absent.toml")
