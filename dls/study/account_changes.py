"""Adding people, and changing what they may do; every change is in the trail and works at once."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Sequence

from dls.errors import AccessError, ConflictError, InputError
from dls.study import audit
from dls.study.database import Database
from dls.study.passwords import NO_PASSWORD, hashed
from dls.study.person import Account, AccountStatus, Role, account_from
from dls.study.sign_ins import revoke, throttle_key

USERNAME = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")


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
    person = _checked(username, name, role)
    password_hash = NO_PASSWORD if password is None else hashed(database.password_cost, password)
    with database.write() as connection:
        return _insert(connection, database.now(), person, password_hash, by)


def add_accounts_without_password(
    database: Database, people: Sequence[tuple[str, str, Role]], by: int | None = None
) -> list[Account]:
    """Add people (user name, name, role) who cannot sign in yet, all or none; errors as `add_account`."""
    checked = [_checked(*person) for person in people]
    with database.write() as connection:
        return [_insert(connection, database.now(), person, NO_PASSWORD, by) for person in checked]


def usernames_without_password(database: Database) -> frozenset[str]:
    """User names of the accounts that have no password (yet)."""
    with database.read() as connection:
        rows = connection.execute("SELECT username FROM account WHERE password_hash = ?", (NO_PASSWORD,))
        return frozenset(row[0] for row in rows)


def accounts(database: Database) -> list[AccountStatus]:
    """Everybody, by user name."""
    with database.read() as connection:
        rows = connection.execute(
            "SELECT a.*, (SELECT max(seen_at) FROM sign_in s WHERE s.account_id = a.id) AS last_seen "
            "FROM account a ORDER BY username"
        ).fetchall()
    return [
        AccountStatus(account_from(r), bool(r["disabled"]), r["created_at"], r["last_seen"]) for r in rows
    ]


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
    return account_from(row)


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
    return account_from(row)


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
        revoke(connection, account_id, now)
        connection.execute("DELETE FROM throttle WHERE key = ?", (throttle_key(username),))
        _log(connection, now, "account.password", by, account_id)


def set_role(database: Database, account_id: int, role: Role | str, by: int | None = None) -> None:
    """Change what a person may do; they sign in again, so that the trail tells who could see results.

    Raises
    ------
    InputError
        when there is no such role or account.
    ConflictError
        when somebody who has seen truth or results is to become a reader.
    """
    role, now = Role.parse(role), database.now()
    with database.write() as connection:
        if role is Role.READER and _has_seen_results(connection, account_id):
            raise ConflictError(
                "This person could see truth and results, and cannot read blinded any more",
                remedy="add another account for another reader",
            )
        _change(connection, now, account_id, "account.role", by, role=role.value)
        revoke(connection, account_id, now)


def disable(database: Database, account_id: int, by: int | None = None) -> None:
    """Bar a person at once and end all of their sign-ins; nothing of theirs is removed."""
    now = database.now()
    with database.write() as connection:
        _change(connection, now, account_id, "account.disable", by, disabled=1)
        revoke(connection, account_id, now)


def enable(database: Database, account_id: int, by: int | None = None) -> None:
    """Let a disabled person sign in again."""
    with database.write() as connection:
        _change(connection, database.now(), account_id, "account.enable", by, disabled=0)


def _checked(username: str, name: str, role: Role | str) -> tuple[str, str, Role]:
    """User name, name and role as they are stored; raises InputError where one does not do."""
    username, name, role = username.strip().lower(), name.strip(), Role.parse(role)
    if not USERNAME.fullmatch(username):
        raise InputError(
            "Bad user name", expected="2 to 64 of a-z, 0-9, '.', '_', '@', '-'", got=repr(username)
        )
    if not name:
        raise InputError("The name of the person is missing")
    return username, name, role


def _insert(
    connection: sqlite3.Connection,
    now: str,
    person: tuple[str, str, Role],
    password_hash: str,
    by: int | None,
) -> Account:
    """Add one account within a transaction; raises ConflictError where the user name is taken."""
    username, name, role = person
    try:
        number = connection.execute(
            "INSERT INTO account (username, name, role, password_hash, created_at) VALUES (?, ?, ?, ?, ?)",
            (username, name, role.value, password_hash, now),
        ).lastrowid
    except sqlite3.IntegrityError as error:
        raise ConflictError(
            f"There is an account {username!r} already", remedy="choose another user name"
        ) from error
    assert number is not None
    _log(connection, now, "account.add", by, number, role=role.value)
    return Account(number, username, name, role)


def _has_seen_results(connection: sqlite3.Connection, account_id: int) -> bool:
    """Whether a sign-in was made while the account was an investigator's or an administrator's."""
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
    connection: sqlite3.Connection,
    now: str,
    account_id: int,
    action: str,
    by: int | None,
    **value: str | int,
) -> None:
    """Change one column of an account, with its entry in the trail."""
    ((column, new),) = value.items()
    row = connection.execute(
        f"UPDATE account SET {column} = ? WHERE id = ? RETURNING id", (new, account_id)
    ).fetchone()
    if row is None:
        raise InputError("There is no such account", got=str(account_id), remedy="list the accounts")
    _log(connection, now, action, by, account_id, **value)


def _log(
    connection: sqlite3.Connection, now: str, action: str, by: int | None, account_id: int, **detail: object
) -> None:
    mark = audit.seal(connection, "account", account_id)
    audit.append(connection, now, action, by, {"account": account_id, **detail}, mark)
