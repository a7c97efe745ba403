from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest

from dls.domain import Sequence
from dls.errors import InputError, PeerError
from dls.imaging.pacs.peers import DicomWebServer, Query
from dls.imaging.pacs.transfer import fetch, find, send, verify
from dls.imaging.pacs.wholeness import identity
from tests.imaging.pacs.scripted import Answer, listing, parts, scripted
from tests.imaging.series import uid, write_sequence

STUDY, SERIES = "1.2.3", uid(Sequence.T2)
INSTANCE, COUNT = "00080018", "00201209"


@pytest.fixture
def files(tmp_path: Path) -> list[bytes]:
    return [path.read_bytes() for path in write_sequence(tmp_path / "sent", Sequence.T2)[:3]]


@pytest.fixture
def uids(tmp_path: Path, files: list[bytes]) -> list[str]:
    return [identity(path).sop_uid for path in sorted((tmp_path / "sent").rglob("*.dcm"), key=_position)[:3]]


def _position(path: Path) -> int:
    return int(pydicom.dcmread(path, stop_before_pixels=True).InstanceNumber)


def script(
    uids: list[str], *, count: int = 3, series: Answer, one: Answer | None = None
) -> Callable[[str, dict[str, str]], Answer]:
    """A server of one series with three instances; `series` and `one` answer retrievals."""

    def answer(path: str, headers: dict[str, str]) -> Answer:
        if "/instances/" in path:
            assert one is not None
            return one
        if "offset=0" not in path and "?" in path:
            return listing()
        if path.startswith(f"/studies/{STUDY}/series?"):
            return listing({"0020000E": SERIES, "00080060": "MR", COUNT: count})
        if "/instances?" in path:
            return listing(*({INSTANCE: u} for u in uids))
        return series

    return answer


def test_instances_are_taken_from_a_multipart_answer(
    tmp_path: Path, files: list[bytes], uids: list[str]
) -> None:
    with scripted(script(uids, series=parts(*files))) as url:
        fetched = fetch(DicomWebServer(url), STUDY, tmp_path / "here")
    assert [path.read_bytes() for path in fetched.files] == files
    assert [path.stem for path in fetched.files] == uids
    assert (tmp_path / "here").stat().st_mode & 0o077 == 0


def test_missing_closing_boundary_keeps_what_is_whole(
    tmp_path: Path, files: list[bytes], uids: list[str]
) -> None:
    answer = parts(files[0], files[1], files[2][:-50], closed=False)
    with scripted(script(uids, series=answer)) as url, pytest.raises(PeerError, match="cut short"):
        fetch(DicomWebServer(url), STUDY, tmp_path / "here")
    assert sorted(p.stem for p in (tmp_path / "here").rglob("*.dcm")) == sorted(uids[:2])
    assert not list((tmp_path / "here").rglob("*.part"))
    with scripted(script(uids, series=Answer(500), one=parts(files[2]))) as url:
        fetched = fetch(DicomWebServer(url), STUDY, tmp_path / "here")
    assert (fetched.kept, fetched.fetched) == (2, 1)


def test_body_shorter_than_its_length(tmp_path: Path, files: list[bytes], uids: list[str]) -> None:
    whole = parts(*files)
    short = Answer(200, whole.body[:-2000], whole.headers, announced=len(whole.body))
    with scripted(script(uids, series=short)) as url, pytest.raises(PeerError, match="broke off"):
        fetch(DicomWebServer(url), STUDY, tmp_path / "here")
    assert not list((tmp_path / "here").rglob("*.part"))


def test_fewer_instances_than_announced(tmp_path: Path, files: list[bytes], uids: list[str]) -> None:
    with (
        scripted(script(uids, series=parts(*files[:2]))) as url,
        pytest.raises(PeerError, match="fewer instances than it announced") as caught,
    ):
        fetch(DicomWebServer(url), STUDY, tmp_path / "here")
    assert caught.value.expected == "3 instances"
    assert uids[2] in caught.value.got


