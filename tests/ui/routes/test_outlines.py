"""What is drawn travels by authorised routes and is kept in versions."""

import pytest

from dls.domain import LesionClass, Sequence
from dls.imaging.mismatch import Mismatch, mismatches
from dls.imaging.roi import Outline
from dls.imaging.volume import Volume
from dls.study import outlines
from dls.study.audit import trail, verify
from dls.study.reading import Entry, sign
from dls.study.store import Store
from dls.study.worklist import worklist
from dls.ui import context, mismatch
from tests.ui.asgi import Client
from tests.ui.conftest import SignIn

SQUARE = [[[-70.0, -20.0, 10.5], [-50.0, -20.0, 10.5], [-50.0, 0.0, 10.5], [-70.0, 0.0, 10.5]]]
IDS = ("a" * 32, "b" * 32)


def drawing(after: int = 0, reason: str = "", **regions: object) -> dict:
    lesions = [{"id": IDS[0], "name": "Lesion 1", "contours": SQUARE}]
    record = {
        "format": "dls-regions",
        "version": 1,
        "space": "LPS",
        "unit": "mm",
        "lesions": lesions,
        "target": None,
        "shifts": {"dwi": [0.0, 2.5, -7.0]},
    }
    return {"after": after, "reason": reason, "regions": record | regions}


def test_an_imported_outline_is_version_0(client_of: SignIn) -> None:
    answer = client_of("ines").get("/outlines/1").json()
    assert (answer["revision"], answer["code"], answer["needs_reason"]) == (0, "SECRET-0", False)
    assert len(answer["series"]) == 6
    assert answer["regions"]["lesions"][0]["contours"] == answer["outline"]
    assert answer["case_lesion"] == answer["regions"]["lesions"][0]["id"]


def test_a_drawing_is_kept_and_shown_to_readers(client_of: SignIn, study_store: Store) -> None:
    answer = client_of("adam").write("POST", "/outlines/1", drawing())
    assert answer.status == 200, answer.body
    assert (answer.json()["revision"], answer.json()["drawn_by"]) == (1, "Adam")
    shown = client_of("ines").get("/outlines/1").json()
    assert shown["regions"]["shifts"] == {"dwi": [0.0, 2.5, -7.0]}
    assert next(s for s in shown["series"] if s["slug"] == "dwi")["shift"] == [0.0, 2.5, -7.0]
    code = next(a.code for a in worklist(study_store, 1) if a.case_id == 1)
    room = client_of("anna").get(f"/readings/{code}").json()
    assert room["outline"] == SQUARE
    assert room["series"][1]["shift"] == [0.0, 2.5, -7.0]
    assert "regions" not in room
    assert "outline.save" in {entry["action"] for entry in trail(study_store)}
    assert verify(study_store).ok


def test_a_change_takes_the_saliency_away(client_of: SignIn) -> None:
    stale = context.home() / "saliency" / "1" / "abc"
    stale.mkdir(parents=True)
    client_of("ines").write("POST", "/outlines/1", drawing())
    assert not stale.exists()


def test_nobody_overwrites_what_they_have_not_seen(client_of: SignIn, study_store: Store) -> None:
    assert client_of("ines").write("POST", "/outlines/1", drawing()).status == 200
    answer = client_of("adam").write("POST", "/outlines/1", drawing(lesions=[]))
    assert answer.status == 409
    assert "Somebody else" in answer.json()["error"]
    assert len(outlines.history(study_store, 1)) == 1


def test_a_case_that_was_read_needs_a_reason(client_of: SignIn, study_store: Store) -> None:
    code = next(a.code for a in worklist(study_store, 1) if a.case_id == 1)
    sign(study_store, 1, code, Entry(LesionClass.CYST, 20.0, active_seconds=1, wall_seconds=1))
    assert client_of("ines").get("/outlines/1").json()["needs_reason"]
    assert client_of("ines").write("POST", "/outlines/1", drawing()).status == 422
    answer = client_of("ines").write("POST", "/outlines/1", drawing(reason="wrong lesion"))
    assert answer.status == 200
    assert outlines.history(study_store, 1)[0].reason == "wrong lesion"


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"after": 0},
        drawing() | {"after": "0"},
        drawing() | {"more": 1},
        drawing(shifts={"t2": [1, 0, 0]}),
        drawing(shifts={"dwi": [1, 0, 1e9]}),
        drawing(lesions=[{"id": IDS[0], "name": "x", "contours": [[[0, 0, 900], [9, 0, 900], [0, 9, 900]]]}]),
        drawing(lesions=[{"id": "../../etc", "name": "x", "contours": SQUARE}]),
        drawing(lesions="none"),
        drawing(version=9),
    ],
)
def test_bad_drawings_change_nothing(client_of: SignIn, study_store: Store, content: dict) -> None:
    assert client_of("ines").write("POST", "/outlines/1", content).status == 422
    assert outlines.newest(study_store, 1) is None
    assert context.archive().regions(1).shift(Sequence.DWI) == (0.0, 0.0, 0.0)


def test_readers_and_strangers_see_nothing(client_of: SignIn, anyone: Client) -> None:
    for path in ("/outlines/1", "/outlines/1/mismatch"):
        assert client_of("anna").get(path).status == 404
        assert anyone.get(path).status in {303, 401}
    assert client_of("anna").write("POST", "/outlines/1", drawing()).status == 404
    assert client_of("ines").get("/outlines/99").status == 422
    assert client_of("ines").send("POST", "/outlines/1", b"{}").status == 403


def test_a_large_drawing_passes_and_a_huge_one_does_not(client_of: SignIn) -> None:
    large = [{"id": IDS[0], "name": "x", "contours": SQUARE * 2000}]
    assert client_of("ines").write("POST", "/outlines/1", drawing(lesions=large)).status == 200
    huge = [{"id": IDS[0], "name": "x", "contours": SQUARE * 30_000}]
    assert client_of("ines").write("POST", "/outlines/1", drawing(after=1, lesions=huge)).status == 413


def test_the_mismatch_is_computed_once_and_anew_after_a_change(
    client_of: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []

    def counted(volumes: dict[Sequence, Volume], outline: Outline) -> dict[Sequence, Mismatch]:
        made.append(1)
        return mismatches(volumes, outline)

    monkeypatch.setattr(mismatch, "mismatches", counted)
    client = client_of("ines")
    first = client.get("/outlines/1/mismatch").json()
    assert set(first) == {s.slug for s in Sequence if s is not Sequence.T2}
    assert client.get("/outlines/1/mismatch").json() == first
    assert len(made) == 1
    client.write("POST", "/outlines/1", drawing())
    assert client.get("/outlines/1/mismatch").json() != first
    assert len(made) == 2
    client.write("POST", "/outlines/1", drawing(after=1, lesions=[]))
    assert client.get("/outlines/1/mismatch").json() == {}
