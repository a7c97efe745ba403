import tomllib
from pathlib import Path

import pytest

from dls.errors import InputError
from dls.imaging.pacs.peers import DicomWebServer, DimsePeer, Query, Retrieval
from dls.imaging.pacs.settings import known_peers, peer_at


def test_servers_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("geheim\n")
    tables = tomllib.loads(
        f"""
        [archive]
        dicomweb = "https://pacs.example/dicom-web"
        user = "dls"
        password_file = "{tmp_path}/secret"
        [scanner]
        dimse = "MR1@10.0.0.7:104"
        calling = "RESEARCH"
        retrieve = "move"
        move_port = 4006
        timeout_s = 5
        """
    )
    known = known_peers(tables, {"DLS_PACS": "ignored"})
    assert known == {
        "archive": DicomWebServer("https://pacs.example/dicom-web", user="dls", password="geheim"),
        "scanner": DimsePeer("10.0.0.7", 104, "MR1", "RESEARCH", Retrieval.MOVE, 4006, timeout_s=5.0),
    }
    assert "geheim" not in repr(known)


def test_server_of_the_environment() -> None:
    assert known_peers({}, {}) == {}
    url = "https://pacs.example/dicom-web"
    assert known_peers({}, {"DLS_PACS": url, "DLS_PACS_TOKEN": "t"}) == {url: DicomWebServer(url, token="t")}
    assert peer_at("A@b:104", {"DLS_PACS_CALLING": "US"}) == DimsePeer("b", 104, "A", "US")


@pytest.mark.parametrize(
    "text",
    [
        "dicomweb = 'https://x/'",
        "[a]\npassword = 'in the file'\ndicomweb = 'https://x/'",
        "[a]\ndimse = 'A@b:1'\nretrieve = 'steal'",
        "[a]\ndicomweb = 'https://x/'\npassword_file = '/nowhere/at/all'",
        "[a]\ncalling = 'X'",
    ],
)
def test_settings_that_cannot_be_used(text: str) -> None:
    with pytest.raises(InputError):
        known_peers(tomllib.loads(text), {})


@pytest.mark.parametrize("wrong", [{}, {"date": "2020"}, {"date": "-"}, {"study_uid": "../1"}])
def test_searches_that_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(InputError):
        Query(**wrong)
