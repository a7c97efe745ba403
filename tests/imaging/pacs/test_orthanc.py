"""Against a real server: every way gives the same volumes, and what breaks on the way can be taken up."""

from __future__ import annotations

import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.uid import RLELossless

from dls.domain import Sequence
from dls.errors import InputError, PeerError, StoppedError
from dls.imaging.dicom import write_series
from dls.imaging.importer import ImportedStudy, import_study, read_series
from dls.imaging.pacs.delivering import deliver
from dls.imaging.pacs.peers import DicomWebServer, DimsePeer, Peer, Query, Retrieval
from dls.imaging.pacs.transfer import connected, fetch, find, send, verify
from dls.phantom.cohort import validation_cohort
from dls.phantom.render import render
from tests.imaging.pacs.orthanc import Pacs
from tests.imaging.pacs.relay import LOOPBACK, Behaviour, free_port
from tests.imaging.planted import NUMBER, WORD, found_below
from tests.imaging.real_series import data_folder
from tests.imaging.series import IDENTIFIERS, write_sequence

STUDY = IDENTIFIERS["StudyInstanceUID"]
PIXELS = b"\xe0\x7f\x10\x00OW"
WAYS = ("dicomweb", "get", "move")


def peer(pacs: Pacs, way: str) -> Peer:
    return pacs.web if way == "dicomweb" else pacs.dimse(Retrieval(way))


