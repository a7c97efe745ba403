import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from dls.domain import Sequence
from dls.nn.saliency import SaliencyMethod
from dls.study.reading import worklist
from dls.study.store import Store
from dls.ui import context
from dls.ui.routes import images
from tests.ui.asgi import Client
from tests.ui.conftest import SignIn

Codes = Callable[[str], list[str]]
PRIVATE = {
    "cache-control": "private, no-store",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    "vary": "Cookie",
}


def test_a_reader_gets_the_voxels_of_an_own_case(client_of: SignIn, codes: Codes, study_store: Store) -> None:
    code = codes("anna")[0]
    case_id = next(a.case_id for a in worklist(study_store, 1) if a.code == code)
    answer = client_of("anna").get(f"/images/{code}/t2")
    assert answer.status == 200
    assert answer.headers["content-encoding"] == "gzip"
    assert PRIVATE.items() <= answer.headers.items()
    expected = context.archive().volumes(case_id)[Sequence.T2].voxels
    assert gzip.decompress(answer.body) == expected.astype("<i2").tobytes()


def test_one_slice_comes_uncompressed(client_of: SignIn, codes: Codes) -> None:
    client, path = client_of("anna"), f"/images/{codes('anna')[0]}/t2"
    volume = gzip.decompress(client.get(path).body)
    size = len(volume) // 12
    answer = client.get(f"{path}?k=3")
    assert "content-encoding" not in answer.headers
    assert answer.body == volume[3 * size : 4 * size]
    assert client.get(path, accept_encoding="identity").body == volume


@pytest.mark.parametrize("k", ["12", "-1", "x", "1e1", "٣", ""])
def test_a_slice_that_is_not_there(client_of: SignIn, codes: Codes, k: str) -> None:
    assert client_of("anna").get(f"/images/{codes('anna')[0]}/t2?k={k}").status in {404, 422}


def test_other_readers_guessed_and_absent_things_answer_alike(client_of: SignIn, codes: Codes) -> None:
    client = client_of("anna")
    own, other = codes("anna")[0], codes("ben")[0]
    answers = [
        client.get(path)
        for path in (f"/images/{other}/t2", "/images/abc234/t2", "/images/1/t2", f"/images/{own}/t3")
    ]
    assert {(a.status, a.body) for a in answers} == {(404, b'{"error":"There is nothing here"}')}


def test_signed_out(anyone: Client, codes: Codes) -> None:
    assert anyone.get(f"/images/{codes('anna')[0]}/t2").status == 401


@pytest.mark.parametrize("path", ["/case-images/1", "/case-images/1/t2", "/saliency/1/A/t2"])
def test_readers_get_nothing_by_case_number(client_of: SignIn, path: str) -> None:
    assert client_of("anna").get(path).status == 404


def test_investigators_get_no_reader_route(client_of: SignIn, codes: Codes) -> None:
    assert client_of("ines").get(f"/images/{codes('anna')[0]}/t2").status == 404


@pytest.mark.parametrize("who", ["ines", "adam"])
def test_investigators_and_administrators_see_any_case(client_of: SignIn, who: str) -> None:
    client = client_of(who)
    content = client.get("/case-images/1").json()
    assert [s["slug"] for s in content["series"]] == [s.slug for s in Sequence]
    assert content["notice"] == "Phantom images"
    assert client.get("/" + content["series"][1]["url"]).status == 200
    assert client.get("/case-images/99").status == 422


def test_saliency_is_sent_as_it_is_kept(
    client_of: SignIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "t2.u8.gz").write_bytes(gzip.compress(b"\x00\xff"))
    asked: list[tuple[object, ...]] = []
    monkeypatch.setattr(images, "ensure_saliency", lambda *wanted: (asked.append(wanted), tmp_path)[1])
    client = client_of("ines")
    assert gzip.decompress(client.get("/saliency/1/B/t2").body) == b"\x00\xff"
    assert asked == [(1, "B", None, SaliencyMethod.GRADIENT)]
    assert client.get("/saliency/1/B/arterial").status == 404


def test_saliency_of_a_model_that_is_not_there(client_of: SignIn) -> None:
    answer = client_of("ines").get("/saliency/1/Z/t2")
    assert answer.status == 422
    assert "no such model" in answer.json()["error"]
