"""Bad input through the whole command line: exit code 2, a message that helps, and nothing changed."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dls.cli import main
from dls.demo.results import MODELS_FOLDER
from dls.domain import Sequence
from dls.home import PROGRAM
from dls.imaging.archive import ImageArchive
from dls.imaging.importer import import_study
from dls.study.audit import verify
from dls.study.store import Store
from tests.imaging.series import OBLIQUE, write_study
from tests.study.tiny_study import row_counts, tiny_study

ASAH = PROGRAM / "data" / "golden" / "asah.csv"
CASE = "1"
CONTOUR = [(3, 3, 2), (9, 3, 2), (6, 9, 2)]
Damage = Callable[[Path], list[str]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A study whose case 1 has images and whose Model G is installed."""
    home = tmp_path / "home"
    home.mkdir()
    tiny_study(home / "study.db")
    imported = import_study(write_study(tmp_path / "kept"))
    ImageArchive(home / "images").put(int(CASE), imported.volumes, None)
    shutil.copytree(MODELS_FOLDER / "G", home / "models" / "G")
    return home


def not_dicom(study: Path) -> list[str]:
    (study / "portal" / "0001.dcm").write_text("portal venous phase")
    return []


def truncated(study: Path) -> list[str]:
    path = sorted((study / "arterial").iterdir())[3]
    path.write_bytes(path.read_bytes()[:-100])
    return []


def without_a_sequence(study: Path) -> list[str]:
    shutil.rmtree(study / "dwi")
    return []


def lesion_elsewhere(study: Path) -> list[str]:
    far = [[x + 400, y, z] for x, y, z in OBLIQUE.to_patient(CONTOUR).tolist()]
    outline = study.parent / "outline.json"
    outline.write_text(json.dumps([far]))
    return ["--outline", str(outline)]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (not_dicom, "is not a DICOM file"),
        (truncated, "is cut short"),
        (without_a_sequence, "no DWI"),
        (lesion_elsewhere, "outside the volume"),
    ],
)
def test_a_study_that_cannot_be_imported(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: Damage, said: str
) -> None:
    study = write_study(tmp_path / "study", tuple(Sequence))
    options = damage(study)
    before = state(home)
    assert main(["import", "dicom", str(study), "--case", CASE, "--home", str(home), *options]) == 2
    told = capsys.readouterr()
    last = told.err.splitlines()[-1]
    assert last.startswith("error: ")
    assert said in last
    assert told.out == ""
    assert state(home) == before
    assert verify(Store(home / "study.db")).ok


def test_a_class_that_is_unknown(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = state(home)
    command = ["saliency", "--case", CASE, "--model", "G", "--class", "haemangioblastoma"]
    assert main([*command, "--home", str(home)]) == 2
    told = capsys.readouterr().err
    assert "no such class" in told
    assert "HCC, metastatic malignancy, other primary malignancy" in told
    assert "haemangioblastoma" in told
    assert state(home) == before


def test_a_table_without_a_needed_column(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "readings.csv"
    table.write_text("reader,treatment,case,truth\n1,1,1,0\n")
    before = state(tmp_path)
    assert main(["analyze", "mrmc", str(table), "--json"]) == 2
    told = capsys.readouterr()
    assert "lacks the column rating" in told.err
    assert "Got: columns reader, treatment, case, truth" in told.err
    assert told.out == ""
    assert state(tmp_path) == before


def state(folder: Path) -> dict[str, str]:
    """Every file below a folder with the hash of its content; the database's by what is in it.

    The key of the pseudonyms is left out: it is made once, at the first need.
    """
    passing = ("-wal", "-shm", "uid.key")
    files = [p for p in folder.rglob("*") if p.is_file() and not p.name.endswith(passing)]
    found = {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    if "study.db" in found:
        store = Store(folder / "study.db")
        found["study.db"] = f"{verify(store).head} {row_counts(store)}"
    return found


def test_a_reader_of_the_output_may_stop_reading() -> None:
    """As `dls … | head` does: no traceback, whatever was still to be written."""
    arguments = ["analyze", "roc", str(ASAH), "--truth", "outcome", "--positive", "Poor", "--score", "s100b"]
    with subprocess.Popen(
        [sys.executable, "-m", "dls", *arguments, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as asked:
        assert asked.stdout is not None
        assert asked.stderr is not None
        asked.stdout.close()
        assert asked.stderr.read() == b""
        assert asked.wait(60) == 0
