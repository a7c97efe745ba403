"""Accounts that sign in through an outside provider (OpenID Connect).

An identity is the pair of issuer and subject, linked to an account by an administrator or at the first
sign-in by a verified e-mail address that is the account's user name.  Nobody gets an account this way.

Source: OpenID Connect Core 1.0, section 5.7 (only issuer and subject identify a person).
"""

from __future__ import annotations

import secrets
import sqlite3
from dataclasses import dataclass
from datetime import timedelta

from dls.errors import AccessError, ConflictError, InputError
from dls.study import audit
from dls.study.accounts import fingerprint, open_session
from dls.study.database import Database, timestamp

REQUEST_LASTS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class ProviderRequest:
    """A sign-in under way at the provider: what the answer must bring back, or is checked with."""

    state: str
    nonce: str
    verifier: str


def begin_request(database: Database) -> ProviderRequest:
    """Remember a new request to the provider, for ten minutes and one answer."""
    made = ProviderRequest(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(64))
    now = database.clock()
    with database.write() as connection:
        connection.execute("DELETE FROM provider_request WHERE expires_at < ?", (timestamp(now),))
        connection.execute(
            "INSERT INTO provider_request VALUES (?, ?, ?, ?)",
            (fingerprint(made.state), made.nonce, made.verifier, timestamp(now + REQUEST_LASTS)),
        )
    return made


def end_request(database: Database, state: str) -> ProviderRequest:
    """The request that an answer belongs to; it can be answered once.

    Raises
    ------
    AccessError
        when there is none, or it took too long.
    """
    with database.write() as connection:
        row = connection.execute(
            "DELETE FROM provider_request WHERE state_sha256 = ? RETURNING nonce, verifier, expires_at",
            (fingerprint(state),),
        ).fetchone()
    if row is None or row["expires_at"] < database.now():
        raise AccessError("The sign-in took too long or was not begun here", remedy="sign in again")
    return ProviderRequest(state, row["nonce"], row["verifier"])


def link_identity(
    database: Database, account_id: int, issuer: str, subject: str, by: int | None = None
) -> None:
    """Let a person of a provider sign in to an account.

    Raises
    ------
    InputError
        when issuer or subject is missing, or there is no such account.
    ConflictError
        when the identity belongs to an account already.
    """
    if not issuer or not subject:
        raise InputError("An identity needs an issuer and a subject")
    now = database.now()
    with database.write() as connection:
        _link(connection, account_id, issuer, subject, now, by=by)


def sign_in_identity(database: Database, issuer: str, subject: str, verified_email: str | None = None) -> str:
    """Token of a new sign-in for a person whom the provider has authenticated.

    Parameters
    ----------
    verified_email : the address that the provider has verified; links the identity at the first sign-in to
        the account whose user name it is

    Raises
    ------
    AccessError
        when the identity has no account, or that is disabled.
    """
    now, token = database.clock(), secrets.token_urlsafe(32)
    with database.write() as connection:
        row = connection.execute(
            "SELECT a.id, a.disabled FROM identity i JOIN account a ON a.id = i.account_id "
            "WHERE i.issuer = ? AND i.subject = ?",
            (issuer, subject),
        ).fetchone()
        if row is None and verified_email:
            row = connection.execute(
                "SELECT a.id, a.disabled FROM account a WHERE a.username = ? AND NOT EXISTS "
                "(SELECT 1 FROM identity i WHERE i.account_id = a.id AND i.issuer = ?)",
                (verified_email.strip().lower(), issuer),
            ).fetchone()
            if row is not None:
                _link(connection, row["id"], issuer, subject, timestamp(now))
        accepted = row is not None and not row["disabled"]
        if accepted:
            open_session(connection, row["id"], token, now, provider=issuer)
        else:
            actor = row["id"] if row else None
            audit.append(connection, timestamp(now), "sign-in.refused", actor, {"provider": issuer})
    if not accepted:
        raise AccessError(
            "There is no account for you in this study", remedy="ask an administrator for an invitation"
        )
    return token


def _link(
    connection: sqlite3.Connection,
    account_id: int,
    issuer: str,
    subject: str,
    now: str,
    *,
    by: int | None = None,
) -> None:
    row = (account_id, issuer, subject, now)
    try:
        mark = audit.insert(connection, "identity", audit.SEALED["identity"][1:], [row])
    except sqlite3.IntegrityError as error:
        if "FOREIGN KEY" in str(error):
            raise InputError("There is no such account", got=str(account_id)) from error
        raise ConflictError("This identity belongs to an account already") from error
    audit.append(connection, now, "identity.link", by, {"account": account_id, "provider": issuer}, mark)
