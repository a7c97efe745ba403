from collections.abc import Callable
from dataclasses import replace

import pytest

from dls.study.accounts import add_account
from dls.study.adjudication import adjudicator_queue
from dls.study.protocol import amend, protocol
from dls.study.reading import worklist
from dls.study.store import Store
from tests.ui.conftest import SignIn
from tests.ui.reading_study import PASSWORD
from tests.ui.routes.test_readings import ENTRY

Codes = Callable[[str], list[str]]
DECISION = {"lesion_class": 4, "reason": "washout", "seconds": 30}


@pytest.fixture
def disputed(client_of: SignIn, study_store: Store) -> dict[str, str]:
    """A case that both readers signed with different classes: its code by reader."""
    wanted = worklist(study_store, 1)[0].case_id
    found = {}
    for number, (name, called) in enumerate((("anna", 4), ("ben", 1)), start=1):
        found[name] = next(a.code for a in worklist(study_store, number) if a.case_id == wanted)
        client_of(name).write("POST", f"/readings/{found[name]}/sign", {**ENTRY, "lesion_class": called})
    return found


def test_the_answers_are_shown_without_names(client_of: SignIn, disputed: dict[str, str]) -> None:
    for name in ("anna", "ben"):
        content = client_of(name).get(f"/consensus/{disputed[name]}").json()
        assert content["answers"] == [1, 4]
        assert content["left"] == 1
        assert "reader" not in str(content).lower()


def test_hidden_until_every_reader_has_signed(client_of: SignIn, codes: Codes) -> None:
    client, code = client_of("anna"), codes("anna")[0]
    client.write("POST", f"/readings/{code}/sign", ENTRY)
    assert client.get(f"/consensus/{code}").status == 404
    assert client.write("POST", f"/consensus/{code}/decide", DECISION).status == 404


def test_a_decision_is_stored_once_and_the_readings_stay(
    client_of: SignIn, disputed: dict[str, str], study_store: Store
) -> None:
    path = f"/consensus/{disputed['ben']}/decide"
    assert client_of("ben").write("POST", path, DECISION).json()["next"] is None
    assert study_store.consensus()[["lesion_class", "mode", "simulated"]].values.tolist() == [
        [4, "joint", False]
    ]
    assert sorted(study_store.readings().lesion_class) == [1, 4]
    assert client_of("anna").write("POST", f"/consensus/{disputed['anna']}/decide", DECISION).status == 404


@pytest.mark.parametrize(
    "wrong", [{"seconds": "30"}, {"seconds": True}, {"lesion_class": 9}, {"mode": "majority"}]
)
def test_a_decision_that_is_none(
    client_of: SignIn, disputed: dict[str, str], study_store: Store, wrong: dict[str, object]
) -> None:
    answer = client_of("anna").write("POST", f"/consensus/{disputed['anna']}/decide", {**DECISION, **wrong})
    assert answer.status == 422
    assert study_store.consensus().empty


@pytest.fixture
def reread(disputed: dict[str, str], study_store: Store) -> dict[str, str]:
    """The same under a protocol that asks for second readings."""
    amend(study_store, replace(protocol(study_store), consensus_reread=True), "read again first")
    return disputed


def test_no_answer_leaves_the_server_before_all_have_read_again(
    client_of: SignIn, reread: dict[str, str], study_store: Store
) -> None:
    anna, ben = client_of("anna"), client_of("ben")
    own = {"anna": f"/consensus/{reread['anna']}", "ben": f"/consensus/{reread['ben']}"}
    seen = [anna.get(own["anna"]).json(), ben.get(own["ben"]).json()]
    assert anna.write("POST", f"{own['anna']}/reread", {**DECISION, "lesion_class": 1}).status == 200
    assert anna.write("POST", f"{own['anna']}/reread", DECISION).status == 409
    assert anna.write("POST", f"{own['anna']}/decide", DECISION).status == 409
    assert anna.write("POST", f"/consensus/{reread['ben']}/reread", DECISION).status == 404
    seen += [anna.get(own["anna"]).json(), ben.get(own["ben"]).json()]
    assert [content["due"] for content in seen] == ["reread", "reread", "waiting", "reread"]
    assert all(content["answers"] == content["rereads"] == [] for content in seen)
    assert anna.get(f"{own['anna']}/state").json() == {"due": "waiting", "of": 2, "reread": 1, "here": 1}
    assert ben.get(f"{own['ben']}/state").json() == {"due": "reread", "of": 2, "reread": 1, "here": 2}
    ben.write("POST", f"{own['ben']}/reread", {**DECISION, "lesion_class": 2})
    released = anna.get(own["anna"]).json()
    assert (released["due"], released["answers"], released["rereads"]) == ("decision", [1, 4], [1, 2])
    ben.write("POST", f"{own['ben']}/decide", DECISION)
    told = anna.get(f"{own['anna']}/state").json()
    assert told == {"due": "nothing", "mode": "joint", "decided": "HCC", "next": None}
    assert study_store.consensus().lesion_class.tolist() == [4]


def test_the_state_of_a_case_that_is_not_disputed_is_nobodys(client_of: SignIn, codes: Codes) -> None:
    for code in (*codes("anna"), *codes("ben"), "unknown"):
        assert client_of("anna").get(f"/consensus/{code}/state").status == 404


def test_an_adjudicator_decides_on_images_of_its_own_address(
    client_of: SignIn, disputed: dict[str, str], study_store: Store
) -> None:
    senior = add_account(study_store, "senior", "Senior", "reader", PASSWORD).id
    plan = replace(protocol(study_store), consensus_mode="adjudicator", adjudicators=(senior,))
    amend(study_store, plan, "an adjudicator was found")
    assert client_of("anna").get(f"/consensus/{disputed['anna']}").status == 404
    (waiting,) = adjudicator_queue(study_store, senior)
    client = client_of("senior")
    content = client.get(f"/consensus/{waiting.code}").json()
    assert (content["answers"], content["alone"], content["due"]) == ([1, 4], True, "decision")
    image = "/" + content["series"][0]["url"]
    assert client.get(image).status == 200
    assert client_of("anna").get(image).status == 404
    assert client.get(image.replace(str(waiting.code), disputed["anna"])).status == 404
    assert client.write("POST", f"/consensus/{waiting.code}/decide", DECISION).json()["next"] is None
    assert client.get(f"/consensus/{waiting.code}/state").json()["decided"] == "HCC"
    assert study_store.consensus()["mode"].tolist() == ["adjudicator"]
