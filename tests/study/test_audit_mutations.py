"""Every sealed table of a full study is changed, thinned, filled and shuffled on the file; nothing passes."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from dls.errors import DLSError
from dls.study import audit
from dls.study.backup import integrity
from dls.study.store import Store
from tests.study.full_study import full_study
from tests.study.tiny_study import tamper

TABLES = sorted(audit.SEALED)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = full_study(tmp_path_factory.mktemp("full") / "study.db")
    fill_empty_tables(store)
    assert audit.verify(store).ok
    with closing(sqlite3.connect(store.path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return store.path


def fill_empty_tables(store: Store) -> None:
    """Two made-up rows, under their seal, in every sealed table that a reader study leaves empty."""
    with store.write() as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        for table in TABLES:
            if connection.execute(f"SELECT 1 FROM {table}").fetchone() is None:
                kinds = {r["name"]: r["type"] for r in connection.execute(f"PRAGMA table_info({table})")}
                columns = audit.SEALED[table][1:]
                rows = [
                    tuple({"INTEGER": n, "REAL": n + 0.5}.get(kinds[c], f'["{n}"]') for c in columns)
                    for n in (1, 2)
                ]
                mark = audit.insert(connection, table, columns, rows)
                audit.append(connection, store.now(), "test.fill", None, {}, mark)


@pytest.fixture
def copy(original: Path, tmp_path: Path) -> Store:
    return Store(shutil.copy(original, tmp_path / "study.db"))


def altered(original: Path, folder: Path, *statements: str) -> Store:
    """A fresh copy of the study after statements that must all have had an effect."""
    target = folder / "study.db"
    for old in folder.glob("study.db*"):
        old.unlink()
    store = Store(shutil.copy(original, target))

    def change(connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        for statement in statements:
            assert connection.execute(statement).rowcount > 0, statement

    tamper(store, change)
    return store


def test_every_table_is_sealed_or_known_to_hold_no_evidence(copy: Store) -> None:
    with copy.read() as connection:
        tables = {
            row[0]
            for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if not row[0].startswith(("sqlite_", "_sqlite"))
        }
    assert tables <= set(audit.SEALED) | audit.OPERATIONAL | {"audit", "draft"}
    assert set(audit.SEALED) <= tables


def test_every_column_of_a_sealed_table_is_under_its_seal(copy: Store) -> None:
    unsealed = {"sign_in": {"seen_at", "revoked_at"}}
    with copy.read() as connection:
        for table in TABLES:
            columns = {row["name"] for row in connection.execute(f"PRAGMA table_info({table})")}
            assert columns - set(audit.SEALED[table]) == unsealed.get(table, set()), table


def changed_value(store: Store, table: str, column: str, row: int) -> str:
    """An SQL literal of the column's type that differs from what is stored."""
    with store.read() as connection:
        value = connection.execute(f"SELECT {column} FROM {table} WHERE id = ?", (row,)).fetchone()[0]
    if isinstance(value, int | float):
        return repr(value + 1000)
    return "'[\"forged\"]'" if column in {"content", "clinical", "settings", "ranking"} else "'forged'"


@pytest.mark.parametrize("table", TABLES)
def test_a_changed_value_in_any_column_is_found(original: Path, tmp_path: Path, table: str) -> None:
    untouched = Store(original)
    with untouched.read() as connection:
        row = connection.execute(f"SELECT max(id) FROM {table}").fetchone()[0]
        kinds = {r["name"]: r["type"] for r in connection.execute(f"PRAGMA table_info({table})")}
    for column in audit.SEALED[table][1:]:
        value = changed_value(untouched, table, column, row)
        if kinds[column] == "INTEGER" and value == "'forged'":
            value = "1"  # it was NULL
        if kinds[column] == "REAL" and value == "'forged'":
            value = "0.5"
        store = altered(original, tmp_path, f"UPDATE {table} SET {column} = {value} WHERE id = {row}")
        faults = audit.verify(store).faults
        assert table in {fault.table for fault in faults}, column


