from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from dls.errors import AccessError, ConflictError, InputError
from dls.study import accounts
from dls.study.accounts import (
    Account,
    Role,
    account_named,
    account_of,
    add_account,
    disable,
    enable,
    set_password,
    set_role,
    sign_in,
    sign_out,
)
from dls.study.audit import trail, verify
from dls.study.database import CHEAP_PASSWORDS, PasswordCost
from dls.study.store import Store
from tests.study.tiny_study import PASSWORD, TurnedClock, row_counts


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def store(tmp_path: Path, clock: TurnedClock) -> Store:
    store = Store(tmp_path / "study.db", clock=clock, password_cost=CHEAP_PASSWORDS)
    add_account(store, "ada", "Ada Lovelace", Role.READER, PASSWORD)
    return store


def fail_to_sign_in(store: Store, times: int, username: str = "ada") -> None:
    for _ in range(times):
        with pytest.raises(AccessError, match="name or password is wrong"):
            sign_in(store, username, "wrong")


def test_signing_in_and_out(store: Store) -> None:
    token = sign_in(store, " Ada ", PASSWORD)
    assert account_of(store, token) == Account(1, "ada", "Ada Lovelace", Role.READER)
    sign_out(store, token)
    assert account_of(store, token) is None


def test_only_hashes_are_stored(store: Store) -> None:
    token = sign_in(store, "ada", PASSWORD)
    content = b"".join(p.read_bytes() for p in store.path.parent.iterdir())
    assert token.encode() not in content
    assert PASSWORD.encode() not in content
    assert hashlib.sha256(token.encode()).hexdigest().encode() in content
    assert b"$argon2id$v=19$m=8,t=1,p=1$" in content


def test_the_usual_cost_is_the_one_of_the_rfc(tmp_path: Path) -> None:
    assert PasswordCost() == PasswordCost(passes=3, memory_kib=65536, lanes=4)
    assert Store(tmp_path / "usual.db").password_cost == PasswordCost()


@pytest.mark.parametrize("token", [None, "", "forged", "' OR 1=1 --"])
def test_forged_tokens_are_nobody(store: Store, token: str | None) -> None:
    sign_in(store, "ada", PASSWORD)
    assert account_of(store, token) is None
    sign_out(store, token)


@pytest.mark.parametrize(("username", "password"), [("ada", "wrong"), ("eve", PASSWORD), ("ada", "")])
def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(
    store: Store, username: str, password: str
) -> None:
    with pytest.raises(AccessError) as error:
        sign_in(store, username, password)
    assert str(error.value) == "User name or password is wrong."


