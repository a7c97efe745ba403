"""Sign-ins: opened with a password, looked up at every request, ended by time, by hand or by others.

A sign-in is a row of the database that holds only the SHA-256 of its token; so a change of role, a disabled
account or a revocation works at once.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from datetime import datetime, timedelta

from dls.errors import AccessError
from dls.study import audit
from dls.study.database import Database, timestamp
from dls.study.passwords import matches, nobodys_hash
from dls.study.person import Account, account_from
from dls.study.throttle import count_attempt

IDLE_TIMEOUT = timedelta(minutes=60)
LONGEST_SIGN_IN = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)


def sign_in(database: Database, username: str, password: str) -> str:
    """Token of a new sign-in, to be kept in a cookie; the database keeps only its SHA-256.

    An unknown name takes as long as a wrong password, and gets the same answer.

    Raises
    ------
    AccessError
        when name or password is wrong, the account is disabled, or too many attempts failed.
    """
    username = username.strip().lower()
    key = throttle_key(username)
    count_attempt(database, key)
    with database.read() as connection:
        row = connection.execute("SELECT * FROM account WHERE username = ?", (username,)).fetchone()
    right = matches(row["password_hash"] if row else nobodys_hash(database.password_cost), password)
    now, token = database.clock(), secrets.token_urlsafe(32)
    with database.write() as connection:
        # The account is read again: it may have been disabled, or its password changed, in the meantime.
        still = connection.execute(
            "SELECT 1 FROM account WHERE id = ? AND password_hash = ? AND disabled = 0",
            (row["id"], row["password_hash"]) if row else (0, ""),
        ).fetchone()
        accepted = right and still is not None
        if accepted:
            connection.execute("DELETE FROM throttle WHERE key = ?", (key,))
            open_session(connection, row["id"], token, now)
        else:
            audit.append(connection, timestamp(now), "sign-in.refused", row["id"] if row else None, {})
    if not accepted:
        raise AccessError("User name or password is wrong")
    return token


def open_session(
    connection: sqlite3.Connection, account_id: int, token: str, now: datetime, **detail: object
) -> None:
    """Store a sign-in, under a seal, in the caller's transaction; `detail` goes into the trail."""
    opened = connection.execute(
        "INSERT INTO sign_in (token_sha256, account_id, created_at, seen_at, expires_at) "
        "VALUES (?, ?, ?, ?, ?)",
        (
            fingerprint(token),
            account_id,
            timestamp(now),
            timestamp(now),
            timestamp(now + LONGEST_SIGN_IN),
        ),
    ).lastrowid
    assert opened is not None
    mark = audit.seal(connection, "sign_in", opened)
    audit.append(connection, timestamp(now), "sign-in", account_id, detail, mark)


def confirm_password(database: Database, account_id: int, password: str) -> Account:
    """The account, when this is its password: whoever signs a document enters it again.

    Raises
    ------
    AccessError
        when the password is wrong, the account is disabled, or too many attempts failed.
    """
    with database.read() as connection:
        row = connection.execute(
            "SELECT * FROM account WHERE id = ? AND disabled = 0", (account_id,)
        ).fetchone()
    if row is None:
        raise AccessError("There is no such account, or it is disabled")
    key = throttle_key(row["username"])
    count_attempt(database, key)
    if not matches(row["password_hash"], password):
        audit.record(database, "password.refused", account_id, {})
        raise AccessError("The password is wrong; nothing was signed")
    with database.write() as connection:
        connection.execute("DELETE FROM throttle WHERE key = ?", (key,))
    return account_from(row)


def account_of(
    database: Database, token: str | None, idle_timeout: timedelta = IDLE_TIMEOUT
) -> Account | None:
    """The person a token belongs to now; None when it is unknown, forged, expired, idle or revoked."""
    if not token:
        return None
    now = database.clock()
    stored = fingerprint(token)
    with database.read() as connection:
        row = connection.execute(
            "SELECT a.id, a.username, a.name, a.role, s.seen_at "
            "FROM sign_in s JOIN account a ON a.id = s.account_id WHERE s.token_sha256 = ? "
            "AND s.revoked_at IS NULL AND s.expires_at > ? AND s.seen_at > ? AND a.disabled = 0",
            (stored, timestamp(now), timestamp(now - idle_timeout)),
        ).fetchone()
    if row is None:
        return None
    if row["seen_at"] < timestamp(now - SEEN_EVERY):
        with database.write() as connection:
            connection.execute(
                "UPDATE sign_in SET seen_at = ? WHERE token_sha256 = ?", (timestamp(now), stored)
            )
    return account_from(row)


def sign_out(database: Database, token: str | None) -> None:
    """End a sign-in; an unknown token is ignored."""
    now = database.now()
    with database.write() as connection:
        ended = connection.execute(
            "UPDATE sign_in SET revoked_at = ? WHERE token_sha256 = ? AND revoked_at IS NULL "
            "RETURNING account_id",
            (now, fingerprint(token or "")),
        ).fetchall()
        for row in ended:
            audit.append(connection, now, "sign-out", row["account_id"], {})


def revoke_sign_ins(database: Database, account_id: int, by: int | None = None) -> int:
    """End all sign-ins of a person at once, from the next request on; returns how many there were."""
    now = database.now()
    with database.write() as connection:
        ended = revoke(connection, account_id, now)
        audit.append(connection, now, "sign-in.revoke", by, {"account": account_id, "count": ended})
    return ended


def revoke(connection: sqlite3.Connection, account_id: int, now: str) -> int:
    """End all sign-ins of an account; returns how many there were."""
    return connection.execute(
        "UPDATE sign_in SET revoked_at = ? WHERE account_id = ? AND revoked_at IS NULL", (now, account_id)
    ).rowcount


def throttle_key(username: str) -> str:
    """Under what the throttle counts attempts on a name."""
    return hashlib.sha256(username.encode()).hexdigest()


def fingerprint(token: str) -> str:
    """What the database keeps of a secret token: its SHA-256."""
    return hashlib.sha256(token.encode()).hexdigest()