@pytest.mark.parametrize("which", ["min", "max"])
@pytest.mark.parametrize("table", TABLES)
def test_a_removed_row_is_found(original: Path, tmp_path: Path, table: str, which: str) -> None:
    store = altered(original, tmp_path, f"DELETE FROM {table} WHERE id = (SELECT {which}(id) FROM {table})")
    assert table in {fault.table for fault in audit.verify(store).faults}


@pytest.mark.parametrize("table", TABLES)
def test_an_inserted_row_is_found(original: Path, tmp_path: Path, table: str) -> None:
    with Store(original).read() as connection:
        columns = [row["name"] for row in connection.execute(f"PRAGMA table_info({table})")]
        unique = {
            column["name"]
            for index in connection.execute(f"PRAGMA index_list({table})").fetchall()
            if index["unique"]
            for column in connection.execute(f"PRAGMA index_info({index['name']})").fetchall()
        }
        kinds = {r["name"]: r["type"] for r in connection.execute(f"PRAGMA table_info({table})")}
    values = [
        "max(id) + 1"
        if name == "id"
        else "NULL"
        if name == "supersedes"
        else (f"{name} + 500" if kinds[name] == "INTEGER" else f"{name} || 'x'")
        if name in unique
        else name
        for name in columns
    ]
    store = altered(
        original,
        tmp_path,
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} FROM {table}",
    )
    assert table in {fault.table for fault in audit.verify(store).faults}


@pytest.mark.parametrize("table", TABLES)
def test_rows_that_change_places_are_found(original: Path, tmp_path: Path, table: str) -> None:
    store = altered(
        original,
        tmp_path,
        f"UPDATE {table} SET id = 900001 WHERE id = (SELECT min(id) FROM {table})",
        f"UPDATE {table} SET id = 1 WHERE id = (SELECT max(id) FROM {table} WHERE id < 900001)",
        f"UPDATE {table} SET id = (SELECT max(id) + 1 FROM {table} WHERE id < 900001) WHERE id = 900001",
    )
    assert table in {fault.table for fault in audit.verify(store).faults}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE draft SET content = '{\"lesion_class\":6}'",
        "DELETE FROM draft WHERE assignment_id = (SELECT min(assignment_id) FROM draft)",
        "UPDATE draft SET assignment_id = assignment_id + 1",
        "INSERT INTO draft SELECT 1, content, saved_at FROM draft LIMIT 1",
    ],
)
def test_an_altered_draft_is_found(original: Path, tmp_path: Path, statement: str) -> None:
    store = altered(original, tmp_path, statement)
    assert {fault.table for fault in audit.verify(store).faults} == {"draft"}


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TRIGGER reading_refuses_update",
        "CREATE TRIGGER benign AFTER INSERT ON reading BEGIN SELECT 1; END",
        "DROP VIEW analysed_case",
        "DROP INDEX reading_of_case",
        "CREATE TABLE shadow (id INTEGER)",
    ],
)
def test_an_altered_schema_is_found(copy: Store, statement: str) -> None:
    with closing(sqlite3.connect(copy.path)) as connection:
        connection.execute(statement)
    (fault,) = audit.verify(copy).faults
    assert "was removed, changed or put in" in fault.reason


def evidence(store: Store) -> dict[str, list[tuple]]:
    with store.read() as connection:
        return {
            table: [tuple(row) for row in connection.execute(f"SELECT {', '.join(columns)} FROM {table}")]
            for table, columns in {**audit.SEALED, "audit": ("*",), "draft": ("*",)}.items()
        }


def test_a_changed_byte_of_the_file_is_found_or_changes_no_evidence(original: Path, tmp_path: Path) -> None:
    content, lots = original.read_bytes(), random.Random(5)
    intact, found = evidence(Store(original)), 0
    for number in range(60):
        spoiled = bytearray(content)
        spoiled[lots.randrange(100, len(content))] ^= 1 << lots.randrange(8)
        path = tmp_path / f"{number}.db"
        path.write_bytes(spoiled)
        try:
            store = Store(path)
            sound = audit.verify(store).ok and not integrity(store)
            assert not sound or evidence(store) == intact
        except (DLSError, sqlite3.Error, UnicodeDecodeError, ValueError, KeyError):
            sound = False
        found += not sound
    assert found > 10
