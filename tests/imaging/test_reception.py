"""Receiving: what is kept, what is not, and what an interruption leaves."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.uid import SecondaryCaptureImageStorage

from dls.domain import Sequence
from dls.errors import ConflictError, InputError, StoppedError
from dls.imaging import reception
from dls.imaging.deidentify import deidentify
from dls.imaging.delivery import FOLDER, discard, load, received, volumes
from dls.imaging.importer import import_study
from dls.imaging.reception import receive
from dls.imaging.sources import Incoming, folder_files
from dls.imaging.staging import KEPT_SECONDS, PARTIAL, Staging, remove_stale
from dls.imaging.zip_archive import unpacked
from tests.imaging.series import change, write_sequence, write_study

PLANTED = "DOEJOHN"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def everything(folder: Path) -> dict[str, bytes]:
    """Content of every file below a folder, by path."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_study_is_received_as_the_importer_reads_it(study: Path, home: Path) -> None:
    seen: list[tuple[int, int, str]] = []
    delivery = receive(folder_files(study), home, "folder", total=48, progress=lambda *a: seen.append(a))
    assert (delivery.files, delivery.source, delivery.left_out) == (48, "folder", {})
    assert delivery.removal.files == 48
    assert seen == [(n, 48, "receiving") for n in range(1, 49)]
    imported, ours = import_study(study), volumes(delivery, delivery.suggestion)
    assert list(ours) == list(imported.volumes)
    for sequence, volume in imported.volumes.items():
        assert ours[sequence].geometry == volume.geometry
        np.testing.assert_array_equal(ours[sequence].voxels, volume.voxels)
    theirs = [(c.sequence, c.confidence, c.reasons) for c in imported.typing]
    assert [(c.sequence, c.confidence, c.reasons) for c in delivery.candidates] == theirs


def test_the_same_study_twice_changes_nothing(study: Path, home: Path) -> None:
    first = receive(folder_files(study), home, "folder")
    before = everything(home)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number, path in enumerate(sorted(study.rglob("*.dcm"), reverse=True)):
            archive.write(path, f"other/{number}")
    again = receive(unpacked(packed), home, "zip")
    assert (again.id, again.repeated, first.repeated) == (first.id, True, False)
    assert again.source == "folder"
    assert everything(home) == before
    assert received(home) == (first.id,)


def test_no_identifier_rests_in_the_home(study: Path, home: Path) -> None:
    for path in study.rglob("*.dcm"):
        change(
            path,
            PatientName=PLANTED,
            PatientID=f"{PLANTED}7",
            SeriesDescription=f"T2 TSE fs {PLANTED}" if "/t2/" in str(path) else PLANTED,
            ProtocolName=PLANTED,
            ImageComments=PLANTED,
            ContrastBolusAgent=PLANTED,
            AccessionNumber=PLANTED,
        )
        path.rename(path.with_name(f"{PLANTED}-{path.name}"))
    files = [Incoming(f"{PLANTED}/{f.name}", f.content) for f in folder_files(study)]
    stopping = iter([False] * 30 + [True])
    with pytest.raises(StoppedError):
        receive(files, home, "folder", cancelled=lambda: next(stopping))
    delivery = receive(files, home, "folder")
    assert delivery.suggestion.keys() == set(Sequence)
    for name, content in everything(home).items():
        assert PLANTED not in name
        assert PLANTED.encode() not in content
        assert b"1.2.3." not in content, "an original UID"
        assert b"100018" not in content, "an original time"
    t2 = next(s for s in delivery.stacks if s.first.echo_time == 90)
    assert t2.title == 'series "T2 TSE fs"'


