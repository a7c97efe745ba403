"""Databases as every earlier version left them, with data in them, opened by the present one."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database as SqliteUtils

from dls.study import audit
from dls.study.accounts import account_of, sign_in
from dls.study.backup import integrity
from dls.study.database import CHEAP_PASSWORDS
from dls.study.order import verify_order
from dls.study.reading import worklist
from dls.study.schema import MIGRATIONS
from dls.study.store import Store
from tests.study.tiny_study import PASSWORD, code_of, new_case, sign_case, tiny_study

NAMES = [m.name for m in MIGRATIONS._migrations]
COPIED = (
    "audit", "account", "study", "protocol", "freeze", "patient_case", "study_case", "assignment", "draft",
    "reading", "consensus", "package", "prediction", "embedding", "embedding_point",
)  # fmt: skip
"""Tables of the first five versions, parents first."""


@pytest.fixture(scope="module")
def present(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A small study with readings, as the present version writes it."""
    store = tiny_study(tmp_path_factory.mktemp("now") / "study.db")
    store.add_predictions("D", "ab" * 32, [1, 2], [0, 0], [[0.2, 0.8], [0.4, 0.6]])
    store.add_embedding("D", "tsne", [1], [0], [[0, 1]], settings={"seed": 1})
    sign_case(store, 1, 1)
    sign_case(store, 2, 1)
    return store


def old_database(present: Store, path: Path, last: str) -> Path:
    """A file at the schema of the migration `last`, filled with what its tables can hold of a study."""
    following = NAMES[NAMES.index(last) + 1 :]
    with closing(sqlite3.connect(path)) as connection:
        MIGRATIONS.apply(SqliteUtils(connection), stop_before=following[0] if following else None)
        connection.commit()
        connection.execute("ATTACH ? AS now", (str(present.path),))
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        kept = [table for table in COPIED if table in tables]
        for table in kept:
            connection.execute(f"INSERT INTO {table} SELECT * FROM now.{table}")
        _keep_entries_about(connection, kept)
        if last < "m007":  # from then on each sign-in is under a seal
            connection.execute(
                "INSERT INTO sign_in (token_sha256, account_id, created_at, seen_at, expires_at) "
                "VALUES ('old', 1, '2026-03-02', '2026-03-02T09:00:00.000000Z', '2026-03-03')"
            )
        connection.commit()
    return path


def _keep_entries_about(connection: sqlite3.Connection, tables: list[str]) -> None:
    """Shorten the trail to the entries whose rows the old tables hold, chained anew as that version would."""
    entries = connection.execute("SELECT * FROM audit ORDER BY id").fetchall()
    connection.execute("DROP TRIGGER audit_refuses_delete")
    connection.execute("DELETE FROM audit")
    connection.execute("DELETE FROM sqlite_sequence WHERE name = 'audit'")
    connection.row_factory = sqlite3.Row
    for _, at, actor, action, detail, *_ in entries:
        rows = json.loads(detail).get("rows", [])
        if all(row[0] in tables for row in rows):
            content = {k: v for k, v in json.loads(detail).items() if k != "rows"}
            audit.append(connection, at, action, actor, content, *(audit.Seal(*row) for row in rows))
    connection.execute(
        "CREATE TRIGGER audit_refuses_delete BEFORE DELETE ON audit "
        "BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END"
    )


@pytest.mark.parametrize("last", NAMES)
def test_a_database_with_data_is_brought_up_to_date(present: Store, tmp_path: Path, last: str) -> None:
    path = old_database(present, tmp_path / "old.db", last)
    store = Store(path, clock=present.clock, password_cost=CHEAP_PASSWORDS)
    assert audit.verify(store).ok, audit.verify(store).faults
    assert integrity(store) == ()
    assert account_of(store, sign_in(store, "reader1", PASSWORD)) is not None
    if NAMES.index(last) < 3:
        return
    assert store.readings().to_csv() == present.readings().to_csv()
    assert store.consensus().to_csv() == present.consensus().to_csv()
    assert store.cases().to_csv() == present.cases().to_csv()
    assert worklist(store, 1) == worklist(present, 1)
    assert verify_order(store) == ()
    sign_case(store, 1, 2)
    assert audit.verify(store).ok
    assert code_of(store, 1, 2) == code_of(present, 1, 2)


def test_an_old_backup_is_restored_and_brought_up_to_date(present: Store, tmp_path: Path) -> None:
    from dls.study.backup import restore

    old = old_database(present, tmp_path / "old.db", "m005_predictions")
    shutil.copy(old, tmp_path / "backup.db")
    assert restore(tmp_path / "backup.db", tmp_path / "new.db").ok
    assert len(Store(tmp_path / "new.db").readings()) == 2


def test_cases_can_be_added_to_an_upgraded_study(present: Store, tmp_path: Path) -> None:
    store = Store(old_database(present, tmp_path / "old.db", "m003_cases_and_order"), study_id=1)
    from dls.study.protocol import Protocol, create_study

    second = Store(store.path, study_id=create_study(store, "Second", Protocol(readers=(1,))))
    second.add_case(new_case(40))
    assert audit.verify(second).ok
