from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier

import pytest
from sqlite_utils import Database as SqliteUtils

from dls.errors import ConflictError, InputError
from dls.study import database
from dls.study.database import Database
from dls.study.schema import MIGRATIONS
from dls.study.store import Store
from tests.study.tiny_study import new_case, row_counts, sign_case

MIGRATION_NAMES = [
    "m001_audit_and_accounts",
    "m002_study_and_protocol",
    "m003_cases_and_order",
    "m004_readings",
    "m005_predictions",
    "m006_imports",
    "m007_reader_study",
    "m008_invitation_and_identity",
    "m009_outlines",
    "m010_prediction_jobs",
    "m011_interaction",
    "m012_consensus_room",
]
ALL = [m.name for m in MIGRATIONS._migrations]


def test_migrations_are_only_ever_added_in_the_order_of_their_numbers() -> None:
    assert sorted(ALL) == ALL
    assert ALL[: len(MIGRATION_NAMES)] == MIGRATION_NAMES


@pytest.mark.parametrize("stop", ALL[1:])
def test_every_earlier_schema_is_brought_up_to_date(tmp_path: Path, stop: str) -> None:
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        MIGRATIONS.apply(SqliteUtils(connection), stop_before=stop)
    upgraded, fresh = Database(path), Database(tmp_path / "new.db")
    schema = "SELECT type, name, sql FROM sqlite_master ORDER BY name"
    with upgraded.read() as old, fresh.read() as new:
        assert [tuple(r) for r in old.execute(schema)] == [tuple(r) for r in new.execute(schema)]


def test_a_new_file_is_made_once_by_many_who_open_it_at_the_same_time(tmp_path: Path) -> None:
    for attempt in range(10):
        path, together = tmp_path / f"{attempt}.db", Barrier(6)

        def open_it(number: int, path: Path = path, together: Barrier = together) -> int:
            together.wait()
            return len(Store(path).cases())

        with ThreadPoolExecutor(6) as pool:
            assert list(pool.map(open_it, range(6))) == [0] * 6


def test_every_table_is_strict_and_the_log_is_written_ahead(store: Store) -> None:
    with store.read() as connection:
        tables = connection.execute("PRAGMA table_list").fetchall()
        loose = {
            r["name"]
            for r in tables
            if r["type"] == "table" and not r["strict"] and not r["name"].startswith(("sqlite_", "_sqlite"))
        }
        assert loose == set()
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2
        assert connection.execute("PRAGMA foreign_keys").fetchone()[0] == 1


def test_newer_databases_are_refused(store: Store) -> None:
    with store.write() as connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
            "VALUES ('dls.study', 'm999_new', '')"
        )
    with pytest.raises(InputError, match=r"newer version.*m999_new"):
        Store(store.path)


def test_other_files_are_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter.db"
    path.write_text("Dear Sir or Madam, " * 100)
    before = path.read_bytes()
    with pytest.raises(InputError, match="no study database"):
        Store(path)
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be made"):
        Store(tmp_path / "file" / "study.db")


def test_a_full_disk_is_named_and_nothing_is_saved(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(self: Database) -> sqlite3.Connection:
        connection = unlimited(self)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    unlimited = Database._connect
    monkeypatch.setattr(Database, "_connect", connect)
    before = row_counts(store)
    with pytest.raises(InputError, match="takes no more; nothing was saved"):
        store.record("look", None, {"page": "x" * 100_000})
    assert row_counts(store) == before


def test_failed_writes_change_nothing(store: Store) -> None:
    def fail() -> None:
        with store.write() as connection:
            connection.execute("INSERT INTO throttle VALUES ('k', 1, '', '')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with store.read() as connection:
        assert connection.execute("SELECT count(*) FROM throttle").fetchone()[0] == 0


def test_reading_connections_cannot_write(store: Store) -> None:
    with store.read() as connection, pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("INSERT INTO throttle VALUES ('k', 1, '', '')")


def test_a_locked_file_is_named(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    with store.write(), pytest.raises(ConflictError, match=r"stayed locked.*nothing was saved"):
        store.record("look", None, {})
    store.record("look", None, {})


@pytest.mark.parametrize("table", ["audit", "reading", "assignment", "patient_case", "protocol"])
def test_evidence_cannot_be_changed_or_removed(store: Store, table: str) -> None:
    sign_case(store, 1, 1)
    for statement in (f"UPDATE {table} SET id = id + 100", f"DELETE FROM {table}"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"), store.write() as connection:
            connection.execute(statement)


def test_two_studies_in_one_file_are_apart(store: Store) -> None:
    from dls.study.protocol import Protocol, create_study

    second = Store(store.path, study_id=create_study(store, "Second", Protocol(readers=(1,))))
    assert second.study_id == 2
    second.add_case(new_case(9))
    assert second.cases()["code"].tolist() == ["V-009"]
    assert "V-009" not in set(store.cases()["code"])
    assert second.readings().empty