def test_a_stopped_delivery_goes_on_where_it_stopped(
    study: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleaned: list[str] = []
    real = deidentify

    def counted(dataset: pydicom.Dataset, *rest: object, **more: object) -> object:
        cleaned.append(dataset.SOPInstanceUID)
        return real(dataset, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(reception, "deidentify", counted)
    stopping = iter([False] * 20 + [True])
    with pytest.raises(StoppedError, match="Stopped after 20 files; nothing was imported"):
        receive(folder_files(study), home, "folder", cancelled=lambda: next(stopping))
    assert received(home) == ()
    assert len(cleaned) == 20
    delivery = receive(folder_files(study), home, "folder")
    assert len(cleaned) == len(set(cleaned)) == 48
    assert received(home) == (delivery.id,)
    whole = receive(folder_files(study), home.with_name("other"), "folder")
    assert (whole.files, len(whole.stacks)) == (delivery.files, len(delivery.stacks))


def test_a_server_that_breaks_off_is_asked_only_for_the_rest(study: Path, home: Path) -> None:
    asked: list[str] = []
    paths = {f"1.9.{n}": p for n, p in enumerate(sorted(study.rglob("*.dcm")))}

    def served(limit: int) -> Iterator[Incoming]:
        def fetch(uid: str) -> bytes:
            if len(asked) >= limit:
                raise ConnectionError("gone")
            asked.append(uid)
            return paths[uid].read_bytes()

        for uid in paths:
            yield Incoming(uid, partial(fetch, uid))

    with pytest.raises(ConnectionError):
        receive(served(11), home, "dicomweb", study_uid="1.2.3")
    delivery = receive(served(100), home, "dicomweb", study_uid="1.2.3")
    assert asked == list(paths)
    assert delivery.files == 48


_KILLED = """
import os, sys
from pathlib import Path
from dls.imaging.reception import receive
from dls.imaging.sources import folder_files
def progress(done, total, what):
    if done == 17: os._exit(9)
receive(folder_files(Path(sys.argv[1])), Path(sys.argv[2]), "folder", progress=progress)
"""


def test_killed_in_the_middle_and_taken_up_again(study: Path, home: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", _KILLED, str(study), str(home)], check=False)
    assert ended.returncode == 9
    assert received(home) == ()
    (partial,) = (home / FOLDER).iterdir()
    journal = partial / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    assert len(lines) == 17
    journal.write_bytes(b"".join(lines[:16]) + lines[16][:40])  # the machine died in the last line
    first = partial / json.loads(lines[0])["file"]
    first.write_bytes(first.read_bytes()[:-9])  # and a copy did not reach the disk
    delivery = receive(folder_files(study), home, "folder")
    whole = receive(folder_files(study), home.with_name("other"), "folder")
    assert delivery.files == whole.files == 48
    for sequence, volume in volumes(delivery, delivery.suggestion).items():
        np.testing.assert_array_equal(volume.voxels, import_study(study).volumes[sequence].voxels)
    assert [p.name for p in (home / FOLDER).iterdir()] == [delivery.id]


def test_files_of_the_run_that_stopped_are_not_smuggled_in(study: Path, home: Path, tmp_path: Path) -> None:
    extra = write_sequence(tmp_path / "more", Sequence.T2, SeriesInstanceUID="1.2.3.77")
    stopping = iter([False] * 7 + [True])
    with pytest.raises(StoppedError):
        receive(folder_files(tmp_path / "more"), home, "folder", cancelled=lambda: next(stopping))
    assert len(extra) == 8
    delivery = receive(folder_files(study), home, "folder")
    assert (delivery.files, len(delivery.stacks)) == (48, 6)
    assert len(list(delivery.folder.glob("*.dcm"))) == 48


def test_one_process_at_a_time_receives_a_study(study: Path, home: Path) -> None:
    files = folder_files(study)

    def meanwhile() -> Iterator[Incoming]:
        yield files[0]
        with pytest.raises(ConflictError, match="being received already"):
            receive(files, home, "folder")
        yield from files[1:]

    assert receive(meanwhile(), home, "folder").files == 48


def test_what_is_left_out_is_counted_by_reason(study: Path, home: Path) -> None:
    (study / "viewer.exe").write_bytes(b"MZ")
    (study / "readme.txt").write_bytes(b"hello")
    (study / "link").symlink_to(study / "viewer.exe")
    slice_ = next((study / "dwi").iterdir())
    shutil.copy(slice_, study / "again.dcm")
    shutil.copy(slice_, study / "ct.dcm")
    change(study / "ct.dcm", Modality="CT", SOPInstanceUID="1.2.3.4.5")
    shutil.copy(slice_, study / "capture.dcm")
    change(study / "capture.dcm", SOPClassUID=SecondaryCaptureImageStorage, SOPInstanceUID="1.2.3.4.6")
    delivery = receive(folder_files(study), home, "folder")
    assert delivery.files == 48
    assert delivery.left_out == {
        "no DICOM file, by its name": 2,
        "symbolic link, not followed": 1,
        "the same file again": 1,
        "no MR image": 1,
        "secondary capture, which may show the patient's name": 1,
    }


def test_a_bad_file_is_named_and_nothing_is_received(study: Path, home: Path) -> None:
    bad = next((study / "portal").iterdir())
    for content, said in (
        (b"no image", "is not a DICOM file"),
        (bad.read_bytes()[:-20], "is cut short"),
    ):
        bad.write_bytes(content)
        with pytest.raises(InputError, match=rf"{bad.name} {said}"):
            receive(folder_files(study), home, "folder")
        assert received(home) == ()


def test_burned_in_text_is_refused_with_the_name_of_the_file(study: Path, home: Path) -> None:
    bad = next((study / "portal").iterdir())
    change(bad, BurnedInAnnotation="YES")
    with pytest.raises(InputError, match=bad.name) as caught:
        receive(folder_files(study), home, "folder")
    assert caught.value.code == "burned-in-annotation"
    assert received(home) == ()


@pytest.mark.parametrize(
    ("elements", "what"), [({"PatientID": "P2"}, "patient"), ({"StudyInstanceUID": "1.2.4"}, "study")]
)
def test_a_second_patient_or_study(study: Path, home: Path, elements: dict[str, str], what: str) -> None:
    for path in (study / "dwi").iterdir():
        change(path, **elements)
    with pytest.raises(InputError, match=f"more than one {what}"):
        receive(folder_files(study), home, "folder")
    assert received(home) == ()


def test_no_image_and_unknown_source(tmp_path: Path, home: Path) -> None:
    with pytest.raises(InputError, match="no MR image"):
        receive([], home, "folder")
    with pytest.raises(InputError, match="Unknown kind of source"):
        receive([], home, "/data/DOE")


def test_a_series_that_is_no_volume_is_received_with_the_reason(study: Path, home: Path) -> None:
    sorted((study / "dwi").iterdir())[3].unlink()
    delivery = receive(folder_files(study), home, "folder")
    dwi = delivery.suggestion[Sequence.DWI]
    assert list(delivery.problems) == [dwi]
    assert "missing" in delivery.problems[dwi]
    with pytest.raises(InputError, match="DWI"):
        volumes(delivery, {Sequence.DWI: dwi})


def test_thumbnails_show_the_middle_slice(study: Path, home: Path) -> None:
    from PIL import Image

    delivery = receive(folder_files(study), home, "folder")
    with Image.open(delivery.thumbnail(0)) as picture:
        assert picture.size == (192, 180)  # 16 x 2.0 mm by 12 x 2.5 mm
        grey = np.asarray(picture)
    assert grey[0, 0] < 10
    assert grey[-1, -1] > 245
    assert not delivery.thumbnail(len(delivery.stacks)).exists()


def test_a_copy_that_was_altered_is_not_read(study: Path, home: Path) -> None:
    delivery = receive(folder_files(study), home, "folder")
    path = delivery.stacks[0].first.path
    path.write_bytes(path.read_bytes()[:-2] + b"\1\1")
    with pytest.raises(InputError, match="missing or was altered"):
        volumes(delivery, {Sequence.T2: delivery.stacks[0].uid})


def test_a_delivery_is_found_and_discarded(study: Path, home: Path) -> None:
    delivery = receive(folder_files(study), home, "folder")
    assert load(home, delivery.id) == delivery
    discard(home, delivery.id)
    assert list((home / FOLDER).iterdir()) == []
    for bad in (delivery.id, "../images", "", "0" * 31):
        with pytest.raises(InputError, match="no such delivery"):
            load(home, bad)


def test_a_damaged_record_says_so(study: Path, home: Path) -> None:
    delivery = receive(folder_files(study), home, "folder")
    (delivery.folder / "delivery.json").write_text('{"format": 1}')
    with pytest.raises(InputError, match="record of a delivery is damaged"):
        load(home, delivery.id)


def test_what_nobody_took_up_is_removed(tmp_path: Path) -> None:
    staging = Staging(tmp_path / f".abc{PARTIAL}")
    made = (tmp_path / f".abc{PARTIAL}" / "journal.jsonl").stat().st_mtime
    staging.close()
    remove_stale(tmp_path, lambda: made + KEPT_SECONDS - 1)
    assert len(list(tmp_path.iterdir())) == 1
    remove_stale(tmp_path, lambda: made + KEPT_SECONDS + 1)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_ten_thousand_files_needs_little_memory(tmp_path: Path, home: Path) -> None:
    """One file is held at a time: the peak is that of a few files, not of all."""
    study = write_study(tmp_path / "study", (Sequence.T2,))
    text = tmp_path / "study" / "notes.txt"
    text.write_bytes(bytes(100_000))
    files = [*folder_files(study), *(Incoming(f"{n}.txt", text) for n in range(10_000))]
    tracemalloc.start()
    delivery = receive(files, home, "folder")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert delivery.left_out == {"no DICOM file, by its name": 10_001}
    assert peak < 20 * 2**20
