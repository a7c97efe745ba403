"""What a browser is told when the study cannot be written: an error it can wait on, and the draft stays."""

from __future__ import annotations

import sqlite3

import pytest

from dls.study.database import Database
from dls.study.reading import assignment
from dls.study.store import Store
from tests.ui.conftest import SignIn
from tests.ui.routes.test_readings import DRAFT, ENTRY, Codes


@pytest.mark.parametrize("message", ["database or disk is full", "attempt to write a readonly database"])
def test_a_signature_that_cannot_be_stored_is_no_success(
    client_of: SignIn, codes: Codes, study_store: Store, monkeypatch: pytest.MonkeyPatch, message: str
) -> None:
    client, code = client_of("anna"), codes("anna")[0]
    assert client.write("PUT", f"/readings/{code}/draft", DRAFT).status == 200
    connect = Database._connect

    class Refusing(sqlite3.Connection):
        def execute(self, sql: str, *arguments):  # type: ignore[no-untyped-def]
            if sql.startswith(("BEGIN IMMEDIATE", "INSERT", "UPDATE")):
                raise sqlite3.OperationalError(message)
            return super().execute(sql, *arguments)

    def refusing(self: Database) -> sqlite3.Connection:
        connect(self).close()
        connection = sqlite3.connect(self.path, factory=Refusing, isolation_level=None)
        connection.row_factory = sqlite3.Row
        return connection

    with monkeypatch.context() as patched:
        patched.setattr(Database, "_connect", refusing)
        answer = client.write("POST", f"/readings/{code}/sign", ENTRY)
        assert answer.status == 503
        assert "nothing was saved" in answer.json()["error"]
        assert str(study_store.path.parent) not in answer.body.decode()
    assert assignment(study_store, 1, code).draft == DRAFT
    assert client.write("POST", f"/readings/{code}/sign", ENTRY).status == 200
