from pathlib import Path

import pytest

from dls.cli import parser
from dls.home import PROGRAM, VARIABLE, default_home
from dls.ui import context


def test_beside_the_program_unless_the_environment_names_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert default_home() == PROGRAM / "var"
    monkeypatch.setenv(VARIABLE, "")
    assert default_home() == PROGRAM / "var"


def test_commands_and_pages_work_in_the_same_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setenv(VARIABLE, str(tmp_path / "elsewhere" / ".." / "study"))
    assert default_home() == tmp_path / "study"
    assert context.home() == tmp_path / "study"
    assert parser().parse_args(["demo"]).home == tmp_path / "study"
