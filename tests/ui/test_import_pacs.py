"""The panel that finds and fetches studies; the server is a stand-in, the panel is drawn for real."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dls.errors import PeerError
from dls.imaging.pacs.peers import DicomWebServer, PacsStudy, Query
from dls.ui import import_pacs

URL = "https://pacs.example/dicom-web"
STUDY = PacsStudy("1.2.3", "P1", "A7", "20260131", "MR liver", ("MR",), 6, 168)


@dataclass
class Delivered:
    id: str


class StandIn:
    """A fetch whose course the test sets."""

    def __init__(self, peer: object, study_uid: str, home: Path) -> None:
        self.peer, self.study_uid = peer, study_uid
        self.done, self.total, self.step = 42, 168, "fetching"
        self.over = self.stopped = False
        self.delivery: Delivered | None = None
        self.error = ""

    def stop(self) -> None:
        self.stopped = True


def draw() -> None:
    from dls.ui.import_pacs import image_server

    image_server()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Query]:
    """Searches that reach the server, which has one study."""
    queries: list[Query] = []

    def find(peer: object, query: Query) -> tuple[PacsStudy, ...]:
        assert peer == DicomWebServer(URL)
        queries.append(query)
        if query.patient_id == "down":
            raise PeerError(f"Nobody answers at {URL}", remedy="check host, port and network")
        return (STUDY,) if query.patient_id == "P1" else ()

    monkeypatch.setenv("DLS_HOME", str(tmp_path))
    monkeypatch.setenv("DLS_PACS", URL)
    monkeypatch.setattr(import_pacs, "find", find)
    monkeypatch.setattr(import_pacs, "Fetching", StandIn)
    return queries


def button(page: AppTest, label: str) -> Any:
    return next(b for b in page.button if b.label == label)


def searched(patient: str, date: str = "") -> AppTest:
    page = AppTest.from_function(draw, default_timeout=60).run()
    page.text_input(key="pacs patient").set_value(patient)
    page.text_input(key="pacs date").set_value(date)
    return button(page, "Find").click().run()


def fetching() -> tuple[AppTest, StandIn]:
    page = button(searched("P1"), "Fetch").click().run()
    return page, page.session_state["pacs fetching"]


def test_nothing_is_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DLS_HOME", str(tmp_path))
    monkeypatch.delenv("DLS_PACS", raising=False)
    page = AppTest.from_function(draw, default_timeout=60).run()
    assert "No image server is configured" in page.caption[0].value
    assert not page.button


def test_a_study_is_found_and_its_progress_shown(asked: list[Query]) -> None:
    page = searched(" P1 ", "20260101-20260131")
    assert asked == [Query("P1", "", "", "20260101-20260131")]
    assert [t.value for t in page.text] == ["2026-01-31 · MR · MR liver · 168 images"]
    page = button(page, "Fetch").click().run()
    assert not page.exception
    assert page.session_state["pacs fetching"].study_uid == "1.2.3"
    (bar,) = page.get("progress")
    assert (bar.proto.value, bar.proto.text) == (25, "Fetching: 42 of 168")


@pytest.mark.parametrize(("patient", "says"), [("down", "Nobody answers"), ("", "something to search for")])
def test_searches_that_fail_say_why(asked: list[Query], patient: str, says: str) -> None:
    page = searched(patient)
    assert says in page.error[0].value
    assert not page.exception


def test_no_study_matches(asked: list[Query]) -> None:
    assert searched("P2").info[0].value == "No study matches."


def test_a_delivery_is_named_in_the_address(asked: list[Query]) -> None:
    page, job = fetching()
    job.over, job.delivery = True, Delivered("ab" * 16)
    page.run()
    assert "ab" * 16 in page.query_params["delivery"]
    assert "pacs fetching" not in page.session_state


def test_a_stop_and_another_start(asked: list[Query]) -> None:
    page, job = fetching()
    page = button(page, "Stop").click().run()
    assert job.stopped
    assert button(page, "Stopping").disabled
    job.over = True
    page.run()
    assert "goes on from there" in page.info[0].value
    page = button(page, "Fetch again").click().run()
    assert page.session_state["pacs fetching"] is not job
    assert page.session_state["pacs fetching"].study_uid == "1.2.3"


def test_an_error_is_shown_and_left(asked: list[Query]) -> None:
    page, job = fetching()
    job.over, job.error = True, "The server went silent."
    page.run()
    assert page.error[0].value == "The server went silent."
    page = button(page, "Back to the search").click().run()
    assert button(page, "Find")
    assert not page.text
