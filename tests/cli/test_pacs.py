"""`import pacs` and `export pacs` against a real server."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pydicom
import pytest

from dls.cli import importing
from dls.cli import pacs as command
from dls.domain import LesionClass, Sequence
from dls.errors import InputError
from dls.imaging.archive import ImageArchive
from dls.imaging.importer import import_study
from dls.imaging.pacs.transfer import fetch
from dls.study import imports
from dls.study.cases import NewCase
from dls.study.store import Store
from tests.cli.command import run
from tests.imaging.pacs.orthanc import Pacs
from tests.imaging.series import OBLIQUE, write_sequence
from tests.study.tiny_study import tiny_study

CONTOUR = OBLIQUE.to_patient([(3, 3, 2), (9, 3, 2), (6, 9, 2)]).tolist()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A study with one case that waits for its images."""
    store = tiny_study(tmp_path / "home" / "study.db", cases=0, readers=1, assigned=False)
    store.add_case(
        NewCase(
            "P-00", LesionClass.CYST, "histopathology", 20.0, "X 3 T", {}, "import", simulated_images=False
        )
    )
    return store


def take(*arguments: object) -> int:
    return run(importing, "import", "pacs", *map(str, arguments))


def put(*arguments: object) -> int:
    return run(command, "export", "pacs", *map(str, arguments))


def servers(found: Pacs) -> tuple[tuple[str, ...], ...]:
    dimse = f"ORTHANC@127.0.0.1:{found.dicom.port}"
    move = ("--dimse", dimse, "--retrieve", "move", "--move-port", str(found.move_port))
    return ("--dicomweb", found.web.url), ("--dimse", dimse, "--calling", "DLS"), move


@pytest.mark.parametrize("way", [0, 1, 2])
@pytest.mark.usefixtures("store")
def test_a_study_becomes_a_case(
    pacs: Pacs, small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], way: int
) -> None:
    home = ("--home", tmp_path / "home")
    assert take(*servers(pacs)[way], "--patient", "P1", "--case", 1, *home) == 0
    shown = capsys.readouterr()
    assert "Kept as the images of case 1" in shown.out
    archived, expected = ImageArchive(tmp_path / "home" / "images").volumes(1), import_study(small).volumes
    for sequence in Sequence:
        assert archived[sequence].voxels.tobytes() == expected[sequence].voxels.tobytes()
    store = Store(tmp_path / "home" / "study.db")
    assert imports.of_case(store, 1)[0].source == ("dicomweb", "dimse", "dimse")[way]
    assert not [p for p in (tmp_path / "home").rglob("*") if p.is_file() and b"1.2.3.1" in p.read_bytes()]


def test_files_stay_where_they_are_asked_to(pacs: Pacs, small: Path, tmp_path: Path) -> None:
    options = (*servers(pacs)[0], "--study-uid", "1.2.3", "--into", tmp_path / "kept", "--json")
    assert take(*options) == 0
    assert len(list((tmp_path / "kept").rglob("*.dcm"))) == 48


def test_a_study_is_looked_at_and_nothing_kept(
    pacs: Pacs, small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = (*servers(pacs)[0], "--study-uid", "1.2.3", "--home", tmp_path)
    assert take(*options) == 0
    assert "Checked; nothing was kept." in capsys.readouterr().out
    assert not list((tmp_path / "deliveries").iterdir())


def test_a_case_that_is_not_there_is_told_before_anything_is_fetched(
    pacs: Pacs, small: Path, store: Store, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="case"):
        take(*servers(pacs)[0], "--patient", "P1", "--home", tmp_path / "home", "--case", 99)
    assert not (tmp_path / "home" / "deliveries").exists()


def test_several_studies_are_listed(
    pacs: Pacs, small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tags: dict[str, Any] = {
        "StudyInstanceUID": "1.2.8",
        "StudyDate": "20260102",
        "SeriesInstanceUID": "1.2.8.1",
    }
    for path in write_sequence(tmp_path / "second", Sequence.T2, **tags):
        pacs.rest("POST", "instances", path.read_bytes())
    web = servers(pacs)[0]
    try:
        with pytest.raises(InputError, match="Several studies match") as caught:
            take(*web, "--patient", "P1")
        assert caught.value.remedy == "choose one with --study-uid"
        assert len(capsys.readouterr().err.splitlines()) == 2
        assert take(*web, "--patient", "P*", "--date", "20260101-", "--list") == 0
        assert capsys.readouterr().out == "20260102  P1  MR  8 instances  1.2.8\n"
        with pytest.raises(InputError, match="No study matches"):
            take(*web, "--patient", "nobody")
    finally:
        study = json.loads(pacs.rest("POST", "tools/lookup", b"1.2.8"))[0]["ID"]
        pacs.rest("DELETE", f"studies/{study}")


def test_a_configured_server_needs_no_address(
    pacs: Pacs, small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "dls.toml").write_text(f'[pacs.archive]\ndicomweb = "{pacs.web.url}"\n')
    for server in ((), ("--server", "archive")):
        assert take(*server, "--study-uid", "1.2.3", "--list", "--home", tmp_path) == 0
        assert "48 instances" in capsys.readouterr().out
    with pytest.raises(InputError, match="No image server is chosen") as caught:
        take("--server", "other", "--study-uid", "1.2.3", "--home", tmp_path)
    assert "archive" in caught.value.expected


@pytest.mark.parametrize("option", [("--calling", "X"), ("--retrieve", "get"), ("--move-port", "1")])
def test_options_of_the_other_protocol(tmp_path: Path, option: tuple[str, str]) -> None:
    with pytest.raises(InputError, match="a DIMSE peer's"):
        take("--dicomweb", "http://localhost:1/", *option, "--patient", "P1", "--home", tmp_path)


@pytest.mark.parametrize("way", [0, 1])
def test_results_of_a_case_are_sent(pacs: Pacs, small: Path, store: Store, tmp_path: Path, way: int) -> None:
    home = ("--home", tmp_path / "home")
    outline = tmp_path / "outline.json"
    outline.write_text(json.dumps([CONTOUR]))
    assert take(*servers(pacs)[way], "--patient", "P1", "--case", 1, "--outline", outline, *home) == 0
    options = ("--case", 1, "--images", small, *home)
    with pytest.raises(InputError, match="No model has scored the case"):
        put(*servers(pacs)[way], *options)
    store.add_predictions("D", "12" * 32, [1, 1], [0, 1], probabilities=[[0.5, 0.5], [0.25, 0.75]])
    assert put(*servers(pacs)[way], *options) == 0
    back = fetch(pacs.web, "1.2.3", tmp_path / "back", modalities=("SR",))
    found = [pydicom.dcmread(path).to_json() for path in back.files]
    assert any("12" * 32 in text and "0.625" in text for text in found)
    assert put(*options, "--out", tmp_path / "out") == 0
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["report.dcm", "segmentation.dcm"]


def test_help_names_the_credentials_and_never_takes_them() -> None:
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    with pytest.raises(SystemExit):
        parser.parse_args(["export", "pacs", "--password", "x", "--case", "1", "--images", "."])
