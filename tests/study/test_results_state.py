"""The state of the results tells apart what row numbers do not."""

from __future__ import annotations

from pathlib import Path

from dls.domain import LesionClass
from dls.study.audit import GENESIS
from dls.study.backup import backup, copy_database, restore
from dls.study.exclusions import exclude
from dls.study.results_state import results_state
from dls.study.store import Store
from tests.study.tiny_study import row_counts, sign_case, tiny_study


def test_it_changes_with_results_alone(store: Store) -> None:
    before = results_state(store)
    store.record("results.look", None, {"page": "accuracy"})
    store.record("job.end", None, {"job": 1})
    assert results_state(store) == before
    sign_case(store, 1, 1)
    assert results_state(store) != before


def test_an_excluded_case_changes_it(tmp_path: Path) -> None:
    store = tiny_study(tmp_path / "s.db", assigned=False)
    before = results_state(store)
    exclude(store, 2, "motion")
    assert results_state(store) != before


def test_an_empty_database_has_one(tmp_path: Path) -> None:
    assert results_state(Store(tmp_path / "empty.db")) == GENESIS


def test_a_study_that_went_on_from_its_copy_is_another(store: Store, tmp_path: Path) -> None:
    """As many rows, and other calls: with the restore in the trail, and when a file is put in its place."""
    copy = backup(store, tmp_path / "copy.db")
    sign_case(store, 1, 1, LesionClass.HCC)
    before, rows = results_state(store), row_counts(store)
    copy_database(copy, store.path)
    sign_case(store, 1, 1, LesionClass.CYST)
    assert row_counts(store) == rows
    assert results_state(store) != before
    restore(copy, store.path, replace=True)
    restored = results_state(store)
    sign_case(store, 1, 1, LesionClass.HCC)
    assert len({before, restored, results_state(store)}) == 3
