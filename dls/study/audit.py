"""The audit trail: an append-only log whose entries are chained by SHA-256, and seals over the data.

Entry n holds the hash of entry n-1, and its own hash covers that and all of its fields, so that no entry can
be changed, removed, inserted or moved without breaking the chain after it.  An entry that reports rows of
another table carries a seal, the SHA-256 over those rows; `verify` recomputes chain and seals, and finds rows
of the sealed tables that no entry speaks of, drafts that were not saved, and a schema that is not ours.
Whoever can rewrite the whole file can rewrite the whole chain:
keep the head (printed by verification, and part of every export) somewhere else, and give it to `verify`.

Source: 21 CFR 11.10(e) (secure, time-stamped trail that never obscures earlier entries).
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cache

from dls.study.database import Database

GENESIS = "0" * 64

SEALED: dict[str, tuple[str, ...]] = {
    "account": ("id", "username", "name", "role", "password_hash", "disabled", "created_at"),
    "study": ("id", "title", "created_at"),
    "protocol": ("id", "study_id", "version", "content", "sha256", "reason", "created_at"),
    "freeze": ("id", "study_id", "protocol_id", "content", "freeze_id", "reason", "frozen_at"),
    "patient_case": (
        "id", "code", "lesion_class", "reference_standard", "lesion_mm", "scanner", "clinical",
        "image_source", "simulated_images", "added_at",
    ),
    "study_case": ("id", "study_id", "case_id"),
    "assignment": ("id", "code", "study_id", "reader_id", "session", "case_id", "occasion", "position"),
    "reading": (
        "id", "study_id", "reader_id", "session", "case_id", "occasion", "stage", "revision", "supersedes",
        "protocol_id", "lesion_class", "malignancy", "ranking", "comment", "reason", "active_seconds",
        "wall_seconds", "signed_at", "simulated",
    ),
    "consensus": (
        "id", "study_id", "session", "case_id", "revision", "mode", "lesion_class", "reason", "seconds",
        "simulated", "decided_by", "decided_at",
    ),
    "reread": ("id", "assignment_id", "lesion_class", "comment", "seconds", "signed_at"),
    "adjudication": ("id", "code", "study_id", "adjudicator_id", "session", "case_id", "given_at"),
    "package": ("id", "letter", "sha256", "registered_at"),
    "prediction": ("id", "package_id", "case_id", "group_index", "p0", "p1", "p2", "p3", "p4", "p5", "p6"),
    "embedding": ("id", "letter", "method", "settings", "created_at"),
    "embedding_point": ("id", "embedding_id", "case_id", "group_index", "x", "y"),
    "case_outline": ("id", "case_id", "revision", "content", "reason", "drawn_by", "drawn_at"),
    "case_import": (
        "id", "case_id", "revision", "delivery", "lesion", "source", "files", "removed", "series", "reason",
        "imported_by", "imported_at",
    ),
    "package_choice": ("id", "study_id", "letter", "sha256", "chosen_at"),
    "sign_in": ("id", "token_sha256", "account_id", "created_at", "expires_at"),
    "exclusion": ("id", "study_id", "case_id", "cases", "reason", "excluded_at"),
    "reader_profile": ("id", "account_id", "years", "specialty", "noted_at"),
    "arm": ("id", "assignment_id", "condition"),
    "opinion_shown": ("id", "assignment_id", "content", "shown_at"),
    "answers_seen": ("id", "assignment_id", "seen_at"),
    "interaction": ("id", "assignment_id", "stage", "visit", "part", "events", "received_at"),
    "washout_override": (
        "id", "study_id", "reader_id", "session", "reason", "overridden_by", "overridden_at",
    ),
    "signature": ("id", "freeze_id", "account_id", "name", "role", "meaning", "signed_at"),
    "open_study": ("id", "study_id", "opened_at"),
    "identity": ("id", "account_id", "issuer", "subject", "linked_at"),
}  # fmt: skip
"""Columns under the seal of each table, id first.  Never changed: a column that a later migration adds to a
table goes under a seal of its own, or the seals that exist would no longer match.  Rows of accounts and
sign-ins may change: the newest seal of a row is the one that counts, and when a sign-in was last seen and
revoked is outside it."""

OPERATIONAL = {"throttle", "invitation", "provider_request", "job"}
"""Tables without a seal: they hold nothing of the study, and every act they serve is in the trail."""


@dataclass(frozen=True, slots=True)
class Seal:
    """Rows first..last of a table, and the SHA-256 over them."""

    table: str
    first: int
    last: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that is not as it was written: its table, its id, and what is wrong with it."""

    table: str
    row: int
    reason: str

    def __str__(self) -> str:
        return f"{self.table} {self.row}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Verification:
    """Outcome of checking the whole trail.

    Parameters
    ----------
    entries : number of entries in the trail
    head : hash of the newest entry
    faults : what was found, the first bad row first; empty when all is well
    """

    entries: int
    head: str
    faults: tuple[Fault, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.faults


def canonical(value: object) -> str:
    """JSON text with one spelling for one value: sorted keys, no spaces, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def sha256(text: str) -> str:
    """Hexadecimal SHA-256 of a text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def append(
    connection: sqlite3.Connection,
    at: str,
    action: str,
    actor_id: int | None,
    detail: Mapping[str, object],
    *seals: Seal,
) -> int:
    """Add an entry to the trail inside the caller's transaction and return its id.

    `detail` must not hold secrets or what identifies a patient.
    """
    newest = connection.execute("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1").fetchone()
    number, previous = (newest["id"] + 1, newest["hash"]) if newest else (1, GENESIS)
    rows = [[s.table, s.first, s.last, s.sha256] for s in seals]
    text = canonical({**detail, "rows": rows} if rows else detail)
    entry = (number, at, actor_id, action, text, previous)
    connection.execute("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?)", (*entry, sha256(canonical(entry))))
    return int(number)


def record(database: Database, action: str, actor_id: int | None, detail: Mapping[str, object]) -> None:
    """Add an entry by itself, for what was done and changed no other table; `detail` as for `append`."""
    now = database.now()
    with database.write() as connection:
        append(connection, now, action, actor_id, detail)


def seal(connection: sqlite3.Connection, table: str, first: int, last: int | None = None) -> Seal:
    """Seal over rows first..last (or one row) of a table, as they are now."""
    last = first if last is None else last
    return Seal(table, first, last, _digest(_rows(connection, table, first, last)))


def insert(
    connection: sqlite3.Connection, table: str, columns: tuple[str, ...], rows: Iterable[tuple]
) -> Seal:
    """Insert rows into an append-only table and return the seal over them.

    The rows get consecutive ids, because the caller holds the write lock.
    """
    newest = f"SELECT coalesce(max(id), 0) FROM {table}"
    first = connection.execute(newest).fetchone()[0] + 1
    marks = ", ".join("?" * len(columns))
    connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)
    return seal(connection, table, first, connection.execute(newest).fetchone()[0])


