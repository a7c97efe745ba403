"""The audit trail is attacked on the database file, as someone with write access to it would."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from dls.domain import LesionClass
from dls.study import audit, reading
from dls.study.accounts import add_account, set_role
from dls.study.audit import GENESIS, Fault, canonical, sha256, trail, verify
from dls.study.store import Store
from tests.study.tiny_study import code_of, sign_case, tamper, tiny_study


@pytest.fixture
def read(tmp_path: Path) -> Store:
    """A study with every kind of sealed row in it."""
    store = tiny_study(tmp_path / "study.db")
    store.add_predictions("D", "ab" * 32, [1, 1, 2], [0, 1, 0], [[0.2, 0.8], [0.4, 0.6], [1, 0]])
    store.add_embedding("D", "tsne", [1, 2], [0, 0], [[0, 1], [2, 3]], settings={"seed": 1})
    entry = reading.Entry(LesionClass.CYST, 10, comment="as seen")
    reading.add_simulated(store, [reading.OutsideReading(r, 1, entry) for r in (1, 2)])
    sign_case(store, 1, 2, LesionClass.HCC)
    sign_case(store, 2, 2, LesionClass.METASTASIS)
    reading.revise(store, 2, code_of(store, 2, 2), reading.Entry(LesionClass.HCC, 90), "rim seen later")
    assert verify(store).ok
    return store


def faults_after(store: Store, *statements: str) -> tuple[Fault, ...]:
    def change(connection: sqlite3.Connection) -> None:
        for statement in statements:
            assert connection.execute(statement).rowcount != 0

    tamper(store, change)
    return verify(store).faults


def test_an_untouched_trail_is_sound_and_has_a_head(read: Store) -> None:
    entries = trail(read)
    outcome = verify(read)
    assert outcome.ok
    assert outcome.entries == len(entries)
    assert outcome.head == entries[-1]["hash"]
    assert entries[0]["previous"] == GENESIS


def test_an_empty_trail_is_sound(tmp_path: Path) -> None:
    outcome = verify(Store(tmp_path / "new.db"))
    assert (outcome.ok, outcome.entries, outcome.head) == (True, 0, GENESIS)


def test_the_hash_is_the_documented_one(read: Store) -> None:
    entry = trail(read)[3]
    assert entry["hash"] == sha256(canonical(list(entry.values())[:-1]))


@pytest.mark.parametrize(
    "column",
    ["at = '2020-01-01T00:00:00.000000Z'", "actor_id = 2", "action = 'x'", "detail = '{}'", "hash = 'x'"],
)
def test_a_changed_entry_is_named(read: Store, column: str) -> None:
    (fault,) = faults_after(read, f"UPDATE audit SET {column} WHERE id = 3")
    assert (fault.table, fault.row) == ("audit", 3)


def test_a_changed_entry_with_its_hash_recomputed_breaks_the_next(read: Store) -> None:
    entry = {**trail(read)[2], "action": "nothing.happened"}
    entry["hash"] = sha256(canonical(list(entry.values())[:-1]))
    (fault,) = faults_after(
        read, f"UPDATE audit SET action = 'nothing.happened', hash = '{entry['hash']}' WHERE id = 3"
    )
    assert fault == Fault("audit", 4, "does not follow the entry before it")


def test_a_removed_entry_is_named(read: Store) -> None:
    (fault,) = faults_after(read, "DELETE FROM audit WHERE id = 4")
    assert (fault.table, fault.row) == ("audit", 4)


def test_a_removed_entry_with_the_rest_moved_up_is_named(read: Store) -> None:
    statements = ["DELETE FROM audit WHERE id = 4"]
    statements += [f"UPDATE audit SET id = {n - 1} WHERE id = {n}" for n in range(5, len(trail(read)) + 1)]
    (fault,) = faults_after(read, *statements)
    assert (fault.table, fault.row) == ("audit", 4)


def test_removed_last_entries_are_found(read: Store) -> None:
    count = len(trail(read))
    (fault,) = faults_after(read, f"DELETE FROM audit WHERE id > {count - 2}")
    assert fault == Fault("audit", count - 1, "entries at the end were removed")


def test_removing_everything_is_found(read: Store) -> None:
    (fault,) = faults_after(read, "DELETE FROM audit")
    assert fault == Fault("audit", 1, "all entries were removed")


def test_an_end_cut_off_with_the_counter_is_found_by_the_head_noted_elsewhere(store: Store) -> None:
    store.record("look", None, {})
    head = verify(store).head
    count = len(trail(store))
    tamper(store, lambda c: c.execute(f"DELETE FROM audit WHERE id = {count}"))
    tamper(store, lambda c: c.execute(f"UPDATE sqlite_sequence SET seq = {count - 1} WHERE name = 'audit'"))
    assert verify(store).ok
    assert not verify(store, head).ok


def test_an_inserted_entry_is_named(read: Store) -> None:
    count = len(trail(read))
    (fault,) = faults_after(
        read, f"INSERT INTO audit VALUES ({count + 1}, '', NULL, 'reading.sign', '{{}}', 'forged', 'forged')"
    )
    assert (fault.table, fault.row) == ("audit", count + 1)


def test_reordered_entries_are_named(read: Store) -> None:
    (fault,) = faults_after(
        read,
        "UPDATE audit SET id = 1000 WHERE id = 3",
        "UPDATE audit SET id = 3 WHERE id = 4",
        "UPDATE audit SET id = 4 WHERE id = 1000",
    )
    assert (fault.table, fault.row) == ("audit", 3)


@pytest.mark.parametrize(
    ("change", "table", "row"),
    [
        ("UPDATE reading SET lesion_class = 5 WHERE id = 3", "reading", 3),
        ("UPDATE reading SET simulated = 0 WHERE id = 2", "reading", 1),
        ("UPDATE reading SET comment = 'not seen' WHERE id = 1", "reading", 1),
        ("DELETE FROM reading WHERE id = 4", "reading", 4),
        ("UPDATE consensus SET lesion_class = 6 WHERE id = 1", "consensus", 1),
        ("UPDATE patient_case SET lesion_class = 6 WHERE id = 2", "patient_case", 1),
        ("UPDATE assignment SET position = 99 WHERE id = 2", "assignment", 1),
        ("UPDATE prediction SET p0 = 0.21 WHERE id = 1", "prediction", 1),
        ("UPDATE embedding_point SET x = 9 WHERE id = 1", "embedding_point", 1),
        ("UPDATE protocol SET content = '{}' WHERE id = 1", "protocol", 1),
        ("UPDATE freeze SET freeze_id = 'x' WHERE id = 1", "freeze", 1),
        ("UPDATE package SET sha256 = 'x' WHERE id = 1", "package", 1),
        ("UPDATE account SET role = 'administrator' WHERE id = 2", "account", 2),
        ("UPDATE account SET password_hash = 'mine' WHERE id = 1", "account", 1),
    ],
)
def test_a_changed_row_of_the_study_is_named(read: Store, change: str, table: str, row: int) -> None:
    assert [(f.table, f.row) for f in faults_after(read, change)] == [(table, row)]


def test_a_reading_put_in_past_the_trail_is_named(read: Store) -> None:
    columns = ", ".join(audit.SEALED["reading"][1:])
    values = columns.replace("case_id", "3").replace("supersedes", "NULL").replace("revision", "1")
    values = values.replace("reason", "''")
    (fault,) = faults_after(
        read, f"INSERT INTO reading ({columns}) SELECT {values} FROM reading WHERE id = 3"
    )
    assert fault == Fault("reading", 6, "row was put in past the trail")


def test_a_change_by_the_program_is_no_fault(read: Store) -> None:
    account = add_account(read, "late", "Late", "reader", "correct horse")
    set_role(read, account.id, "investigator")
    assert verify(read).ok


def test_no_entry_holds_a_secret_or_an_answer(read: Store) -> None:
    text = json.dumps(trail(read))
    for word in ("correct horse", "argon2", "as seen", "rim seen", "lesion"):
        assert (word in text) == (word == "rim seen")
