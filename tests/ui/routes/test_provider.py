"""Sign-in at an outside provider, against a small one in this process."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from dls.study.accounts import account_named, account_of, add_account, disable
from dls.study.audit import verify
from dls.study.identity import link_identity
from dls.study.store import Store
from tests.ui.asgi import Answer, Client

EMAIL = "ida@clinic.example"


@dataclass
class SmallProvider:
    """An authorization server that signs in one person; `lies` replaces claims of its ID token.

    It leaves `unsaid` out of what it says of itself.
    """

    url: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "1"}))
    signing_key: RSAKey | None = None
    lies: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    unsaid: tuple[str, ...] = ()

    def authorize(self, address: str) -> dict[str, str]:
        """What the person's browser brings back after agreeing."""
        asked = {k: v[0] for k, v in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def token(self, form: dict[str, str]) -> dict[str, Any] | None:
        asked = self.codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or challenge != asked["code_challenge"]:
            return None
        assert form["redirect_uri"] == asked["redirect_uri"]
        claims = {
            "iss": self.url,
            "aud": asked["client_id"],
            "sub": "person-7",
            "nonce": asked["nonce"],
            "exp": int(time.time()) + 300,
            "iat": int(time.time()),
            "email": EMAIL,
            "email_verified": True,
            **self.lies,
        }
        signed = jwt.encode({"alg": "RS256", "kid": "1"}, claims, self.signing_key or self.key)
        return {"access_token": "a", "token_type": "Bearer", "id_token": signed}

    def documents(self) -> dict[str, Any]:
        said = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
        }
        return {
            "/.well-known/openid-configuration": {k: v for k, v in said.items() if k not in self.unsaid},
            "/keys": {"keys": [self.key.as_dict(private=False)]},
        }


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallProvider]:
    small = SmallProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(small.documents().get(self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._answer(small.token({k: v[0] for k, v in parse_qs(body).items()}))

        def _answer(self, content: Any) -> None:
            body = json.dumps(content or {"error": "invalid_grant"}).encode()
            self.send_response(200 if content else 400)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    small.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("DLS_OIDC_ISSUER", small.url)
    monkeypatch.setenv("DLS_OIDC_CLIENT_ID", "liver-study")
    monkeypatch.setenv("DLS_URL", "http://localhost:8501")
    yield small
    server.shutdown()
    thread.join()
    server.server_close()


def come_back(anyone: Client, provider: SmallProvider, **changed: str) -> Answer:
    """Go to the provider, agree there, and come back with its answer."""
    sent = anyone.get("/sign-in/provider")
    assert sent.status == 303
    cookie = changed.pop("cookie", sent.headers["set-cookie"].split(";")[0])
    answer = {**provider.authorize(sent.headers["location"]), **changed}
    query = "&".join(f"{k}={v}" for k, v in answer.items())
    return anyone.get(f"/sign-in/provider/answer?{query}", cookie=cookie)


def test_the_sign_in_page_offers_the_provider_where_one_is_configured(
    anyone: Client, provider: SmallProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert b"/sign-in/provider" in anyone.get("/sign-in").body
    monkeypatch.delenv("DLS_OIDC_ISSUER")
    assert b"/sign-in/provider" not in anyone.get("/sign-in").body
    assert anyone.get("/sign-in/provider").status == 403


def test_a_linked_person_is_signed_in(anyone: Client, provider: SmallProvider, study_store: Store) -> None:
    anna = account_named(study_store, "anna")
    link_identity(study_store, anna.id, provider.url, "person-7")
    answer = come_back(anyone, provider)
    assert answer.status == 200
    assert "dls_session=" in answer.headers["set-cookie"]
    assert b"url=/" in answer.body
    with study_store.read() as connection:
        row = connection.execute("SELECT account_id FROM sign_in ORDER BY id DESC").fetchone()
    assert row["account_id"] == anna.id
    assert verify(study_store).ok


def test_a_verified_address_links_its_account_once(
    anyone: Client, provider: SmallProvider, study_store: Store
) -> None:
    ida = add_account(study_store, EMAIL, "Ida", "investigator", None)
    assert come_back(anyone, provider).status == 200
    provider.lies = {"sub": "somebody-else"}
    assert come_back(anyone, provider).status == 403
    provider.lies = {"email_verified": False}
    assert come_back(anyone, provider).status == 200
    disable(study_store, ida.id)
    assert come_back(anyone, provider).status == 403


def test_a_stranger_gets_no_account(anyone: Client, provider: SmallProvider) -> None:
    answer = come_back(anyone, provider)
    assert answer.status == 403
    assert b"no account for you" in answer.body


@pytest.mark.parametrize(
    "lies",
    [
        {"iss": "http://elsewhere"},
        {"aud": "another-client"},
        {"nonce": "replayed"},
        {"exp": 1000},
        {"sub": None},
    ],
)
def test_a_token_that_proves_nothing_is_refused(
    anyone: Client, provider: SmallProvider, study_store: Store, lies: dict[str, Any]
) -> None:
    link_identity(study_store, 1, provider.url, "person-7")
    provider.lies = lies
    answer = come_back(anyone, provider)
    assert answer.status == 403
    assert b"proves no identity" in answer.body


def test_a_token_signed_by_somebody_else_is_refused(
    anyone: Client, provider: SmallProvider, study_store: Store
) -> None:
    link_identity(study_store, 1, provider.url, "person-7")
    provider.signing_key = RSAKey.generate_key(2048, {"kid": "1"})
    assert b"proves no identity" in come_back(anyone, provider).body


@pytest.mark.parametrize(
    "changed", [{"state": "forged"}, {"cookie": "dls_provider=forged"}, {"cookie": ""}, {"code": "guessed"}]
)
def test_an_answer_to_another_request_is_refused(
    anyone: Client, provider: SmallProvider, study_store: Store, changed: dict[str, str]
) -> None:
    link_identity(study_store, 1, provider.url, "person-7")
    assert come_back(anyone, provider, **changed).status == 403


def test_an_answer_works_once(anyone: Client, provider: SmallProvider, study_store: Store) -> None:
    link_identity(study_store, 1, provider.url, "person-7")
    sent = anyone.get("/sign-in/provider")
    cookie = sent.headers["set-cookie"].split(";")[0]
    answer = provider.authorize(sent.headers["location"])
    path = f"/sign-in/provider/answer?code={answer['code']}&state={answer['state']}"
    assert anyone.get(path, cookie=cookie).status == 200
    assert b"took too long or was not begun here" in anyone.get(path, cookie=cookie).body


@pytest.mark.parametrize(
    ("name", "value"),
    [("DLS_OIDC_ISSUER", "http://login.example"), ("DLS_URL", "http://study.example"), ("DLS_URL", "")],
)
def test_a_provider_without_tls_or_half_configured_is_refused(
    anyone: Client, provider: SmallProvider, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert anyone.get("/sign-in/provider").status == 403


def test_a_provider_that_is_down_is_named(
    anyone: Client, provider: SmallProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DLS_OIDC_ISSUER", "http://127.0.0.1:9")
    assert b"cannot be reached" in anyone.get("/sign-in/provider").body


@pytest.mark.parametrize("missing", ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"])
def test_a_provider_that_does_not_describe_itself_is_refused(
    anyone: Client, provider: SmallProvider, missing: str
) -> None:
    provider.unsaid = (missing,)
    refused = anyone.get("/sign-in/provider")
    assert refused.status == 403
    assert f"does not describe itself. Expected: {missing}".encode() in refused.body


def test_a_session_of_this_kind_is_an_ordinary_one(
    anyone: Client, provider: SmallProvider, study_store: Store
) -> None:
    from dls.study.accounts import revoke_sign_ins
    from dls.study.identity import sign_in_identity

    link_identity(study_store, 1, provider.url, "person-7")
    token = sign_in_identity(study_store, provider.url, "person-7")
    assert account_of(study_store, token) is not None
    assert revoke_sign_ins(study_store, 1) == 1
    assert account_of(study_store, token) is None
