"""Sign-in at an outside provider: OpenID Connect, authorization code with PKCE.

Configured by `[sign_in]` of the server's configuration (`oidc_issuer`, `oidc_client_id`, `oidc_secret_file`:
none for a public client) and by its `url`, the address under which people open the application.  The
provider says who somebody is; whether they have an account, and which role, the study's own database says.

Sources: OpenID Connect Core 1.0, sections 3.1.2-3.1.3; RFC 7636 (PKCE); RFC 9700 (best practice).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from dls.errors import AccessError, InputError
from dls.study.database import Database
from dls.study.identity import ProviderRequest, begin_request, end_request, sign_in_identity
from dls.ui import context

ANSWER_PATH = "/sign-in/provider/answer"
ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
TIMEOUT_S = 10
LEEWAY_S = 60


@dataclass(frozen=True, slots=True)
class Provider:
    """A configured provider; `url` is the application's own address."""

    issuer: str
    client_id: str
    secret: str | None
    url: str

    @property
    def redirect_uri(self) -> str:
        """Where the provider sends people back to."""
        return self.url.rstrip("/") + ANSWER_PATH


def provider() -> Provider | None:
    """The provider of the configuration; None when none is configured.

    Raises
    ------
    InputError
        when the configuration is incomplete, or not over TLS outside this machine.
    """
    found = context.settings()
    issuer, client_id, url = found.oidc_issuer, found.oidc_client_id, found.url
    if not issuer:
        return None
    if not client_id or not url:
        raise InputError(
            "The sign-in provider is not fully configured", expected="sign_in.oidc_client_id and url"
        )
    for address in (issuer, url):
        if not address.startswith(("https://", "http://localhost", "http://127.0.0.1")):
            raise InputError("The sign-in provider must be reached over TLS", got=address)
    file = found.oidc_secret_file
    secret = file.read_text().strip() if file else None
    return Provider(issuer.rstrip("/"), client_id, secret, url)


def authorization_url(database: Database, chosen: Provider) -> tuple[str, str]:
    """Address at the provider to send somebody to, and the state that their browser keeps.

    Raises
    ------
    AccessError
        when the provider cannot be reached, or does not say where people sign in.
    """
    made = begin_request(database)
    client = _client(chosen)
    url, _ = client.create_authorization_url(
        _metadata(chosen)["authorization_endpoint"],
        state=made.state,
        code_verifier=made.verifier,
        nonce=made.nonce,
    )
    return str(url), made.state


def sign_in_answer(database: Database, chosen: Provider, answer_url: str, state: str) -> str:
    """Token of the session that the provider's answer leads to.

    Raises
    ------
    AccessError
        when the answer is not one to a request made here, is an error, or proves no identity; or when that
        identity has no account.
    """
    asked = end_request(database, state)
    claims = _identity_claims(chosen, answer_url, asked)
    verified = claims.get("email") if claims.get("email_verified") is True else None
    return sign_in_identity(database, claims["iss"], claims["sub"], verified)


def _identity_claims(chosen: Provider, answer_url: str, asked: ProviderRequest) -> dict[str, Any]:
    """Verified claims of the ID token: signature, issuer, audience, time and nonce."""
    metadata = _metadata(chosen)
    try:
        token = _client(chosen).fetch_token(
            metadata["token_endpoint"],
            authorization_response=answer_url,
            state=asked.state,
            code_verifier=asked.verifier,
            timeout=TIMEOUT_S,
        )
        keys = KeySet.import_key_set(_fetched(metadata["jwks_uri"]))
        decoded = jwt.decode(token["id_token"], keys, algorithms=ALGORITHMS)
        jwt.JWTClaimsRegistry(
            leeway=LEEWAY_S,
            iss={"essential": True, "value": metadata["issuer"]},
            aud={"essential": True, "value": chosen.client_id},
            exp={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": asked.nonce},
        ).validate(decoded.claims)
    except (AuthlibBaseError, JoseError, requests.RequestException, KeyError, ValueError) as error:
        raise AccessError("The provider's answer proves no identity", got=type(error).__name__) from error
    return dict(decoded.claims)


def _client(chosen: Provider) -> OAuth2Session:
    return OAuth2Session(
        chosen.client_id,
        chosen.secret,
        scope="openid email",
        redirect_uri=chosen.redirect_uri,
        code_challenge_method="S256",
        token_endpoint_auth_method="client_secret_basic" if chosen.secret else "none",
    )


def _metadata(chosen: Provider) -> dict[str, Any]:
    """What the provider says of itself (OpenID Connect Discovery 1.0, section 3)."""
    metadata = _fetched(f"{chosen.issuer}/.well-known/openid-configuration")
    said = metadata if isinstance(metadata, dict) else {}
    missing = [name for name in ("issuer", *ENDPOINTS) if not isinstance(said.get(name), str)]
    if missing:
        raise AccessError("The sign-in provider does not describe itself", expected=", ".join(missing))
    if metadata["issuer"].rstrip("/") != chosen.issuer:
        raise AccessError("The provider names another issuer", expected=chosen.issuer)
    return metadata


def _fetched(url: str) -> Any:
    try:
        answer = requests.get(url, timeout=TIMEOUT_S, allow_redirects=False)
        answer.raise_for_status()
        return answer.json()
    except (requests.RequestException, ValueError) as error:
        raise AccessError("The sign-in provider cannot be reached", got=type(error).__name__) from error
