"""Counts of signed cases against the worklists, which are read row by row."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from dls.study.accounts import add_account
from dls.study.order import assign
from dls.study.protocol import Protocol, SessionPlan, amend, protocol
from dls.study.reading import worklist
from dls.study.signed_counts import signed_counts
from dls.study.store import Store
from tests.study.tiny_study import PASSWORD, sign_case, tiny_study


def counted(store: Store) -> dict[tuple[int, int], tuple[int, int]]:
    return {key: (count.cases, count.signed) for key, count in signed_counts(store).items()}


def listed(store: Store) -> dict[tuple[int, int], tuple[int, int]]:
    rows = [a for reader in protocol(store).readers for a in worklist(store, reader)]
    cases = Counter((a.reader_id, a.session) for a in rows)
    signed = Counter((a.reader_id, a.session) for a in rows if a.status == "signed")
    return {key: (n, signed[key]) for key, n in cases.items()}


def test_counts_are_those_of_the_worklists_after_every_change(tmp_path: Path) -> None:
    plans = (SessionPlan(1), SessionPlan(2, "Session 2"))
    store = tiny_study(tmp_path / "study.db", assigned=False, sessions=plans)
    assert counted(store) == {}
    assign(store)
    assert counted(store) == listed(store) == {(r, s): (4, 0) for r in (1, 2) for s in (1, 2)}
    sign_case(store, 1, 2)
    assert counted(store)[1, 1] == (4, 1)
    sign_case(store, 2, 3)
    third = add_account(store, "third", "Third", "reader", PASSWORD).id
    amend(store, Protocol(readers=(1, 2, third), sessions=plans), "one more reader")
    assign(store)
    assert counted(store) == listed(store)
    assert counted(store)[third, 2] == (4, 0)


def test_a_case_counts_once_every_stage_is_signed(tmp_path: Path) -> None:
    store = tiny_study(tmp_path / "study.db", sessions=(SessionPlan(1, "Session 1", "sequential"),))
    sign_case(store, 1, 2)
    assert counted(store) == listed(store) == {(1, 1): (4, 0), (2, 1): (4, 0)}


def test_another_study_at_the_same_counts_is_another(tmp_path: Path) -> None:
    read, unread = (tiny_study(tmp_path / name / "study.db") for name in ("read", "unread"))
    sign_case(read, 1, 2)
    sign_case(unread, 2, 2)
    assert (counted(read)[1, 1], counted(unread)[1, 1]) == ((4, 1), (4, 0))
