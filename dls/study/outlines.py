"""What was drawn on a case: lesions' outlines and sequences' shifts, in revisions that are never changed.

The database is their home, since a drawing is evidence and work: it is in the audit trail, in every
backup, and a second version never hides the first.  The content is JSON that `dls.imaging.regions` reads and
writes; it is stored as it is.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dls.errors import ConflictError, InputError
from dls.study import audit
from dls.study.database import Database


@dataclass(frozen=True, slots=True)
class OutlineRevision:
    """One version of what is drawn on a case.

    Parameters
    ----------
    revision : from 1
    content : record of the regions
    reason : why it was changed; empty where nobody had to say
    drawn_by : name of the account, or None for a program
    drawn_at : UTC
    """

    case_id: int
    revision: int
    content: dict[str, Any]
    reason: str
    drawn_by: str | None
    drawn_at: str


def save(
    database: Database,
    case_id: int,
    content: Mapping[str, Any],
    *,
    after: int,
    by: int | None = None,
    reason: str = "",
) -> int:
    """Keep a new version of what is drawn on a case and return its revision.

    Parameters
    ----------
    content : record of the regions; checked against the images by the caller
    after : revision that was changed (0 for none), so that nobody overwrites what they have not seen
    reason : needed once somebody has read the case

    Raises
    ------
    InputError
        when there is no such case, or a reason is needed.
    ConflictError
        when somebody else has saved a version since.
    """
    text = audit.canonical(dict(content))
    with database.write() as connection:
        newest = _newest_number(connection, database.study_id, case_id)
        if newest != after:
            raise ConflictError(
                "Somebody else has changed this case's outline meanwhile; nothing was saved",
                expected=f"revision {after}",
                got=f"revision {newest}",
                remedy="load the case again and repeat the change",
            )
        if not reason.strip() and _read_by_anyone(connection, case_id):
            raise InputError(
                "The case has been read with the present outline",
                expected="a reason for the change",
                remedy="say why the outline is changed",
            )
        now = database.now()
        columns = audit.SEALED["case_outline"][1:]
        row = (case_id, newest + 1, text, reason.strip(), by, now)
        sealed = audit.insert(connection, "case_outline", columns, [row])
        detail = {"case": case_id, "revision": newest + 1, "reason": reason.strip()}
        audit.append(connection, now, "outline.save", by, detail, sealed)
    return newest + 1


def newest(database: Database, case_id: int) -> OutlineRevision | None:
    """The version of a case that counts; None where nobody has drawn anything."""
    found = history(database, case_id, limit=1)
    return found[0] if found else None


def history(database: Database, case_id: int, limit: int = 100) -> list[OutlineRevision]:
    """Versions of a case, the newest first."""
    with database.read() as connection:
        rows = connection.execute(
            "SELECT o.*, a.name FROM case_outline o LEFT JOIN account a ON a.id = o.drawn_by "
            "WHERE o.case_id = ? ORDER BY o.revision DESC LIMIT ?",
            (case_id, limit),
        ).fetchall()
    return [
        OutlineRevision(
            row["case_id"],
            row["revision"],
            json.loads(row["content"]),
            row["reason"],
            row["name"],
            row["drawn_at"],
        )
        for row in rows
    ]


def was_read(database: Database, case_id: int) -> bool:
    """Whether somebody has signed a reading of the case, so that a change of its outline needs a reason."""
    with database.read() as connection:
        return _read_by_anyone(connection, case_id)


def newest_revisions(database: Database) -> dict[int, int]:
    """Case id -> newest revision, for every case on which something was drawn."""
    with database.read() as connection:
        rows = connection.execute("SELECT case_id, max(revision) FROM case_outline GROUP BY case_id")
        return {row[0]: row[1] for row in rows}


def _newest_number(connection: sqlite3.Connection, study_id: int, case_id: int) -> int:
    member = connection.execute(
        "SELECT 1 FROM study_case WHERE study_id = ? AND case_id = ?", (study_id, case_id)
    ).fetchone()
    if member is None:
        raise InputError("There is no such case in the study", got=str(case_id))
    found = connection.execute(
        "SELECT coalesce(max(revision), 0) FROM case_outline WHERE case_id = ?", (case_id,)
    ).fetchone()
    return int(found[0])


def _read_by_anyone(connection: sqlite3.Connection, case_id: int) -> bool:
    return (
        connection.execute("SELECT 1 FROM reading WHERE case_id = ? LIMIT 1", (case_id,)).fetchone()
        is not None
    )