def verify(database: Database, head: str | None = None) -> Verification:
    """Check every entry of the trail and every sealed row.

    Parameters
    ----------
    head : hash of an entry that was noted elsewhere; it must still be in the trail
    """
    with database.read() as connection:
        entries = connection.execute("SELECT * FROM audit ORDER BY id").fetchall()
        faults = (
            _chain_faults(entries)
            or _end_faults(connection, entries, head)
            or [
                *_schema_faults(connection),
                *_draft_faults(connection, entries),
                *_seal_faults(connection, entries),
            ]
        )
    return Verification(len(entries), entries[-1]["hash"] if entries else GENESIS, tuple(faults))


def trail(database: Database) -> list[dict[str, object]]:
    """All entries, oldest first, as they are stored."""
    with database.read() as connection:
        return [dict(row) for row in connection.execute("SELECT * FROM audit ORDER BY id")]


def _chain_faults(entries: list[sqlite3.Row]) -> list[Fault]:
    """The first entry that breaks the chain, if any; what follows it cannot be trusted either."""
    previous = GENESIS
    for number, entry in enumerate(entries, start=1):
        if entry["id"] != number:
            return [Fault("audit", number, f"entry is missing; the next one is {entry['id']}")]
        if entry["previous"] != previous:
            return [Fault("audit", number, "does not follow the entry before it")]
        if sha256(canonical(tuple(entry)[:-1])) != entry["hash"]:
            return [Fault("audit", number, "content does not match its hash")]
        previous = entry["hash"]
    return []


