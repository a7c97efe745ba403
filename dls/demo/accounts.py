"""The five people of the demo study.  Their passwords are public, so only the demo ever makes them."""

from __future__ import annotations

from dataclasses import dataclass

from dls.study.accounts import Account, Role, add_account
from dls.study.store import Store


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """A person of the demo and the password that everyone may know."""

    username: str
    name: str
    role: Role
    password: str


DEMO_ACCOUNTS = (
    DemoAccount("reader1", "Reader 1", Role.READER, "read-liver-1"),
    DemoAccount("reader2", "Reader 2", Role.READER, "read-liver-2"),
    DemoAccount("reader3", "Reader 3", Role.READER, "read-liver-3"),
    DemoAccount("investigator", "Investigator", Role.INVESTIGATOR, "look-at-liver"),
    DemoAccount("administrator", "Administrator", Role.ADMINISTRATOR, "run-the-demo"),
)


def add_demo_accounts(store: Store) -> dict[str, Account]:
    """Make the five accounts and return them by username."""
    return {a.username: add_account(store, a.username, a.name, a.role, a.password) for a in DEMO_ACCOUNTS}
