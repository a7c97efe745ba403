from __future__ import annotations

from pathlib import Path

import pytest

from dls.domain import LesionClass
from dls.errors import AccessError, ConflictError, InputError
from dls.study.accounts import disable
from dls.study.audit import verify
from dls.study.consensus import decide, queue
from dls.study.reading import Entry, revise
from dls.study.reread import sign_reread
from dls.study.store import Store
from tests.study.tiny_study import code_of, row_counts, sign_case, tiny_study

CYST, FNH, HCC, METASTASIS = LesionClass.CYST, LesionClass.FNH, LesionClass.HCC, LesionClass.METASTASIS


def disputed_study(path: Path, **plan: object) -> Store:
    """Three readers who differ on case 1 and agree on case 2."""
    store = tiny_study(path, cases=3, readers=3, consensus_reread=True, **plan)
    for reader, called in enumerate((METASTASIS, HCC, CYST), start=1):
        sign_case(store, reader, 1, called)
        sign_case(store, reader, 2, HCC)
    return store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return disputed_study(tmp_path / "study.db")


def again(store: Store, reader: int, called: LesionClass) -> None:
    sign_reread(store, reader, code_of(store, reader, 1), called, comment="rim", seconds=9)


def consensus(store: Store) -> list[tuple]:
    return [tuple(row) for row in store.consensus()[["case_id", "lesion_class", "mode"]].to_numpy()]


def test_no_answer_is_told_before_the_last_second_reading(store: Store) -> None:
    for number, reader in enumerate((2, 1)):
        (own,) = queue(store, reader)
        assert (own.due, own.reread, own.answers, own.rereads) == ("reread", number, (), ())
        again(store, reader, HCC)
        (own,) = queue(store, reader)
        assert (own.due, own.reread, own.answers, own.rereads) == ("waiting", number + 1, (), ())
    again(store, 3, METASTASIS)
    for reader in (1, 2, 3):
        (own,) = queue(store, reader)
        assert (own.due, own.reread) == ("decision", 3)
        assert own.answers == (CYST, HCC, METASTASIS)
        assert own.rereads == (HCC, HCC, METASTASIS)
    decide(store, 1, HCC, by=2, reason="washout", seconds=60)
    assert consensus(store) == [(1, 4, "joint"), (2, 4, "unanimous")]
    assert len(store.readings()) == 6
    assert verify(store).ok


def test_second_readings_that_agree_are_the_consensus(store: Store) -> None:
    for reader in (1, 2, 3):
        again(store, reader, HCC)
    assert consensus(store) == [(1, 4, "reread"), (2, 4, "unanimous")]
    assert queue(store, 1) == []


def test_the_majority_is_that_of_the_second_readings(tmp_path: Path) -> None:
    store = disputed_study(tmp_path / "s.db", consensus_mode="majority")
    for reader, called in ((1, FNH), (2, FNH), (3, HCC)):
        assert consensus(store) == [(2, 4, "unanimous")]
        again(store, reader, called)
    assert consensus(store) == [(1, 2, "majority"), (2, 4, "unanimous")]


def test_what_is_no_second_reading_changes_nothing(store: Store) -> None:
    again(store, 1, HCC)
    sign_case(store, 1, 3, HCC)
    disable(store, 3)
    before = row_counts(store)
    own = code_of(store, 2, 1)
    for wrong, error, account, code, more in (
        ("already", ConflictError, 1, code_of(store, 1, 1), {}),
        ("wait for your decision", AccessError, 1, code_of(store, 1, 2), {}),  # agreed
        ("wait for your decision", AccessError, 1, code_of(store, 1, 3), {}),  # not read by all
        ("wait for your decision", AccessError, 1, own, {}),  # another reader's
        ("may not sign", AccessError, 3, code_of(store, 3, 1), {}),
        ("Bad time", InputError, 2, own, {"seconds": float("nan")}),
        ("too long", InputError, 2, own, {"comment": "x" * 10_001}),
    ):
        with pytest.raises(error, match=wrong):
            sign_reread(store, account, code, HCC, **more)  # type: ignore[arg-type]
    with pytest.raises(ConflictError, match=r"not yet read again.*1 of 3"):
        decide(store, 1, HCC, by=2)
    assert row_counts(store) == before


def test_only_where_the_protocol_asks_for_it(tmp_path: Path) -> None:
    store = tiny_study(tmp_path / "s.db")
    sign_case(store, 1, 1, HCC)
    sign_case(store, 2, 1, CYST)
    with pytest.raises(ConflictError, match="not to be read again"):
        again(store, 1, HCC)


def test_the_first_readings_stay_once_they_differ(store: Store) -> None:
    with pytest.raises(ConflictError, match="readers differ"):
        revise(store, 1, code_of(store, 1, 1), Entry(HCC, 80), "I heard so")
    revise(store, 1, code_of(store, 1, 2), Entry(FNH, 20), "scar")
    assert [own.case_id for own in queue(store, 1)] == [1, 2]
    for reader in (1, 2, 3):
        again(store, reader, HCC)
    with pytest.raises(ConflictError, match="readers differ"):
        revise(store, 1, code_of(store, 1, 1), Entry(HCC, 80), "I heard so")
