from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from dls.cli import report
from dls.errors import AccessError, ConflictError, InputError
from tests.analysis.tiny_store import tiny_store
from tests.cli.command import run


def test_the_report_is_written_and_recorded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = tiny_store(tmp_path / "study.db")
    target = tmp_path / "report.zip"
    assert run(report, "report", str(target), "--home", str(tmp_path)) == 0
    assert f"written: {target}" in capsys.readouterr().out
    with zipfile.ZipFile(target) as made:
        assert {"report.docx", "report.pdf", "report.html", "tables/table-1.csv"} < set(made.namelist())
    with store.read() as connection:
        actions = [row["action"] for row in connection.execute("SELECT action FROM audit ORDER BY id")]
    assert actions[-2:] == ["results.look", "results.export"]


def test_refusals_leave_everything_as_it_was(tmp_path: Path) -> None:
    tiny_store(tmp_path / "study.db", unblinded=False)
    home = ["--home", str(tmp_path)]
    with pytest.raises(AccessError, match="until every reading is signed"):
        run(report, "report", str(tmp_path / "report.zip"), *home)
    with pytest.raises(InputError, match="Unknown form of report"):
        run(report, "report", str(tmp_path / "report.txt"), *home)
    (tmp_path / "old.pdf").write_text("kept")
    with pytest.raises(ConflictError, match="overwrite"):
        run(report, "report", str(tmp_path / "old.pdf"), *home)
    assert (tmp_path / "old.pdf").read_text() == "kept"
    assert not (tmp_path / "report.zip").exists()
