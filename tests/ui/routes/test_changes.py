from collections.abc import Callable

import pytest

from tests.ui.asgi import Client
from tests.ui.conftest import SignIn
from tests.ui.routes.test_readings import DRAFT, ENTRY


def test_a_signature_counts_and_a_draft_does_not(
    client_of: SignIn, codes: Callable[[str], list[str]], anyone: Client
) -> None:
    reader, watcher, code = client_of("anna"), client_of("ines"), codes("anna")[0]

    def counter() -> int:
        return watcher.get("/changes").json()["counter"]

    before = counter()
    reader.write("PUT", f"/readings/{code}/draft", DRAFT)
    assert counter() == before
    reader.write("POST", f"/readings/{code}/sign", ENTRY)
    assert counter() > before
    assert anyone.get("/changes").status == 401


@pytest.mark.parametrize("who", ["anna", "ines", "adam"])
def test_everybody_who_is_signed_in_may_follow(client_of: SignIn, who: str) -> None:
    assert client_of(who).get("/changes").status == 200
