"""A person who may sign in: account and role."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from enum import StrEnum

from dls.errors import AccessError, InputError


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


def account_from(row: sqlite3.Row) -> Account:
    """Account of a row of its table."""
    return Account(row["id"], row["username"], row["name"], Role(row["role"]))


def require_reader(connection: sqlite3.Connection, account_id: int, *, rehearsing: bool = False) -> None:
    """Refuse whoever may not sign readings: readers alone may, and in a rehearsal all others alone.

    Raises
    ------
    AccessError
        when there is no such account, it is disabled, or its role is not the one.
    """
    row = connection.execute("SELECT role, disabled FROM account WHERE id = ?", (account_id,)).fetchone()
    if row is None or row["disabled"] or (row["role"] == Role.READER) == rehearsing:
        raise AccessError("This account may not sign readings", remedy="sign in as a reader of the study")
