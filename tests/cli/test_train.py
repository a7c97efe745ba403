"""The command's own part: which configuration it takes, what it needs, where a run is kept."""

import json

import pytest

from dls.cli import main
from dls.nn.config import DEMO, PAPER
from dls.nn.config_file import read_config
from tests.nn.conftest import tiny_backbone, tiny_groups

__all__ = ["tiny_backbone"]


def test_a_configuration_is_written_out_with_what_was_given_instead(tmp_path, capsys):
    path = tmp_path / "mine.toml"
    options = ["--epochs", "3", "--weights", "none", "--xla", "--precision", "mixed_bfloat16", "--folds", "3"]
    assert main(["train", *options, "--write-config", str(path)]) == 0
    written = read_config(str(path))
    assert (written.epochs, written.initial_weights, written.folds) == (3, None, 3)
    assert (written.xla, written.deterministic, written.precision) == (True, False, "mixed_bfloat16")
    assert written.learning_rate == PAPER.learning_rate
    assert str(path) in capsys.readouterr().out


def test_what_is_missing_is_named(capsys):
    assert main(["train", "--model", "A"]) == 2
    assert "Expected: --data and --out" in capsys.readouterr().err


def test_a_wrong_configuration_is_a_user_error(tmp_path, capsys):
    path = tmp_path / "mine.toml"
    path.write_text("epoch = 3")
    assert main(["train", "--config", str(path), "--write-config", str(tmp_path / "out.toml")]) == 2
    assert "perhaps epochs was meant" in capsys.readouterr().err
    assert not (tmp_path / "out.toml").exists()


@pytest.fixture
def trained(tiny_backbone, tmp_path):
    tiny_groups().save(tmp_path / "groups.npz")
    options = ["--config", "demo", "--epochs", "1", "--data", str(tmp_path / "groups.npz")]
    options += ["--model", "D", "--out", str(tmp_path / "models"), "--home", str(tmp_path / "home")]
    assert main(["train", *options]) == 0
    return tmp_path, options


def test_a_run_has_its_history_report_and_configuration(trained):
    folder, _ = trained
    (run,) = (folder / "home" / "training").iterdir()
    assert run.name.startswith(DEMO.name + "-")
    assert json.loads((run / "run.json").read_text())["configuration"]["epochs"] == 1
    assert "Model D: training report" in (run / "D" / "report.html").read_text()


def test_another_training_needs_another_run_or_a_restart(trained, capsys):
    folder, options = trained
    (run,) = (folder / "home" / "training").iterdir()
    other = ["train", *options, "--seed", "7", "--run", run.name]
    assert main(other) == 2
    assert "holds another training" in capsys.readouterr().err
    assert main([*other, "--restart"]) == 0
    assert json.loads((run / "run.json").read_text())["configuration"]["seed"] == 7
