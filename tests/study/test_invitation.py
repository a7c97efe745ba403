from __future__ import annotations

from pathlib import Path

import pytest

from dls.errors import AccessError, ConflictError, InputError
from dls.study.accounts import (
    IDLE_TIMEOUT,
    account_of,
    add_account,
    confirm_password,
    disable,
    revoke_sign_ins,
    set_password,
    set_role,
    sign_in,
)
from dls.study.audit import trail, verify
from dls.study.identity import begin_request, end_request, link_identity, sign_in_identity
from dls.study.invitation import LASTS, accept, invite, invited
from dls.study.reading import save_draft, worklist
from dls.study.store import Store
from dls.study.throttle import FREE_FAILURES
from tests.study.tiny_study import PASSWORD, TurnedClock, tiny_study

CHOSEN = "my-own-choice"


@pytest.fixture
def clock(store: Store) -> TurnedClock:
    assert isinstance(store.clock, TurnedClock)
    return store.clock


@pytest.fixture
def cleo(store: Store) -> int:
    """An account that has no password yet."""
    return add_account(store, "cleo", "Cleo", "reader", None).id


@pytest.mark.parametrize("password", ["", "!", "None", PASSWORD])
def test_without_a_password_nobody_signs_in(store: Store, cleo: int, password: str) -> None:
    with pytest.raises(AccessError, match="wrong"):
        sign_in(store, "cleo", password)


def test_an_invitation_works_once(store: Store, cleo: int) -> None:
    token = invite(store, cleo, by=1)
    assert invited(store, token).username == "cleo"
    with pytest.raises(InputError, match="too short"):
        accept(store, token, "short")
    accept(store, token, CHOSEN)
    assert account_of(store, sign_in(store, "cleo", CHOSEN)) is not None
    with pytest.raises(AccessError, match="cannot be used"):
        accept(store, token, "another-choice")
    assert verify(store).ok
    assert token not in str(trail(store))


@pytest.mark.parametrize("end", ["time", "replaced", "disabled", "password", "forged"])
def test_an_invitation_that_has_ended_opens_nothing(
    store: Store, clock: TurnedClock, cleo: int, end: str
) -> None:
    token = invite(store, cleo)
    match end:
        case "time":
            clock.turn(seconds=LASTS.total_seconds())
        case "replaced":
            invite(store, cleo)
        case "disabled":
            disable(store, cleo)
        case "password":
            set_password(store, cleo, PASSWORD)
        case "forged":
            token = token[:-1] + ("A" if token[-1] != "A" else "B")
    with pytest.raises(AccessError):
        accept(store, token, CHOSEN)
    with pytest.raises(AccessError):
        sign_in(store, "cleo", CHOSEN)


def test_a_disabled_or_unknown_account_is_not_invited(store: Store, cleo: int) -> None:
    disable(store, cleo)
    for account in (cleo, 99):
        with pytest.raises(InputError, match="no such account"):
            invite(store, account)


def test_a_time_out_keeps_the_draft(store: Store, clock: TurnedClock) -> None:
    token = sign_in(store, "reader1", PASSWORD)
    one = worklist(store, 1)[0]
    save_draft(store, 1, one.code, {"lesion_class": 4})
    clock.turn(seconds=IDLE_TIMEOUT.total_seconds())
    assert account_of(store, token) is None
    assert account_of(store, sign_in(store, "reader1", PASSWORD)) is not None
    assert worklist(store, 1)[0].draft == {"lesion_class": 4}


def test_revoked_sign_ins_end_at_once_and_others_stay(store: Store) -> None:
    tokens = [sign_in(store, name, PASSWORD) for name in ("reader1", "reader1", "reader2")]
    assert revoke_sign_ins(store, 1, by=2) == 2
    assert [account_of(store, token) is None for token in tokens] == [True, True, False]
    assert verify(store).ok


def test_whoever_could_see_results_does_not_become_a_reader(store: Store) -> None:
    ines = add_account(store, "ines", "Ines", "investigator", PASSWORD).id
    set_role(store, ines, "reader")
    set_role(store, ines, "investigator")
    sign_in(store, "ines", PASSWORD)
    with pytest.raises(ConflictError, match="cannot read blinded"):
        set_role(store, ines, "reader")
    open_before = sign_in(store, "reader1", PASSWORD)
    set_role(store, 1, "investigator")
    assert account_of(store, open_before) is None  # or results could be seen without a sign-in in the trail
    set_role(store, 1, "reader")


def test_a_signature_needs_the_signers_password_and_guessing_is_slowed(store: Store) -> None:
    assert confirm_password(store, 1, PASSWORD).username == "reader1"
    for _ in range(FREE_FAILURES):
        with pytest.raises(AccessError, match="password is wrong"):
            confirm_password(store, 1, "guess")
    with pytest.raises(AccessError, match="Too many"):
        confirm_password(store, 1, PASSWORD)
    disable(store, 2)
    with pytest.raises(AccessError, match="disabled"):
        confirm_password(store, 2, PASSWORD)
    assert [e["action"] for e in trail(store)].count("password.refused") == FREE_FAILURES


def test_a_request_to_a_provider_is_answered_once_and_in_time(store: Store, clock: TurnedClock) -> None:
    made = begin_request(store)
    assert end_request(store, made.state) == made
    with pytest.raises(AccessError):
        end_request(store, made.state)
    late = begin_request(store)
    clock.turn(minutes=11)
    with pytest.raises(AccessError):
        end_request(store, late.state)


def test_an_identity_belongs_to_one_account(store: Store, tmp_path: Path) -> None:
    link_identity(store, 1, "https://a.example", "7", by=2)
    with pytest.raises(ConflictError, match="belongs to an account"):
        link_identity(store, 2, "https://a.example", "7")
    with pytest.raises(InputError, match="no such account"):
        link_identity(store, 99, "https://a.example", "8")
    with pytest.raises(InputError, match="issuer and a subject"):
        link_identity(store, 1, "", "8")
    found = account_of(store, sign_in_identity(store, "https://a.example", "7"))
    assert found is not None
    assert found.id == 1
    with pytest.raises(AccessError, match="no account for you"):
        sign_in_identity(store, "https://b.example", "7")
    other = tiny_study(tmp_path / "o.db")
    with pytest.raises(AccessError):
        sign_in_identity(other, "https://a.example", "7", "nobody@clinic.example")
    assert verify(store).ok
