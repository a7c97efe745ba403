"""People, their passwords and their sign-ins.

Passwords are kept as argon2id hashes (RFC 9106).  A sign-in is a row of the database that holds only
the SHA-256 of its token; it is looked up at every request, so that a change of role, a disabled account or a
revocation works at once.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dls.errors import AccessError, ConflictError, InputError
from dls.study import audit
from dls.study.database import Database, timestamp
from dls.study.passwords import NO_PASSWORD, hashed, matches, nobodys_hash
from dls.study.throttle import count_attempt

IDLE_TIMEOUT = timedelta(minutes=60)
LONGEST_SIGN_IN = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)
USERNAME = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")


class Role(StrEnum):
    """What a person may do."""

    READER = "reader"
    INVESTIGATOR = "investigator"
    ADMINISTRATOR = "administrator"

    @classmethod
    def parse(cls, text: str) -> Role:
        """Role from its name.

        Raises
        ------
        InputError
            when there is no such role.
        """
        if text not in list(cls):
            raise InputError("Unknown role", expected="one of " + ", ".join(cls), got=repr(text))
        return cls(text)


@dataclass(frozen=True, slots=True)
class Account:
    """A person who may sign in."""

    id: int
    username: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """An account as an administrator sees it; `last_seen` is UTC, ISO 8601, or None."""

    account: Account
    disabled: bool
    created_at: str
    last_seen: str | None


def add_account(
    database: Database,
    username: str,
    name: str,
    role: Role | str,
    password: str | None,
    *,
    by: int | None = None,
) -> Account:
    """Add a person; `by` is the account of the administrator who does it.

    Without a password nobody can sign in to the account until it has one (see `invitation`) or an identity.

    Raises
    ------
    InputError
        when the user name, role or password does not do.
    ConflictError
        when the user name is taken.
    """
    username, name, role = username.strip().lower(), name.strip(), Role.parse(role)
    if not USERNAME.fullmatch(username):
        raise InputError(
            "Bad user name", expected="2 to 64 of a-z, 0-9, '.', '_', '@', '-'", got=repr(username)
        )
    if not name:
        raise InputError("The name of the person is missing")
    password_hash = NO_PASSWORD if password is None else hashed(database.password_cost, password)
    now = database.now()
    with database.write() as connection:
        try:
            number = connection.execute(
                "INSERT INTO account (username, name, role, password_hash, created_at) "
                "VALUES (?, ?, ?, ?, ?)",
                (username, name, role.value, password_hash, now),
            ).lastrowid
        except sqlite3.IntegrityError as error:
            raise ConflictError(
                f"There is an account {username!r} already", remedy="choose another user name"
            ) from error
        assert number is not None
        _log(connection, now, "account.add", by, number, role=role.value)
    return Account(number, username, name, role)


def sign_in(database: Database, username: str, password: str) -> str:
    """Token of a new sign-in, to be kept in a cookie; the database keeps only its SHA-256.

    An unknown name takes as long as a wrong password, and gets the same answer.

    Raises
    ------
    AccessError
        when name or password is wrong, the account is disabled, or too many attempts failed.
    """
    username = username.strip().lower()
    key = _throttle_key(username)
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
    key = _throttle_key(row["username"])
    count_attempt(database, key)
    if not matches(row["password_hash"], password):
        with database.write() as connection:
            audit.append(connection, database.now(), "password.refused", account_id, {})
        raise AccessError("The password is wrong; nothing was signed")
    with database.write() as connection:
        connection.execute("DELETE FROM throttle WHERE key = ?", (key,))
    return _account(row)


def account_of(database: Database, token: str | None) -> Account | None:
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
            (stored, timestamp(now), timestamp(now - IDLE_TIMEOUT)),
        ).fetchone()
    if row is None:
        return None
    if row["seen_at"] < timestamp(now - SEEN_EVERY):
        with database.write() as connection:
            connection.execute(
                "UPDATE sign_in SET seen_at = ? WHERE token_sha256 = ?", (timestamp(now), stored)
            )
    return _account(row)


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


def accounts(database: Database) -> list[AccountStatus]:
    """Everybody, by user name."""
    with database.read() as connection:
        rows = connection.execute(
            "SELECT a.*, (SELECT max(seen_at) FROM sign_in s WHERE s.account_id = a.id) AS last_seen "
            "FROM account a ORDER BY username"
        ).fetchall()
    return [AccountStatus(_account(r), bool(r["disabled"]), r["created_at"], r["last_seen"]) for r in rows]


def account_named(database: Database, username: str) -> Account:
    """The account of a user name.

    Raises
    ------
    InputError
        when there is none.
    """
    with database.read() as connection:
        row = connection.execute("SELECT * FROM account WHERE username = ?", (username.strip(),)).fetchone()
    if row is None:
        raise InputError("There is no such account", got=repr(username), remedy="list the accounts")
    return _account(row)


def account_numbered(database: Database, account_id: int) -> Account:
    """The account of a number.

    Raises
    ------
    InputError
        when there is none.
    """
    with database.read() as connection:
        row = connection.execute("SELECT * FROM account WHERE id = ?", (account_id,)).fetchone()
    if row is None:
        raise InputError("There is no such account", got=str(account_id), remedy="list the accounts")
    return _account(row)


def set_password(
    database: Database,
    account_id: int,
    password: str,
    by: int | None = None,
    *,
    invitation: str | None = None,
) -> None:
    """Give an account a new password, end all of its sign-ins and forget its failed ones.

    Parameters
    ----------
    invitation : SHA-256 of the invitation that is used up by this; every invitation ends with a new password

    Raises
    ------
    InputError
        when the password does not do or there is no such account.
    AccessError
        when the invitation was used in the meantime.
    """
    password_hash = hashed(database.password_cost, password)
    username = account_numbered(database, account_id).username
    now = database.now()
    with database.write() as connection:
        used = connection.execute(
            "DELETE FROM invitation WHERE account_id = ? RETURNING token_sha256", (account_id,)
        ).fetchone()
        if invitation is not None and (used is None or used[0] != invitation):
            raise AccessError("This invitation cannot be used any more")
        connection.execute("UPDATE account SET password_hash = ? WHERE id = ?", (password_hash, account_id))
        _revoke(connection, account_id, now)
        connection.execute("DELETE FROM throttle WHERE key = ?", (_throttle_key(username),))
        _log(connection, now, "account.password", by, account_id)


def set_role(database: Database, account_id: int, role: Role | str, by: int | None = None) -> None:
    """Change what a person may do, from their next request on.

    Raises
    ------
    ConflictError
        when somebody who has seen truth or results is to become a reader.
    """
    if Role.parse(role) is Role.READER and _has_seen_results(database, account_id):
        raise ConflictError(
            "This person could see truth and results, and cannot read blinded any more",
            remedy="add another account for another reader",
        )
    _change(database, account_id, "account.role", by, column="role", value=Role.parse(role).value)


def revoke_sign_ins(database: Database, account_id: int, by: int | None = None) -> int:
    """End all sign-ins of a person at once, from the next request on; returns how many there were."""
    now = database.now()
    with database.write() as connection:
        ended = _revoke(connection, account_id, now)
        audit.append(connection, now, "sign-in.revoke", by, {"account": account_id, "count": ended})
    return ended


def disable(database: Database, account_id: int, by: int | None = None) -> None:
    """Bar a person at once and end all of their sign-ins; nothing of theirs is removed."""
    _change(database, account_id, "account.disable", by, column="disabled", value=1, revoke=True)


def enable(database: Database, account_id: int, by: int | None = None) -> None:
    """Let a disabled person sign in again."""
    _change(database, account_id, "account.enable", by, column="disabled", value=0)


def _has_seen_results(database: Database, account_id: int) -> bool:
    """Whether a sign-in was made while the account was an investigator's or an administrator's."""
    with database.read() as connection:
        entries = connection.execute(
            "SELECT action, actor_id, detail FROM audit WHERE action IN "
            "('account.add', 'account.role', 'sign-in') ORDER BY id"
        ).fetchall()
    role = ""
    for entry in entries:
        detail = json.loads(entry["detail"])
        if entry["action"] == "sign-in":
            if entry["actor_id"] == account_id and role not in {"", Role.READER}:
                return True
        elif detail["account"] == account_id:
            role = detail["role"]
    return False


def _change(
    database: Database,
    account_id: int,
    action: str,
    by: int | None,
    *,
    column: str,
    value: str | int,
    revoke: bool = False,
) -> None:
    """Change one column of an account, with its entry in the trail."""
    now = database.now()
    with database.write() as connection:
        row = connection.execute(
            f"UPDATE account SET {column} = ? WHERE id = ? RETURNING id", (value, account_id)
        ).fetchone()
        if row is None:
            raise InputError("There is no such account", got=str(account_id), remedy="list the accounts")
        if revoke:
            _revoke(connection, account_id, now)
        _log(connection, now, action, by, account_id, **{column: value})


def _revoke(connection: sqlite3.Connection, account_id: int, now: str) -> int:
    """End all sign-ins of an account; returns how many there were."""
    return connection.execute(
        "UPDATE sign_in SET revoked_at = ? WHERE account_id = ? AND revoked_at IS NULL", (now, account_id)
    ).rowcount


def _log(
    connection: sqlite3.Connection, now: str, action: str, by: int | None, account_id: int, **detail: object
) -> None:
    mark = audit.seal(connection, "account", account_id)
    audit.append(connection, now, action, by, {"account": account_id, **detail}, mark)


def _account(row: sqlite3.Row) -> Account:
    return Account(row["id"], row["username"], row["name"], Role(row["role"]))


def _throttle_key(username: str) -> str:
    return hashlib.sha256(username.encode()).hexdigest()


def fingerprint(token: str) -> str:
    """What the database keeps of a secret token: its SHA-256."""
    return hashlib.sha256(token.encode()).hexdigest()
