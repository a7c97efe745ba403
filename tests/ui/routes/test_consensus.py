from collections.abc import Callable

import pytest

from dls.study.reading import worklist
from dls.study.store import Store
from tests.ui.conftest import SignIn
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
