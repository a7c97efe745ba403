from __future__ import annotations

import dataclasses
import sqlite3
from contextlib import closing

import pytest

from dls.errors import ConflictError, InputError
from dls.study import imports
from dls.study.audit import trail, verify
from dls.study.imports import NewImport
from dls.study.store import Store
from tests.study.tiny_study import new_case, row_counts, sign_case

SERIES = {"T2": {"stack": "2.25.1", "title": "series 1", "confidence": 0.9, "reasons": ["TE 90 ms"]}}
NEW = NewImport("a" * 32, 1, "zip", 48, {"removed": {"PatientName": 48}}, SERIES)


@pytest.fixture
def open_store(tmp_path) -> Store:  # type: ignore[no-untyped-def]
    """A study whose order has not been drawn: account 1, cases 1 to 4."""
    from tests.study.tiny_study import tiny_study

    return tiny_study(tmp_path / "study.db", assigned=False)


def test_a_new_case_and_its_import_come_together(open_store: Store) -> None:
    added = imports.add(open_store, NEW, case=new_case(5), by=1)
    assert (added.case_id, added.revision, added.imported_by) == (5, 1, 1)
    assert (added.removed, added.series, added.stacks) == (NEW.removed, SERIES, {"T2": "2.25.1"})
    assert open_store.case(5).code == "V-005"
    assert imports.of_case(open_store, 5) == imports.of_delivery(open_store, NEW.delivery) == (added,)
    assert imports.newest(open_store) == (added,)
    assert [e["action"] for e in trail(open_store)][-2:] == ["case.add", "case.import"]
    assert verify(open_store).ok


def test_the_same_import_again_changes_nothing(open_store: Store) -> None:
    added = imports.add(open_store, NEW, case=new_case(5))
    before = row_counts(open_store)
    assert imports.add(open_store, NEW, case=new_case(5)) == added
    assert imports.add(open_store, NEW, case_id=5) == added
    assert row_counts(open_store) == before


def test_the_files_of_one_case_do_not_become_another(open_store: Store) -> None:
    imports.add(open_store, NEW, case=new_case(5))
    before = row_counts(open_store)
    with pytest.raises(ConflictError, match="imported before, as case V-005"):
        imports.add(open_store, NEW, case=new_case(6))
    with pytest.raises(ConflictError, match="imported before, as case V-005"):
        imports.add(open_store, NEW, case_id=1)
    assert row_counts(open_store) == before
    second = imports.add(open_store, dataclasses.replace(NEW, lesion=2), case=new_case(6))
    assert [i.case_id for i in imports.of_delivery(open_store, NEW.delivery)] == [5, second.case_id]


def test_a_correction_is_a_revision_with_a_reason(open_store: Store) -> None:
    imports.add(open_store, NEW, case_id=2)
    corrected = dataclasses.replace(NEW, series={"T2": {"stack": "2.25.9"}})
    with pytest.raises(InputError, match="the reason why they are replaced"):
        imports.add(open_store, corrected, case_id=2)
    again = imports.add(open_store, dataclasses.replace(corrected, reason="wrong phase"), case_id=2)
    assert [i.revision for i in imports.of_case(open_store, 2)] == [1, 2]
    assert imports.newest(open_store) == (again,)
    other = dataclasses.replace(NEW, delivery="b" * 32, reason="better images")
    assert imports.add(open_store, other, case_id=2).revision == 3


def test_a_signed_case_keeps_its_images(store: Store) -> None:
    imports.add(store, NEW, case_id=2)
    sign_case(store, 1, 2)
    later = dataclasses.replace(NEW, delivery="b" * 32, reason="better images")
    with pytest.raises(ConflictError, match="has signed this case"):
        imports.add(store, later, case_id=2)


def test_nothing_is_written_when_the_case_is_refused(store: Store) -> None:
    before = row_counts(store)
    with pytest.raises(ConflictError, match="order has been drawn"):
        imports.add(store, NEW, case=new_case(9))
    with pytest.raises(InputError, match="no such case"):
        imports.add(store, NEW, case_id=99)
    with pytest.raises(InputError, match="exactly one"):
        imports.add(store, NEW)
    with pytest.raises(InputError, match="exactly one"):
        imports.add(store, NEW, case=new_case(9), case_id=1)
    assert row_counts(store) == before


@pytest.mark.parametrize("change", [{"source": "carrier pigeon"}, {"files": 0}, {"delivery": "short"}])
def test_what_the_table_does_not_take(open_store: Store, change: dict[str, object]) -> None:
    before = row_counts(open_store)
    with pytest.raises(InputError, match="cannot be recorded"):
        imports.add(open_store, dataclasses.replace(NEW, **change), case=new_case(5))  # type: ignore[arg-type]
    assert row_counts(open_store) == before


@pytest.mark.parametrize("statement", ["UPDATE case_import SET files = 9", "DELETE FROM case_import"])
def test_imports_are_append_only(open_store: Store, statement: str) -> None:
    imports.add(open_store, NEW, case_id=1)
    with (
        closing(sqlite3.connect(open_store.path)) as connection,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        connection.execute(statement)