def _end_faults(connection: sqlite3.Connection, entries: list[sqlite3.Row], head: str | None) -> list[Fault]:
    """Entries cut off at the end: SQLite's own counter and the head noted elsewhere remember them."""
    counted = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'audit'").fetchone()
    if entries and (counted is None or counted[0] != len(entries)):
        return [Fault("audit", len(entries) + 1, "entries at the end were removed")]
    if not entries and counted is not None and counted[0]:
        return [Fault("audit", 1, "all entries were removed")]
    if head is not None and head not in {entry["hash"] for entry in entries}:
        return [Fault("audit", len(entries), "the head noted elsewhere is not in the trail")]
    return []


def _schema_faults(connection: sqlite3.Connection) -> Iterable[Fault]:
    """Tables, views and triggers that were removed, changed or put in.

    Without its triggers evidence can be changed; a trigger more can bend new rows, another view the analysis.
    """
    expected, present = _expected_schema(), _schema(connection)
    for name in sorted(expected.keys() | present.keys()):
        if expected.get(name) != present.get(name):
            kind, table, _ = expected.get(name) or present[name]
            yield Fault(table, 0, f"{kind} {name} was removed, changed or put in")


@cache
def _expected_schema() -> dict[str, tuple[str, str, str]]:
    from sqlite_utils import Database as SqliteUtils

    from dls.study.schema import MIGRATIONS

    with closing(sqlite3.connect(":memory:")) as connection:
        MIGRATIONS.apply(SqliteUtils(connection))
        return _schema(connection)


def _schema(connection: sqlite3.Connection) -> dict[str, tuple[str, str, str]]:
    """Name -> (type, table, statement) of everything that was declared."""
    rows = connection.execute("SELECT name, type, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {
        row[0]: (row[1], row[2], row[3]) for row in rows if not row[0].startswith(("sqlite_", "_sqlite_"))
    }


def _draft_faults(connection: sqlite3.Connection, entries: list[sqlite3.Row]) -> Iterable[Fault]:
    """Drafts that are not the ones saved last: each saving notes its hash, and a signature ends the draft."""
    saved: dict[int, str] = {}
    for entry in entries:
        if entry["action"] == "draft.save":
            detail = json.loads(entry["detail"])
            saved[detail["assignment"]] = detail["sha256"]
        elif entry["action"] == "reading.sign":
            saved.pop(json.loads(entry["detail"])["assignment"], None)
    rows = connection.execute("SELECT assignment_id, content FROM draft").fetchall()
    present = {row["assignment_id"]: sha256(row["content"]) for row in rows}
    for number in sorted(saved.keys() | present.keys()):
        if saved.get(number) != present.get(number):
            yield Fault("draft", number, "draft is not the one that was saved last")


def _seal_faults(connection: sqlite3.Connection, entries: list[sqlite3.Row]) -> list[Fault]:
    """Rows that differ from their seal, are missing, or were never sealed."""
    seals: dict[str, dict[int, Seal]] = {table: {} for table in SEALED}
    for entry in entries:
        for table, first, last, digest in json.loads(entry["detail"]).get("rows", ()):
            seals[table][first] = Seal(table, first, last, digest)
    return [
        fault for table, of_table in seals.items() for fault in _table_faults(connection, table, of_table)
    ]


def _table_faults(connection: sqlite3.Connection, table: str, seals: dict[int, Seal]) -> Iterable[Fault]:
    covered = 0
    for first, mark in sorted(seals.items()):
        rows = _rows(connection, table, first, mark.last)
        covered += len(rows)
        if len(rows) != mark.last - first + 1:
            present = {row[0] for row in rows}
            yield Fault(
                table, next(i for i in range(first, mark.last + 1) if i not in present), "row was removed"
            )
        elif _digest(rows) != mark.sha256:
            which = "row" if first == mark.last else f"a row of {first} to {mark.last}"
            yield Fault(table, first, f"{which} was changed after it was written")
    if covered < connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]:
        spans = [range(s.first, s.last + 1) for s in seals.values()]
        ids = [row[0] for row in connection.execute(f"SELECT id FROM {table} ORDER BY id")]
        yield Fault(
            table, next(i for i in ids if not any(i in s for s in spans)), "row was put in past the trail"
        )


def _rows(connection: sqlite3.Connection, table: str, first: int, last: int) -> list[tuple]:
    columns = ", ".join(SEALED[table])
    cursor = connection.cursor()
    cursor.row_factory = None
    return cursor.execute(
        f"SELECT {columns} FROM {table} WHERE id BETWEEN ? AND ? ORDER BY id", (first, last)
    ).fetchall()


def _digest(rows: list[tuple]) -> str:
    return sha256(canonical(rows))
