"""XLA in a process of its own: once operations are made repeatable in a process, XLA refuses some of them."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from dls.nn.config_file import write_config
from dls.nn.package import load_package
from dls.nn.train import train
from tests.nn.conftest import tiny_groups


def test_xla_trains_close_to_the_plain_program(quick, tmp_path):
    config = replace(quick, epochs=1, dropout=0.0)
    plain = train("D", tiny_groups(), config, tmp_path / "plain")

    tiny_groups().save(tmp_path / "groups.npz")
    (tmp_path / "config.toml").write_text(write_config(config))
    options = ["--data", "groups.npz", "--config", "config.toml", "--out", "xla", "--home", "home", "--xla"]
    child = subprocess.run(
        [sys.executable, "-m", "dls", "train", "--model", "D", *options],
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == 0, child.stderr
    compiled = load_package(tmp_path / "xla" / "D")
    assert compiled.provenance["configuration"]["xla"]
    assert compiled.metrics["training"]["loss"] == pytest.approx(plain.metrics["training"]["loss"], rel=1e-3)
