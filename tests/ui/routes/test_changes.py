from collections.abc import Callable

import pytest

from dls.nn.config import DEMO
from dls.nn.run_folder import open_run
from dls.study.store import Store
from tests.ui.asgi import Client
from tests.ui.conftest import SignIn
from tests.ui.routes.test_readings import DRAFT, ENTRY


def test_a_signature_counts_and_a_draft_does_not(
    client_of: SignIn, codes: Callable[[str], list[str]], anyone: Client
) -> None:
    reader, watcher, code = client_of("anna"), client_of("ines"), codes("anna")[0]

    def counter() -> str:
        return watcher.get("/changes").json()["counter"]

    before = counter()
    reader.write("PUT", f"/readings/{code}/draft", DRAFT)
    assert counter() == before
    reader.write("POST", f"/readings/{code}/sign", ENTRY)
    assert counter() != before
    assert anyone.get("/changes").status == 401


@pytest.mark.parametrize("who", ["anna", "ines", "adam"])
def test_everybody_who_is_signed_in_may_follow(client_of: SignIn, who: str) -> None:
    assert client_of(who).get("/changes").status == 200


def test_a_training_counts_for_those_who_may_see_it(
    client_of: SignIn, anyone: Client, study_store: Store
) -> None:
    ines = client_of("ines")
    assert ines.get("/training/changes").json() == {"counter": 0}
    open_run(study_store.path.parent / "training" / "run", DEMO, "abc", "2020-05-01")
    assert ines.get("/training/changes").json()["counter"] > 0
    assert client_of("anna").get("/training/changes").status == 404
    assert anyone.get("/training/changes").status == 401