def test_an_unknown_name_costs_as_many_hashes_as_a_wrong_password(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_to_sign_in(store, 1, "warm-up")
    verified: list[str] = []

    def counting(self: PasswordHasher, hash: str, password: str) -> bool:
        verified.append(hash.split("$")[3])
        raise VerifyMismatchError

    monkeypatch.setattr(PasswordHasher, "verify", counting)
    fail_to_sign_in(store, 1, "ada")
    fail_to_sign_in(store, 1, "nobody")
    assert verified == ["m=8,t=1,p=1"] * 2


def test_a_sign_in_ends_when_idle_and_at_the_latest_after_half_a_day(
    store: Store, clock: TurnedClock
) -> None:
    token = sign_in(store, "ada", PASSWORD)
    clock.turn(minutes=59)
    assert account_of(store, token) is not None
    clock.turn(minutes=59)
    assert account_of(store, token) is not None
    clock.turn(minutes=61)
    assert account_of(store, token) is None
    token = sign_in(store, "ada", PASSWORD)
    for _ in range(14):
        clock.turn(minutes=50)
        assert account_of(store, token) is not None
    clock.turn(minutes=20)
    assert account_of(store, token) is None


def test_a_change_of_role_and_a_disabled_account_work_at_once(store: Store) -> None:
    token = sign_in(store, "ada", PASSWORD)
    set_role(store, 1, "investigator")
    assert account_of(store, token) is None
    token = sign_in(store, "ada", PASSWORD)
    found = account_of(store, token)
    assert found is not None
    assert found.role is Role.INVESTIGATOR
    disable(store, 1)
    assert account_of(store, token) is None
    fail_to_sign_in(store, 1)
    with pytest.raises(AccessError):
        sign_in(store, "ada", PASSWORD)
    enable(store, 1)
    assert account_of(store, token) is None
    assert account_of(store, sign_in(store, "ada", PASSWORD)) is not None


def test_a_new_password_ends_sign_ins_and_the_wait(store: Store) -> None:
    token = sign_in(store, "ada", PASSWORD)
    fail_to_sign_in(store, 5)
    set_password(store, 1, "another password")
    assert account_of(store, token) is None
    fail_to_sign_in(store, 1)
    assert account_of(store, sign_in(store, "ada", "another password")) is not None


def test_failures_make_the_name_wait_longer_and_longer(store: Store, clock: TurnedClock) -> None:
    fail_to_sign_in(store, 5)
    before = row_counts(store)
    with pytest.raises(AccessError, match=r"Too many failed sign-ins.*wait 15 s"):
        sign_in(store, "ada", PASSWORD)
    assert row_counts(store) == before
    clock.turn(seconds=15.1)
    fail_to_sign_in(store, 1)
    with pytest.raises(AccessError, match="wait 30 s"):
        sign_in(store, "ada", PASSWORD)
    clock.turn(seconds=30.1)
    sign_in(store, "ada", PASSWORD)
    fail_to_sign_in(store, 4)
    sign_in(store, "ada", PASSWORD)


def test_an_unknown_name_is_throttled_like_a_known_one(store: Store, clock: TurnedClock) -> None:
    fail_to_sign_in(store, 5, "nobody")
    with pytest.raises(AccessError, match="Too many"):
        sign_in(store, "nobody", "wrong")
    sign_in(store, "ada", PASSWORD)
    clock.turn(hours=2)
    fail_to_sign_in(store, 1, "nobody")


def test_the_longest_wait_is_a_quarter_of_an_hour(store: Store, clock: TurnedClock) -> None:
    for _ in range(20):
        fail_to_sign_in(store, 1)
        clock.turn(minutes=15.1)
    sign_in(store, "ada", PASSWORD)


@pytest.mark.parametrize(
    ("account", "message"),
    [
        (("a", "A", "reader", PASSWORD), "Bad user name"),
        (("a b", "A", "reader", PASSWORD), "Bad user name"),
        (("bob", " ", "reader", PASSWORD), "name of the person"),
        (("bob", "Bob", "owner", PASSWORD), "Unknown role.*reader, investigator, administrator"),
        (("bob", "Bob", "reader", "1234567"), "too short"),
    ],
)
def test_bad_accounts_are_refused(store: Store, account: tuple[str, str, str, str], message: str) -> None:
    before = row_counts(store)
    with pytest.raises(InputError, match=message):
        add_account(store, *account)
    assert row_counts(store) == before


def test_a_user_name_is_taken_whatever_its_case(store: Store) -> None:
    with pytest.raises(ConflictError, match="already"):
        add_account(store, "ADA", "Another", "reader", PASSWORD)


def test_listing_accounts(store: Store) -> None:
    add_account(store, "Bob", "Bob", "administrator", PASSWORD)
    sign_in(store, "bob", PASSWORD)
    disable(store, 1)
    ada, bob = accounts.accounts(store)
    assert (ada.account.username, ada.disabled, ada.last_seen) == ("ada", True, None)
    assert (bob.account.role, bob.disabled, bob.last_seen) == (
        Role.ADMINISTRATOR,
        False,
        "2026-03-02T09:00:00.000000Z",
    )


def test_unknown_accounts_are_named(store: Store) -> None:
    with pytest.raises(InputError, match=r"no such account.*'eve'"):
        account_named(store, "eve")
    with pytest.raises(InputError, match="no such account"):
        disable(store, 99)


def test_sign_ins_are_in_the_trail_without_names_that_are_unknown(store: Store) -> None:
    fail_to_sign_in(store, 1)
    fail_to_sign_in(store, 1, "my-password-by-mistake")
    sign_out(store, sign_in(store, "ada", PASSWORD))
    entries = [(e["action"], e["actor_id"]) for e in trail(store)[1:]]
    assert entries == [("sign-in.refused", 1), ("sign-in.refused", None), ("sign-in", 1), ("sign-out", 1)]
    assert verify(store).ok
