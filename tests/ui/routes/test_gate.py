import shutil
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from dls.study.store import Store
from dls.ui.routes.gate import Gate
from tests.ui.asgi import Client, run
from tests.ui.conftest import SignIn


@pytest.mark.parametrize("path", ["/", "/accuracy", "/media/x.png", "/_stcore/stream", "/images/a/t2"])
def test_nothing_behind_the_gate_without_a_session(anyone: Client, path: str) -> None:
    assert anyone.get(path).status == 401
    sent_away = anyone.get(path, accept="text/html")
    assert (sent_away.status, sent_away.headers["location"]) == (303, "/sign-in")


def test_a_forged_cookie_opens_nothing(anyone: Client, client_of: SignIn) -> None:
    token = client_of("anna").token
    assert token is not None
    for forged in ("", "x", token[:-1] + ("A" if token[-1] != "A" else "B"), token.upper()):
        assert Client(anyone.app, forged).get("/readings/x").status == 401


def test_the_way_in_is_open_and_answers_carry_security_headers(anyone: Client) -> None:
    answer = anyone.get("/sign-in")
    assert answer.status == 200
    assert answer.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_a_websocket_without_a_session_is_closed(anyone: Client) -> None:
    assert connect_websocket() == [{"type": "websocket.close", "code": 4401}]


def test_a_study_that_cannot_be_opened(
    anyone: Client, study_store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    newer = study_store.path.parent / "newer"
    newer.mkdir()
    shutil.copy(study_store.path, newer)
    with closing(sqlite3.connect(newer / "study.db")) as study, study:
        study.execute("UPDATE _sqlite_migrations SET name = 'm999_later' WHERE name LIKE 'm001%'")
    monkeypatch.setenv("DLS_HOME", str(newer))
    for path in ("/", "/sign-in", "/_stcore/health"):
        answer = anyone.get(path, accept="text/html")
        assert answer.status == 503
        assert answer.body == b"The study cannot be opened. The server's log says why and what to do."
    assert "written by a newer version" in caplog.text
    assert connect_websocket() == [{"type": "websocket.close", "code": 1011}]


def connect_websocket() -> list[Any]:
    """What the gate answers to a websocket that it does not let through."""
    sent: list[Any] = []

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    async def never(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("let through")

    scope = {"type": "websocket", "path": "/_stcore/stream", "headers": []}
    run(Gate(never)(scope, receive, send))
    return sent
