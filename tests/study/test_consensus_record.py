from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from dls.domain import LesionClass
from dls.study.consensus import decide
from dls.study.consensus_record import record, rereads
from dls.study.reading import Entry, revise
from dls.study.reread import sign_reread
from dls.study.store import Store
from tests.study.tiny_study import code_of, sign_case, tiny_study

CYST, HCC = LesionClass.CYST, LesionClass.HCC


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Case 1 agreed, withdrawn by a revision, read again and decided; case 2 not read by all."""
    made = tiny_study(tmp_path / "s.db", consensus_reread=True)
    for reader in (1, 2):
        sign_case(made, reader, 1, HCC)
    made.clock.turn(minutes=1)  # type: ignore[attr-defined]
    revise(made, 2, code_of(made, 2, 1), Entry(CYST, 3), "T2 bright")
    made.clock.turn(minutes=1)  # type: ignore[attr-defined]
    for reader, called in ((1, CYST), (2, HCC)):
        sign_reread(made, reader, code_of(made, reader, 1), called, comment=f"look {reader}", seconds=5)
    decide(made, 1, CYST, by=2, reason="no wall", seconds=40)
    sign_case(made, 1, 2, HCC)
    return made


def test_every_row_stands_beside_the_readings_of_its_time(store: Store) -> None:
    kept = record(store)
    assert kept["mode"].tolist() == ["unanimous", "withdrawn", "joint"]
    assert kept["lesion_class"].tolist() == [4, pd.NA, 0]
    assert kept[["reason", "seconds", "decided_by"]].iloc[-1].tolist() == ["no wall", 40.0, "Reader 2"]
    assert kept["reading of Reader 1"].tolist() == [4, 4, 4]
    assert kept["reading of Reader 2"].tolist() == [4, 0, 0]
    assert kept["second reading of Reader 1"].tolist() == [pd.NA, pd.NA, 0]
    assert kept["second reading of Reader 2"].tolist() == [pd.NA, pd.NA, 4]


def test_second_readings_are_kept_with_comment_and_time(store: Store) -> None:
    rows = rereads(store)[["case_id", "reader", "lesion_class", "comment", "seconds"]].values.tolist()
    assert rows == [[1, "Reader 1", 0, "look 1", 5.0], [1, "Reader 2", 4, "look 2", 5.0]]


def test_an_empty_record_has_the_same_columns(tmp_path: Path) -> None:
    empty = record(tiny_study(tmp_path / "s.db"))
    assert empty.empty
    assert list(empty)[:3] == ["case_id", "session", "revision"]
