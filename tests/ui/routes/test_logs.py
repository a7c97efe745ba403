"""What the server writes into its logs: nothing that identifies a patient, nothing that opens a door."""

from __future__ import annotations

import json
import logging
from urllib.parse import urlencode

import pytest

from dls.errors import StorageError
from dls.study.accounts import add_account
from dls.study.audit import trail
from dls.study.invitation import invite
from dls.study.reading import worklist
from dls.study.store import Store
from dls.ui.routes import readings
from tests.ui.asgi import Client
from tests.ui.conftest import SignIn
from tests.ui.reading_study import PASSWORD
from tests.ui.routes.test_readings import DRAFT, ENTRY, Codes

SECRET_COMMENT = "Mrs Example, born 1950-01-01"


def form(anyone: Client, path: str, **fields: str) -> int:
    body = urlencode({**fields, "form": "abc"}).encode()
    own = {"origin": "http://study", "cookie": "dls_form=abc"}
    return anyone.send("POST", path, body, own).status


def test_no_log_holds_a_secret_or_a_patient(
    anyone: Client,
    client_of: SignIn,
    study_store: Store,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    client, code = client_of("anna"), worklist(study_store, 1)[0].code
    token = invite(study_store, add_account(study_store, "cleo", "Cleo", "reader", None).id)
    assert form(anyone, "/sign-in", username="anna", password="a wrong password") == 403
    assert form(anyone, "/sign-in", username="anna", password=PASSWORD) == 303
    chosen = {"password": "my-own-choice", "again": "my-own-choice"}
    assert form(anyone, "/sign-in/invitation", token=token, **chosen) == 303
    assert client.get(f"/readings/{code}").status == 200
    client.write("PUT", f"/readings/{code}/draft", {**DRAFT, "comment": SECRET_COMMENT})
    client.write("PUT", f"/readings/{code}/draft", {"patient": SECRET_COMMENT})

    def full(*_: object, **__: object) -> None:
        raise StorageError("The disk takes no more", got=f"{study_store.path}")

    monkeypatch.setattr(readings, "sign", full)
    assert client.write("POST", f"/readings/{code}/sign", {**ENTRY, "comment": SECRET_COMMENT}).status == 503
    monkeypatch.undo()
    assert client.get("/sign-out").status == 303
    assert client.token is not None
    secrets = [
        PASSWORD,
        "a wrong password",
        "my-own-choice",
        token,
        client.token,
        "Mrs Example",
        "SECRET-0",
    ]
    log, entries = caplog.text, json.dumps(trail(study_store))
    assert "takes no more" in log
    for secret in secrets:
        assert secret not in log
        assert secret not in entries


def test_every_answer_carries_the_security_headers(anyone: Client, client_of: SignIn, codes: Codes) -> None:
    client = client_of("anna")
    for answer in (anyone.get("/sign-in"), anyone.get("/"), client.get(f"/readings/{codes('anna')[0]}")):
        policy = answer.headers["content-security-policy"]
        for part in (
            "default-src 'self'",
            "frame-ancestors 'none'",
            "object-src 'none'",
            "form-action 'self'",
        ):
            assert part in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["x-frame-options"] == "DENY"
        assert "no-store" in answer.headers.get("cache-control", "no-store")
