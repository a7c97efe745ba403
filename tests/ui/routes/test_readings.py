import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from dls.study.accounts import account_named, sign_in
from dls.study.interaction import interactions
from dls.study.protocol import amend, protocol
from dls.study.reading import signed_reading
from dls.study.store import Store
from tests.ui.asgi import Client
from tests.ui.conftest import SignIn
from tests.ui.reading_study import PASSWORD

Codes = Callable[[str], list[str]]
ENTRY = {"lesion_class": 4, "malignancy": 90, "comment": "rim", "active_seconds": 12.5, "wall_seconds": 20}
DRAFT = {"lesion_class": 4, "malignancy": None, "comment": "", "active_seconds": 3.0, "opened_at": 1}


def test_the_room_shows_what_a_reader_may_know(client_of: SignIn, codes: Codes) -> None:
    own = codes("anna")
    content = client_of("anna").get(f"/readings/{own[0]}").json()
    assert (content["position"], content["total"], content["left"]) == (1, 5, 5)
    assert content["next"] == own[1]
    assert content["notice"] == "Phantom images"
    assert content["series"][0]["url"] == f"images/{own[0]}/t2"
    facts = {fact["label"]: fact["text"] for fact in content["clinical"]}
    assert facts["AFP"] == "820 ng/mL"
    assert facts["CEA"] is None
    assert content["outline"]


def test_nothing_in_the_room_tells_the_truth_or_the_case(client_of: SignIn, codes: Codes) -> None:
    known = {"code", "notice", "classes", "clinical", "series", "outline", "position", "total", "left"}
    known |= {"status", "draft", "next", "condition", "stage", "training", "ranking_asked"}
    known |= {"signed", "before"}
    for code in codes("anna"):
        content = client_of("anna").get(f"/readings/{code}").json()
        assert set(content) == known
        text = json.dumps(content)
        assert "SECRET" not in text
        assert "histopathology" not in text
        assert "case_id" not in text


def test_a_draft_is_kept_until_it_is_signed(client_of: SignIn, codes: Codes) -> None:
    client, code = client_of("anna"), codes("anna")[0]
    assert client.write("PUT", f"/readings/{code}/draft", DRAFT).status == 200
    content = client.get(f"/readings/{code}").json()
    assert content["draft"] == DRAFT
    assert content["status"] == "draft"


def test_signing_stores_the_answer_and_names_the_next_case(
    client_of: SignIn, codes: Codes, study_store: Store
) -> None:
    client, own = client_of("anna"), codes("anna")
    answer = client.write("POST", f"/readings/{own[0]}/sign", ENTRY)
    assert (answer.json()["next"], answer.json()["left"]) == (own[1], 4)
    stored = signed_reading(study_store, account_named(study_store, "anna").id, own[0])
    assert stored is not None
    assert (int(stored.entry.lesion_class), stored.entry.malignancy, stored.entry.comment) == (4, 90, "rim")
    assert (stored.entry.active_seconds, stored.entry.wall_seconds) == (12.5, 20)
    assert not stored.simulated


def test_a_second_reading_is_refused_and_the_first_stands(
    client_of: SignIn, codes: Codes, study_store: Store
) -> None:
    client, own = client_of("anna"), codes("anna")
    client.write("POST", f"/readings/{own[0]}/sign", ENTRY)
    again = client.write("POST", f"/readings/{own[0]}/sign", {**ENTRY, "lesion_class": 0})
    assert again.status == 409
    assert "signed already" in again.json()["error"]
    assert (again.json()["next"], again.json()["left"]) == (own[1], 4)
    assert study_store.readings().lesion_class.tolist() == [4]
    assert client.write("PUT", f"/readings/{own[0]}/draft", DRAFT).status == 409


def test_the_last_case_has_no_next_one(client_of: SignIn, codes: Codes) -> None:
    client = client_of("anna")
    answers = [client.write("POST", f"/readings/{code}/sign", ENTRY).json() for code in codes("anna")]
    assert [a["next"] for a in answers] == [*codes("anna")[1:], None]
    assert [a["left"] for a in answers] == [4, 3, 2, 1, 0]


@pytest.mark.parametrize(
    "wrong",
    [
        {**ENTRY, "lesion_class": 7},
        {**ENTRY, "malignancy": 101},
        {**ENTRY, "malignancy": "90"},
        {**ENTRY, "simulated": True},
        {k: v for k, v in ENTRY.items() if k != "malignancy"},
        [],
    ],
)
def test_an_answer_that_is_none_is_refused_and_nothing_is_stored(
    client_of: SignIn, codes: Codes, study_store: Store, wrong: object
) -> None:
    assert client_of("anna").write("POST", f"/readings/{codes('anna')[0]}/sign", wrong).status == 422
    assert study_store.readings().empty


def test_drafts_with_other_fields_or_too_large_are_refused(client_of: SignIn, codes: Codes) -> None:
    client, path = client_of("anna"), f"/readings/{codes('anna')[0]}/draft"
    assert client.write("PUT", path, {"truth": 1}).status == 422
    assert client.write("PUT", path, {"comment": "x" * 70_000}).status == 413
    assert client.send("PUT", path, b"{", {"x-dls-request": "1"}).status == 422


