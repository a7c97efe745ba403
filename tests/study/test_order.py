from __future__ import annotations

import pytest

from dls.errors import ConflictError, InputError
from dls.study.accounts import add_account
from dls.study.order import assign, drawn_order, opaque_code, orders, orders_missing, verify_order
from dls.study.protocol import Protocol, SessionPlan, amend
from dls.study.store import Store
from tests.study.tiny_study import PASSWORD, new_case, row_counts, tamper, tiny_study


def test_an_order_is_reproducible_and_differs_by_seed_study_reader_and_session() -> None:
    base = {"seed": 1, "study_id": 1, "reader_id": 1, "session": 1}
    first = drawn_order(range(50), **base)
    assert sorted(first) == list(range(50))
    assert drawn_order(reversed(range(50)), **base) == first
    others = [drawn_order(range(50), **{**base, name: 2}) for name in base]
    assert all(other != first for other in others)
    assert len({tuple(o) for o in others}) == 4


def test_an_order_is_the_same_on_every_machine() -> None:
    """Places of five cases, computed from SHA-256 alone with sha256sum (GNU coreutils 9.1)."""
    assert drawn_order(range(1, 6), seed=2020, study_id=1, reader_id=1, session=1) == [5, 4, 2, 3, 1]


def test_codes_are_random_and_unambiguous() -> None:
    codes = {opaque_code() for _ in range(200)}
    assert len(codes) == 200
    assert not set("".join(codes)) & set("01ilo")


def test_every_reader_and_session_gets_all_cases(tmp_path) -> None:  # type: ignore[no-untyped-def]
    plans = (SessionPlan(1), SessionPlan(2, "Session 2"))
    store = tiny_study(tmp_path / "s.db", assigned=False, sessions=plans)
    assert orders_missing(store)
    assert assign(store) == 16
    assert not orders_missing(store)
    table = orders(store)
    assert table.groupby(["reader_id", "session"])["case_id"].agg(set).tolist() == [{1, 2, 3, 4}] * 4
    assert verify_order(store) == ()


def test_an_order_is_drawn_once_and_for_added_readers(store: Store) -> None:
    before = row_counts(store)
    with pytest.raises(ConflictError, match="order already"):
        assign(store)
    with pytest.raises(ConflictError, match="order has been drawn"):
        store.add_case(new_case(9))
    assert row_counts(store) == before
    third = add_account(store, "third", "Third", "reader", PASSWORD).id
    amend(store, Protocol(readers=(1, 2, third), seed=3), "one more reader")
    assert assign(store) == 4
    assert verify_order(store) == ()


def test_an_order_without_cases_is_refused(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match="no cases"):
        assign(tiny_study(tmp_path / "s.db", cases=0, assigned=False))


def test_a_changed_order_is_found(store: Store) -> None:
    first, second = orders(store).query("reader_id == 2").head(2)["code"]
    tamper(store, lambda c: c.execute("UPDATE assignment SET position = 99 WHERE code = ?", (first,)))
    tamper(store, lambda c: c.execute("UPDATE assignment SET position = 1 WHERE code = ?", (second,)))
    tamper(store, lambda c: c.execute("UPDATE assignment SET position = 2 WHERE code = ?", (first,)))
    (fault,) = verify_order(store)
    assert fault.table == "assignment"
