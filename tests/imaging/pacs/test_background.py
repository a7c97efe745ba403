from pathlib import Path

import pytest

from dls.imaging.delivery import load
from dls.imaging.pacs import background
from dls.imaging.pacs.background import Fetching
from dls.imaging.pacs.peers import DicomWebServer
from tests.imaging.pacs.orthanc import Pacs
from tests.imaging.pacs.relay import LOOPBACK, Behaviour, free_port

PATIENCE_S = 60


def test_a_study_becomes_a_delivery(pacs: Pacs, small: Path, tmp_path: Path) -> None:
    fetching = Fetching(pacs.web, "1.2.3", tmp_path)
    assert fetching.wait(PATIENCE_S)
    assert fetching.delivery is not None
    assert (fetching.done, fetching.total, fetching.error) == (48, 48, "")
    assert load(tmp_path, fetching.delivery.id).source == "dicomweb"


def test_a_stop_ends_it_and_another_goes_on(pacs: Pacs, small: Path, tmp_path: Path) -> None:
    pacs.http.behave(Behaviour(bytes_per_s=40_000))
    first = Fetching(pacs.web, "1.2.3", tmp_path)
    while first.done < 4 and not first.over:
        first.wait(0.01)
    first.stop()
    assert first.wait(PATIENCE_S)
    assert (first.stopped, first.delivery, first.error) == (True, None, "")
    arrived = len(list(tmp_path.rglob("*.dcm")))
    assert 4 <= arrived < 48
    pacs.calm()
    second = Fetching(pacs.web, "1.2.3", tmp_path)
    assert second.wait(PATIENCE_S)
    assert second.delivery is not None
    assert second.delivery.files == 48


def test_an_error_is_told(tmp_path: Path) -> None:
    fetching = Fetching(DicomWebServer(f"http://{LOOPBACK}:{free_port()}/"), "1.2.3", tmp_path)
    assert fetching.wait(PATIENCE_S)
    assert fetching.delivery is None
    assert "Nobody answers" in fetching.error


def test_a_defect_is_told_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(background, "deliver", broken)
    fetching = Fetching(DicomWebServer("http://localhost/"), "1.2.3", tmp_path)
    assert fetching.wait(PATIENCE_S)
    assert fetching.error == "Defect in the program: ZeroDivisionError: oops"