def test_only_the_readers_own_cases_can_be_read(client_of: SignIn, codes: Codes, anyone: Client) -> None:
    path = f"/readings/{codes('ben')[0]}"
    for client, status in ((client_of("anna"), 404), (client_of("ines"), 404), (anyone, 401)):
        assert client.get(path).status == status
        assert client.write("PUT", f"{path}/draft", DRAFT).status == status
        assert client.write("POST", f"{path}/sign", ENTRY).status == status


def test_writes_from_another_site_are_refused(client_of: SignIn, codes: Codes, study_store: Store) -> None:
    client, path = client_of("anna"), f"/readings/{codes('anna')[0]}/sign"
    assert client.write("POST", path, ENTRY, origin="http://elsewhere").status == 403
    assert client.send("POST", path, json.dumps(ENTRY).encode(), {"origin": "http://study"}).status == 403
    assert study_store.readings().empty


def test_a_disabled_reader_is_out_at_once(client_of: SignIn, codes: Codes, study_store: Store) -> None:
    from dls.study.accounts import disable

    client = client_of("anna")
    disable(study_store, account_named(study_store, "anna").id)
    assert client.get(f"/readings/{codes('anna')[0]}").status == 401
    assert sign_in(study_store, "ben", PASSWORD)


def test_a_request_that_breaks_off_changes_nothing(
    client_of: SignIn, codes: Codes, study_store: Store
) -> None:
    client = client_of("anna")
    answer = client.send(
        "POST", f"/readings/{codes('anna')[0]}/sign", b"", {"x-dls-request": "1"}, broken=True
    )
    assert answer.status == 400
    assert study_store.readings().empty


def test_a_revision_needs_a_reason_and_keeps_what_was_signed(
    client_of: SignIn, codes: Codes, study_store: Store
) -> None:
    client, code = client_of("anna"), codes("anna")[0]
    client.write("POST", f"/readings/{code}/sign", ENTRY)
    changed = {**ENTRY, "lesion_class": 5}
    assert client.write("POST", f"/readings/{code}/revise", changed).status == 422
    assert client.write("POST", f"/readings/{code}/revise", {**changed, "reason": 3}).status == 422
    assert client.write("POST", f"/readings/{code}/revise", {**changed, "reason": "  "}).status == 422
    assert study_store.readings(revisions=True).lesion_class.tolist() == [4]
    answer = client.write("POST", f"/readings/{code}/revise", {**changed, "reason": "a rim seen late"})
    assert answer.json()["revision"] == 2
    assert study_store.readings(revisions=True).lesion_class.tolist() == [4, 5]
    assert study_store.readings().lesion_class.tolist() == [5]
    own = client.get(f"/readings/{code}").json()["signed"]
    assert (own["lesion_class"], own["revision"], own["stage"]) == (5, 2, 1)
    following = client.get(f"/readings/{codes('anna')[1]}").json()
    assert (following["before"], following["signed"]) == (code, None)
    assert (
        client_of("ben").write("POST", f"/readings/{code}/revise", {**changed, "reason": "x"}).status == 404
    )


def test_what_was_looked_at_is_kept_once(client_of: SignIn, codes: Codes, study_store: Store) -> None:
    client, path = client_of("anna"), f"/readings/{codes('anna')[0]}/interactions"
    part = {"visit": "0123456789abcdef", "part": 1, "stage": 1, "events": [[5, "t", 1], [2, "k", 1, 9]]}
    assert client.write("POST", path, part).json() == {"kept": True}
    assert client.write("POST", path, part).json() == {"kept": False}
    assert interactions(study_store).event.tolist() == ["t", "k"]
    for wrong in ({**part, "events": [[5, "x", 1]]}, {**part, "more": 1}, {}):
        assert client.write("POST", path, wrong).status == 422
    assert client_of("ben").write("POST", path, part).status == 404


def test_a_ranking_is_drafted_and_signed_where_the_protocol_asks(
    client_of: SignIn, codes: Codes, study_store: Store
) -> None:
    plan = protocol(study_store)
    amend(study_store, replace(plan, ranking_asked=True), "ranking")
    client, code = client_of("anna"), codes("anna")[0]
    assert client.get(f"/readings/{code}").json()["ranking_asked"] is True
    assert client.write("PUT", f"/readings/{code}/draft", {**DRAFT, "ranking": [4, 5]}).status == 200
    assert client.write("POST", f"/readings/{code}/sign", ENTRY).status == 422
    assert client.write("POST", f"/readings/{code}/sign", {**ENTRY, "ranking": [4, 5]}).status == 200
    assert client.get(f"/readings/{code}").json()["signed"]["ranking"] == [4, 5]


def test_an_unaided_study_never_shows_an_opinion(client_of: SignIn, codes: Codes, study_store: Store) -> None:
    study_store.add_predictions("D", "ab" * 32, [1, 2, 3, 4, 5], [0] * 5, [[0.25, 0.75]] * 5)
    client, code = client_of("anna"), codes("anna")[0]
    for _ in range(2):
        assert client.write("POST", f"/opinions/{code}", {}).status == 404
        client.write("POST", f"/readings/{code}/sign", ENTRY)
