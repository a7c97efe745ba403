"""What a reader has to read: all assigned cases, one of them, and the next one."""

from __future__ import annotations

import sqlite3

from dls.study.assignments import Assignment, assignment_of, done_sql, own_row, select_sql
from dls.study.database import Database
from dls.study.protocol import TRAINING, Protocol, current
from dls.study.sessions import gate_now, require_open


def worklist(database: Database, reader_id: int) -> list[Assignment]:
    """All assignments of a reader in their order: training first, then session by session, then dry runs."""
    with database.read() as connection:
        plan = current(connection, database.study_id)
        rows = connection.execute(
            f"{select_sql(plan)} WHERE a.study_id = ? AND a.reader_id = ? "
            f"ORDER BY a.session <> {TRAINING}, a.session, a.position",
            (database.study_id, reader_id),
        ).fetchall()
    return [assignment_of(row) for row in rows]


def assignment(database: Database, reader_id: int, code: str) -> Assignment:
    """The assignment behind a code.

    Raises
    ------
    AccessError
        when the code is not one of this reader's; whether it is anybody's is not told.
    ConflictError
        while the session of the case is not open.
    """
    with database.read() as connection:
        return assignment_of(open_row(connection, database, reader_id, code)[0])


def next_assignment(database: Database, reader_id: int, after: str | None = None) -> Assignment | None:
    """First unsigned assignment behind the code `after` in the reader's order, then from the start.

    Cases of sessions that are not open are passed over.
    """
    with database.read() as connection:
        plan = current(connection, database.study_id)
        session, position = -1, 0
        if after is not None:
            here = own_row(connection, database.study_id, plan, reader_id, after)
            session, position = _rank(here["session"]), here["position"]
        rank = f"CASE a.session WHEN {TRAINING} THEN 0 ELSE a.session END"
        rows = connection.execute(
            f"{select_sql(plan)} WHERE a.study_id = ? AND a.reader_id = ? AND a.code IS NOT ? "
            f"AND NOT {done_sql(plan)} ORDER BY ({rank}, a.position) < (?, ?), {rank}, a.position",
            (database.study_id, reader_id, after, session, position),
        )
        closed: dict[int, bool] = {}
        for row in rows:
            number = row["session"]
            if number not in closed:
                found = gate_now(connection, database.study_id, plan, reader_id, number, now=database.now())
                closed[number] = not found.open
            if not closed[number]:
                return assignment_of(row)
    return None


def open_row(
    connection: sqlite3.Connection, database: Database, reader_id: int, code: str
) -> tuple[sqlite3.Row, Protocol]:
    """Row of a reader's own assignment in an open session, and the protocol.

    Raises
    ------
    AccessError
        when the code is not one of this reader's.
    ConflictError
        while the session of the case is not open.
    """
    study_id = database.study_id
    plan = current(connection, study_id)
    own = own_row(connection, study_id, plan, reader_id, code)
    require_open(connection, study_id, plan, reader_id, own["session"], now=database.now())
    return own, plan


def _rank(session: int) -> int:
    """Place of a session in a reader's order: training comes first."""
    return 0 if session == TRAINING else session