@pytest.fixture(scope="module")
def phantom(running_pacs: Pacs, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a rendered patient, every third slice, which the server has got by C-STORE and STOW."""
    patient = min(validation_cohort(), key=lambda p: p.lesion_mm)
    folder = tmp_path_factory.mktemp("phantom")
    for number, series in enumerate(render(patient).series):
        geometry = series.geometry
        thin = replace(
            geometry,
            size=(*geometry.size[:2], len(series.voxels[::3])),
            spacing=(*geometry.spacing[:2], 3 * geometry.spacing[2]),
        )
        paths = write_series(folder / series.sequence.slug, series.voxels[::3], thin, series.tags)
        send(running_pacs.web if number % 2 else running_pacs.dimse(), paths)
    return folder


def assert_identical(found: ImportedStudy, expected: ImportedStudy) -> None:
    assert tuple(found.volumes) == tuple(Sequence)
    for sequence, volume in expected.volumes.items():
        assert found.volumes[sequence].geometry == volume.geometry
        assert found.volumes[sequence].voxels.dtype == volume.voxels.dtype
        assert found.volumes[sequence].voxels.tobytes() == volume.voxels.tobytes()
    assert found.series == expected.series
    assert found.study_uid == expected.study_uid


@pytest.mark.parametrize("way", WAYS)
def test_every_way_gives_the_volumes_of_the_folder(
    pacs: Pacs, phantom: Path, tmp_path: Path, way: str
) -> None:
    expected = import_study(phantom)
    fetched = fetch(peer(pacs, way), expected.study_uid, tmp_path)
    assert (fetched.fetched, fetched.kept) == (len(list(phantom.rglob("*.dcm"))), 0)
    assert_identical(import_study(tmp_path), expected)


@pytest.mark.parametrize("way", WAYS)
def test_a_real_oblique_series_comes_back_as_it_was_sent(pacs: Pacs, tmp_path: Path, way: str) -> None:
    original = tmp_path / "original"
    shutil.copytree(data_folder() / "volume", original)
    paths = sorted(original.glob("brain_*.dcm"))
    send(pacs.web, paths)
    uid = str(pydicom.dcmread(paths[0], stop_before_pixels=True).StudyInstanceUID)
    fetched = fetch(peer(pacs, way), uid, tmp_path / "fetched", modalities=())
    found, expected = read_series(fetched.folder), read_series(original)
    assert len(fetched.files) == len(paths) == 20
    assert found.geometry == expected.geometry
    np.testing.assert_array_equal(found.voxels, expected.voxels)


@pytest.mark.parametrize("way", WAYS)
def test_compressed_images_are_handed_over_as_they_are(pacs: Pacs, tmp_path: Path, way: str) -> None:
    study = f"1.2.4.{WAYS.index(way) + 1}"
    tags: dict[str, Any] = {"StudyInstanceUID": study, "SeriesInstanceUID": f"{study}.1"}
    paths = write_sequence(tmp_path / "plain", Sequence.T2, **tags)
    for path in paths:
        dataset = pydicom.dcmread(path)
        dataset.compress(RLELossless, generate_instance_uid=False)
        dataset.save_as(path)
    send(pacs.web, paths)
    fetched = fetch(peer(pacs, way), study, tmp_path / "fetched")
    syntaxes = {
        pydicom.dcmread(p, stop_before_pixels=True).file_meta.TransferSyntaxUID for p in fetched.files
    }
    assert syntaxes == {RLELossless}
    np.testing.assert_array_equal(read_series(fetched.folder).voxels, read_series(tmp_path / "plain").voxels)


@pytest.mark.parametrize("way", WAYS)
def test_a_search_tells_what_the_server_has(pacs: Pacs, small: Path, way: str) -> None:
    (study,) = find(peer(pacs, way), Query(study_uid=STUDY))
    assert (study.patient_id, study.modalities) == ("P1", ("MR",))
    assert (study.series_count, study.instance_count) == (6, 48)
    with connected(peer(pacs, way)) as connection:
        series = tuple(connection.series(STUDY))
    assert [s.instance_count for s in series] == [8] * 6
    assert {s.description for s in series} == {"T2 TSE fs", "DWI", "T1 VIBE fs"}
    assert STUDY in {s.study_uid for s in find(peer(pacs, way), Query(patient_id="P*"))}
    assert find(peer(pacs, way), Query(patient_id="nobody")) == ()
    verify(peer(pacs, way))


@pytest.mark.parametrize("way", WAYS)
def test_what_is_there_is_not_fetched_again_and_what_was_damaged_is(
    pacs: Pacs, small: Path, tmp_path: Path, way: str
) -> None:
    first = fetch(peer(pacs, way), STUDY, tmp_path)
    lost, cut = first.files[3], first.files[20]
    lost.unlink()
    cut.write_bytes(cut.read_bytes()[:-10])
    untouched = {p: p.stat().st_mtime_ns for p in first.files if p not in {lost, cut}}
    again = fetch(peer(pacs, way), STUDY, tmp_path)
    assert (again.fetched, again.kept, again.files) == (2, 46, first.files)
    assert {p: p.stat().st_mtime_ns for p in untouched} == untouched
    assert_identical(import_study(tmp_path), import_study(small))


@pytest.mark.parametrize("way", WAYS)
def test_server_stopped_in_the_middle(pacs: Pacs, small: Path, tmp_path: Path, way: str) -> None:
    def stop_it(done: int, total: int, what: str) -> None:
        if done == 20:
            pacs.stop()

    with pytest.raises(PeerError, match=r"broke off|Nobody answers|went silent"):
        fetch(peer(pacs, way), STUDY, tmp_path, progress=stop_it)
    assert not list(tmp_path.rglob("*.part"))
    with pytest.raises(PeerError, match=r"Nobody answers|broke off"):
        fetch(peer(pacs, way), STUDY, tmp_path)
    pacs.start()
    again = fetch(peer(pacs, way), STUDY, tmp_path)
    assert again.kept >= 20
    assert again.kept + again.fetched == 48
    assert_identical(import_study(tmp_path), import_study(small))


@pytest.mark.parametrize("way", ["dicomweb", "get"])
def test_answer_cut_short(pacs: Pacs, small: Path, tmp_path: Path, way: str) -> None:
    relay = pacs.http if way == "dicomweb" else pacs.dicom

    def cut(done: int, total: int, what: str) -> None:
        if done == 10:
            relay.behaviour = Behaviour(cut_after=relay.passed + 6_000)

    with pytest.raises(PeerError, match=r"broke off|cut short"):
        fetch(peer(pacs, way), STUDY, tmp_path, progress=cut)
    arrived = len(list(tmp_path.rglob("*.dcm")))
    assert 10 <= arrived < 48
    assert not list(tmp_path.rglob("*.part"))
    pacs.calm()
    again = fetch(peer(pacs, way), STUDY, tmp_path)
    assert (again.kept, again.fetched) == (arrived, 48 - arrived)
    assert_identical(import_study(tmp_path), import_study(small))


@pytest.mark.parametrize("way", ["dicomweb", "get"])
def test_server_that_falls_silent(pacs: Pacs, small: Path, tmp_path: Path, way: str) -> None:
    relay = pacs.http if way == "dicomweb" else pacs.dicom
    hasty = replace(peer(pacs, way), timeout_s=1.5)

    def hush(done: int, total: int, what: str) -> None:
        if done == 10:
            relay.behaviour = Behaviour(silent_after=relay.passed)

    started = time.monotonic()
    with pytest.raises(PeerError, match=r"went silent|broke off"):
        fetch(hasty, STUDY, tmp_path, progress=hush)
    assert time.monotonic() - started < 30
    pacs.calm()
    assert fetch(peer(pacs, way), STUDY, tmp_path).kept >= 10


@pytest.mark.parametrize("way", ["dicomweb", "get"])
def test_a_slow_server_is_waited_for(pacs: Pacs, small: Path, tmp_path: Path, way: str) -> None:
    relay = pacs.http if way == "dicomweb" else pacs.dicom
    relay.behave(Behaviour(bytes_per_s=60_000))
    started = time.monotonic()
    fetched = fetch(replace(peer(pacs, way), timeout_s=10.0), STUDY, tmp_path)
    assert time.monotonic() - started > relay.passed / 60_000
    assert fetched.fetched == 48


@pytest.mark.parametrize("way", WAYS)
def test_a_stop_is_obeyed_and_taken_up(pacs: Pacs, small: Path, tmp_path: Path, way: str) -> None:
    done = 0

    def count(now: int, total: int, what: str) -> None:
        nonlocal done
        assert (total, what) == (48, "fetching")
        done = now

    with pytest.raises(StoppedError):
        fetch(peer(pacs, way), STUDY, tmp_path, progress=count, stopped=lambda: done >= 12)
    assert 12 <= len(list(tmp_path.rglob("*.dcm"))) < 48
    assert fetch(peer(pacs, way), STUDY, tmp_path).kept >= 12


@pytest.mark.parametrize("way", WAYS)
def test_a_file_that_the_server_keeps_cut_short_is_refused(pacs: Pacs, tmp_path: Path, way: str) -> None:
    study = f"1.2.5.{WAYS.index(way) + 1}"
    tags: dict[str, Any] = {"StudyInstanceUID": study, "SeriesInstanceUID": f"{study}.1"}
    paths = write_sequence(tmp_path / "sent", Sequence.T2, **tags)
    for path in paths[:-1]:
        pacs.rest("POST", "instances", path.read_bytes())
    content = paths[-1].read_bytes()
    pacs.rest("POST", "instances", content[: content.rindex(PIXELS)])
    with pytest.raises(PeerError, match="not whole") as caught:
        fetch(peer(pacs, way), study, tmp_path / "fetched")
    assert "without its pixels" in caught.value.got
    assert len(list((tmp_path / "fetched").rglob("*.dcm"))) < len(paths)
    assert not list((tmp_path / "fetched").rglob("*.part"))


def test_a_delivery_is_the_same_whichever_way_it_came(pacs: Pacs, small: Path, tmp_path: Path) -> None:
    first = deliver(pacs.web, STUDY, tmp_path)
    assert (first.source, first.files, first.repeated) == ("dicomweb", 48, False)
    again = deliver(pacs.web, STUDY, tmp_path)
    assert (again.id, again.repeated) == (first.id, True)


@pytest.mark.parametrize("way", WAYS)
def test_no_original_is_ever_on_disk(
    pacs: Pacs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    study = f"1.2.{NUMBER}.{WAYS.index(way) + 1}"
    tags: dict[str, Any] = {"PatientName": f"{WORD}^Jane", "PatientID": NUMBER, "StudyInstanceUID": study}
    for number, sequence in enumerate((Sequence.T2, Sequence.DWI)):
        tags["SeriesInstanceUID"] = f"{study}.{number}"
        for path in write_sequence(tmp_path / "sent", sequence, **tags):
            pacs.rest("POST", "instances", path.read_bytes())
    home, temporary = tmp_path / "home", tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    moments = []

    def look(done: int, total: int, what: str) -> None:
        moments.append(done)
        assert found_below(home) == found_below(temporary) == []

    with pytest.raises(StoppedError):
        deliver(peer(pacs, way), study, home, progress=look, stopped=lambda: 4 in moments)
    copies = {p.name: p.stat().st_mtime_ns for p in home.rglob("*.dcm")}
    assert 4 <= len(copies) < 16
    delivery = deliver(peer(pacs, way), study, home, progress=look)
    assert delivery.files == moments[-1] == 16
    assert {p.name: p.stat().st_mtime_ns for p in delivery.folder.glob("*.dcm")}.items() >= copies.items()
    assert found_below(home) == found_below(temporary) == []
    assert found_below(tmp_path / "sent")


def test_unknown_study_and_modality(pacs: Pacs, small: Path, tmp_path: Path) -> None:
    for way in WAYS:
        with pytest.raises(InputError, match="does not have the study"):
            fetch(peer(pacs, way), "1.2.999", tmp_path)
        with pytest.raises(InputError, match="no such series") as caught:
            fetch(peer(pacs, way), STUDY, tmp_path, modalities=("CT",))
        assert caught.value.got == "MR"


def test_wrong_ae_title(pacs: Pacs) -> None:
    with pytest.raises(PeerError, match="refused the association") as caught:
        verify(replace(pacs.dimse(), title="SOMEBODY"))
    assert "Called AE title not recognised" in caught.value.got


def test_move_to_somebody_the_server_does_not_know(pacs: Pacs, small: Path, tmp_path: Path) -> None:
    stranger = replace(pacs.dimse(Retrieval.MOVE), calling="STRANGER")
    with pytest.raises(PeerError, match="did not send the instances"):
        fetch(stranger, STUDY, tmp_path)


def test_nobody_there(tmp_path: Path) -> None:
    port = free_port()
    for nobody in (DicomWebServer(f"http://{LOOPBACK}:{port}/dicom-web"), DimsePeer(LOOPBACK, port, "X")):
        with pytest.raises(PeerError, match="Nobody answers"):
            verify(nobody)


def test_wrong_path_on_the_server(pacs: Pacs) -> None:
    with pytest.raises(PeerError, match="nothing at this address"):
        verify(DicomWebServer(f"http://{LOOPBACK}:{pacs.http.port}/elsewhere"))
