import json
from pathlib import Path

import pytest

from tests.cli.outcome import Terminal
from tests.imaging.lld_folder import write_challenge
from tests.imaging.test_lld import PATIENTS


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(capsys)


def test_one_command_makes_the_study(run: Terminal, tmp_path: Path) -> None:
    folder, home = write_challenge(tmp_path / "lld", PATIENTS[:5]), tmp_path / "home"
    arguments = ("import", "lld", str(folder), "--home", str(home), "--size", "24")
    done = run(*arguments)
    assert done.code == 0, done.err
    assert "1 patients are cases of the study" in done.out
    assert "left out, 1: abscess" in done.out
    assert "MR398189: DWI turned over from head to feet" in done.out
    assert f"train --model all --data {home / 'groups' / 'training.npz'}" in done.out
    found = json.loads(run(*arguments, "--json").out)
    assert (found["cases"], found["training"], found["accounts"]) == (1, 2, [])


def test_a_folder_that_is_none_is_refused(run: Terminal, tmp_path: Path) -> None:
    done = run("import", "lld", str(tmp_path), "--home", str(tmp_path / "home"))
    assert done.code == 2
    assert "no LLD-MMRI data set" in done.err
    assert not (tmp_path / "home").exists()
