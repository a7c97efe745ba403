"""Invitations: a new person gets a link that works once and for a few days, and chooses a password there.

The database keeps only the SHA-256 of the link's secret.  A new invitation makes the one before worthless,
and is also the way to a new password for somebody who has forgotten it.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from dls.errors import AccessError, InputError
from dls.study import audit
from dls.study.accounts import Account, account_numbered, fingerprint, set_password
from dls.study.database import Database, timestamp

LASTS = timedelta(days=7)


def invite(database: Database, account_id: int, by: int | None = None) -> str:
    """Secret of a new invitation, for the link that is sent to the person.

    Raises
    ------
    InputError
        when there is no such account, or it is disabled.
    """
    token, now = secrets.token_urlsafe(32), database.clock()
    with database.write() as connection:
        found = connection.execute("SELECT disabled FROM account WHERE id = ?", (account_id,)).fetchone()
        if found is None or found["disabled"]:
            raise InputError("There is no such account, or it is disabled", got=str(account_id))
        connection.execute("DELETE FROM invitation WHERE account_id = ?", (account_id,))
        connection.execute(
            "INSERT INTO invitation (account_id, token_sha256, expires_at) VALUES (?, ?, ?)",
            (account_id, fingerprint(token), timestamp(now + LASTS)),
        )
        audit.append(connection, timestamp(now), "account.invite", by, {"account": account_id})
    return token


def invited(database: Database, token: str) -> Account:
    """The person whom an invitation is for.

    Raises
    ------
    AccessError
        when it is unknown, used, replaced or too old; which of these is not told.
    """
    with database.read() as connection:
        row = connection.execute(
            "SELECT i.account_id FROM invitation i JOIN account a ON a.id = i.account_id "
            "WHERE i.token_sha256 = ? AND i.expires_at > ? AND a.disabled = 0",
            (fingerprint(token), database.now()),
        ).fetchone()
    if row is None:
        raise _unusable()
    return account_numbered(database, row["account_id"])


def accept(database: Database, token: str, password: str) -> Account:
    """Set the password that an invited person chose; the invitation is used up.

    Raises
    ------
    AccessError
        when the invitation cannot be used.
    InputError
        when the password does not do; the invitation stays.
    """
    person = invited(database, token)
    set_password(database, person.id, password, by=person.id, invitation=fingerprint(token))
    return person


def _unusable() -> AccessError:
    return AccessError("This invitation cannot be used any more", remedy="ask an administrator for a new one")
