from collections.abc import Callable

import pytest

from tests.ui.asgi import Client
from tests.ui.conftest import SignIn

Codes = Callable[[str], list[str]]


def test_investigators_get_a_picture_that_nobody_may_keep(client_of: SignIn) -> None:
    answer = client_of("ines").get("/thumbnails/1/t2")
    assert answer.status == 200
    assert answer.body.startswith(b"\x89PNG")
    assert answer.headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize("path", ["/thumbnails/1/t2", "/thumbnails/999/t2"])
def test_readers_learn_nothing(client_of: SignIn, path: str) -> None:
    answer = client_of("anna").get(path)
    assert (answer.status, answer.json()) == (404, {"error": "There is nothing here"})


def test_nobody_without_a_session(anyone: Client) -> None:
    assert anyone.get("/thumbnails/1/t2").status in {401, 303}


@pytest.mark.parametrize("path", ["/thumbnails/1/t9", "/thumbnails/999/t2", "/thumbnails/x/t2"])
def test_what_is_not_there(client_of: SignIn, path: str) -> None:
    assert client_of("ines").get(path).status in {404, 422}
