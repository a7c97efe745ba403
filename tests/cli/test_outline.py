"""Outlines out of a study and back into it, in every form."""

from pathlib import Path

import numpy as np
import pytest

from dls.domain import Sequence
from dls.imaging.archive import ImageArchive
from dls.imaging.regions import Lesion, Regions
from dls.imaging.roi import mask
from dls.imaging.volume import Volume
from dls.study import outlines
from dls.study.store import Store
from tests.cli.outcome import Terminal
from tests.imaging.series import OBLIQUE, ramp, write_sequence
from tests.imaging.test_segmentation import circle
from tests.study.tiny_study import sign_case, tiny_study

ONE, TWO = Lesion.new("Segment 7", circle(5, 4, 2.6, 2, 3)), Lesion.new("Segment 2", circle(11, 7, 2.3, 5))
SHIFT = {Sequence.DWI: (1.0, 2.0, -7.0)}


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(capsys)


@pytest.fixture
def home(run: Terminal, tmp_path: Path) -> Path:
    """Case 1 with two lesions and a shift; case 2 with the same images and nothing drawn."""
    tiny_study(tmp_path / "home" / "study.db")
    archive = ImageArchive(tmp_path / "home" / "images")
    for case_id in (1, 2):
        volumes = {s: Volume(ramp(), OBLIQUE) for s in (Sequence.T2, Sequence.DWI)}
        archive.put(case_id, volumes, None)
    source = tmp_path / "one.json"
    Regions((ONE, TWO), TWO.id, SHIFT).save_json(source)
    done = run("outline", "import", "1", str(source), "--home", str(tmp_path / "home"))
    assert done.out == "version 1 of case 1: 2 outlined\n", done.err
    return tmp_path / "home"


@pytest.mark.parametrize("name", ["a.json", "a.nii", "a.nii.gz", "a.dcm"])
def test_every_form_carries_the_lesions_voxel_for_voxel(
    run: Terminal, home: Path, tmp_path: Path, name: str
) -> None:
    write_sequence(tmp_path / "dicom", Sequence.T2)
    options = ("--source", str(tmp_path / "dicom")) if name.endswith("dcm") else ()
    done = run("outline", "export", "1", str(tmp_path / name), *options, "--home", str(home))
    assert done.code == 0, done.err
    done = run("outline", "import", "2", str(tmp_path / name), "--home", str(home))
    assert done.code == 0, done.err
    copied = ImageArchive(home / "images").regions(2)
    for lesion, expected in zip(copied.lesions, (ONE, TWO), strict=True):
        np.testing.assert_array_equal(mask(lesion.outline, OBLIQUE), mask(expected.outline, OBLIQUE))
    assert copied.shifts == (SHIFT if name == "a.json" else {})
    newest = outlines.newest(Store(home / "study.db"), 2)
    assert newest is not None
    assert newest.revision == 1


def test_shifts_stay_when_the_file_holds_none(run: Terminal, home: Path, tmp_path: Path) -> None:
    run("outline", "export", "1", str(tmp_path / "a.nii"), "--home", str(home))
    run("outline", "import", "1", str(tmp_path / "a.nii"), "--home", str(home))
    assert ImageArchive(home / "images").regions(1).shifts == SHIFT


def test_a_case_that_was_read_needs_a_reason(run: Terminal, home: Path, tmp_path: Path) -> None:
    sign_case(Store(home / "study.db"), 1, 1)
    arguments = ("outline", "import", "1", str(tmp_path / "one.json"), "--home", str(home))
    done = run(*arguments)
    assert done.code == 2
    assert "a reason" in done.err
    assert run(*arguments, "--reason", "wrong lesion").code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("export", "2", "x.json"), "Nothing is outlined"),
        (("export", "1", "x.dcm"), "--source"),
        (("export", "1", "x.txt"), "says no form"),
        (("export", "9", "x.json"), "no such case"),
        (("import", "1", "none.json"), "cannot be read"),
        (("import", "1", "none.dcm"), "cannot be read"),
    ],
)
def test_what_cannot_be_done_is_said(
    run: Terminal, home: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(home.parent)
    done = run("outline", *arguments, "--home", str(home))
    assert done.code == 2
    assert said in done.err


def test_sources_that_are_no_dicom_series(run: Terminal, home: Path, tmp_path: Path) -> None:
    (tmp_path / "dicom").mkdir()
    arguments = ("outline", "export", "1", str(tmp_path / "x.dcm"), "--source", str(tmp_path / "dicom"))
    assert "holds no DICOM" in run(*arguments, "--home", str(home)).err
    (tmp_path / "dicom" / "a.txt").write_text("hello")
    assert "cannot be read" in run(*arguments, "--home", str(home)).err