def test_server_that_counts_and_lists_differently(
    tmp_path: Path, files: list[bytes], uids: list[str]
) -> None:
    with (
        scripted(script(uids, count=4, series=parts(*files))) as url,
        pytest.raises(PeerError, match="lists another number") as caught,
    ):
        fetch(DicomWebServer(url), STUDY, tmp_path / "here")
    assert (caught.value.expected, caught.value.got) == ("4 instances", "3")


def test_instance_that_was_not_asked_for(tmp_path: Path, files: list[bytes], uids: list[str]) -> None:
    with (
        scripted(script(uids[:2], count=2, series=parts(*files))) as url,
        pytest.raises(PeerError, match="had not announced"),
    ):
        fetch(DicomWebServer(url), STUDY, tmp_path / "here")
    assert len(list((tmp_path / "here").rglob("*.dcm"))) == 2


def test_uid_that_is_a_path(tmp_path: Path, files: list[bytes]) -> None:
    with (
        scripted(script(["../../../outside"], count=1, series=parts(*files))) as url,
        pytest.raises(PeerError, match="without a UID"),
    ):
        fetch(DicomWebServer(url), STUDY, tmp_path / "here")
    assert not list(tmp_path.glob("outside*"))


def test_lists_come_in_pages_of_any_size() -> None:
    every = [{"0020000D": f"1.2.{n}", "00080020": f"2020010{n}"} for n in range(1, 8)]

    def three_at_most(path: str, headers: dict[str, str]) -> Answer:
        start = int(path.rpartition("offset=")[2])
        return listing(*every[start : start + 3])

    with scripted(three_at_most) as url:
        found = find(DicomWebServer(url), Query(patient_id="X"))
    assert [s.study_uid for s in found] == [f"1.2.{n}" for n in range(7, 0, -1)]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Answer(401, b"who?"), "user and a password"),
        (Answer(403), "does not allow"),
        (Answer(404), "nothing at this address"),
        (Answer(302, headers={"Location": "https://elsewhere/"}), "points to https://elsewhere/"),
        (Answer(503), "overloaded"),
        (Answer(500, b"<html>oops</html>"), "it failed"),
        (Answer(200, b"<html>a portal</html>"), "something else than a list"),
        (Answer(200, b'"text"'), "another form"),
    ],
)
def test_refusals_are_told(answer: Answer, says: str) -> None:
    with scripted(lambda path, headers: answer) as url, pytest.raises(PeerError, match=says):
        verify(DicomWebServer(url))


def test_credentials_are_sent_and_never_shown() -> None:
    seen: list[str] = []

    def script(path: str, headers: dict[str, str]) -> Answer:
        seen.append(headers.get("authorization", ""))
        return Answer(403)

    with scripted(script) as url:
        for server in (
            DicomWebServer(url, user="u", password="geheim"),
            DicomWebServer(url, token="geheim"),
        ):
            assert "geheim" not in repr(server)
            with pytest.raises(PeerError) as caught:
                verify(server)
            assert "geheim" not in str(caught.value)
    assert seen == ["Basic dTpnZWhlaW0=", "Bearer geheim"]


def test_plain_http_behind_an_https_address() -> None:
    with scripted(lambda path, headers: Answer()) as url:
        server = DicomWebServer(url.replace("http:", "https:"))
        with pytest.raises(PeerError, match="No trusted connection"):
            verify(server)


FAILED = b'{"00081198": {"vr": "SQ", "Value": [{"00081197": {"vr": "US", "Value": [272]}}]}}'


@pytest.mark.parametrize(
    ("answer", "got"), [(Answer(409, FAILED), "reason 0x0110"), (Answer(200, b"{}"), "HTTP status 200")]
)
def test_store_that_the_server_does_not_confirm(tmp_path: Path, answer: Answer, got: str) -> None:
    path = write_sequence(tmp_path, Sequence.T2)[0]
    with (
        scripted(lambda path, headers: answer) as url,
        pytest.raises(PeerError, match="did not store") as caught,
    ):
        send(DicomWebServer(url), [path])
    assert got in caught.value.got


@pytest.mark.parametrize("url", ["ftp://x", "http://user:geheim@host/", "pacs", "http://host/?a=b"])
def test_addresses_that_cannot_be_used(url: str) -> None:
    with pytest.raises(InputError) as caught:
        DicomWebServer(url)
    assert "geheim" not in str(caught.value)
