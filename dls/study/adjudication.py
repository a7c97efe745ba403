"""Disputed cases as an adjudicator meets them: under codes of their own, with the readers' answers unnamed.

An adjudicator is an account that the protocol names and that reads no case of the study.
"""

from __future__ import annotations

import sqlite3

from dls.errors import AccessError
from dls.study import audit
from dls.study.consensus import Disagreement, disagreement
from dls.study.consensus_state import State, states
from dls.study.database import Database
from dls.study.order import opaque_code
from dls.study.protocol import Protocol, current
from dls.study.worklist import assignment


def adjudicates(plan: Protocol, account_id: int) -> bool:
    """Whether an account decides the disputed cases of a study."""
    return plan.consensus_mode == "adjudicator" and account_id in plan.adjudicators


def adjudicator_queue(database: Database, account_id: int) -> list[Disagreement]:
    """Cases that wait for an adjudicator, by session and case; none for anybody else.

    A case gets its code when it is listed first; that its answers were shown is in the trail then.
    """
    with database.read() as connection:
        waiting, codes = _waiting(connection, database.study_id, account_id)
    if any((s.session, s.case_id) not in codes for s in waiting):
        _give_codes(database, account_id)
        with database.read() as connection:
            waiting, codes = _waiting(connection, database.study_id, account_id)
    return [
        disagreement(s, codes[s.session, s.case_id], "decision", shown=True)
        for s in waiting
        if (s.session, s.case_id) in codes
    ]


def case_behind(database: Database, account_id: int, code: str) -> int:
    """Case whose images an account may see by a code: its own assignment, or one given for adjudication.

    Raises
    ------
    AccessError
        when it is neither; whether the code is anybody's is not told.
    ConflictError
        while the session of the assignment is not open.
    """
    with database.read() as connection:
        given = _given(connection, database.study_id, account_id, code)
    return assignment(database, account_id, code).case_id if given is None else int(given["case_id"])


def adjudicated_state(database: Database, account_id: int, code: str) -> State:
    """State of a case under an adjudicator's code.

    Raises
    ------
    AccessError
        when the code is not this adjudicator's.
    """
    with database.read() as connection:
        given = _given(connection, database.study_id, account_id, code)
        if given is None:
            raise AccessError("This case does not wait for your decision")
        return states(connection, database.study_id, given["session"], given["case_id"])[0]


def _given(connection: sqlite3.Connection, study_id: int, account_id: int, code: str) -> sqlite3.Row | None:
    """Session and case of a code that was given to this adjudicator, who still is one."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT session, case_id FROM adjudication WHERE code = ? AND study_id = ? AND adjudicator_id = ?",
        (code, study_id, account_id),
    ).fetchone()
    return row if adjudicates(current(connection, study_id), account_id) else None


def _waiting(
    connection: sqlite3.Connection, study_id: int, account_id: int
) -> tuple[list[State], dict[tuple[int, int], str]]:
    plan = current(connection, study_id)
    if not adjudicates(plan, account_id):
        return [], {}
    rows = connection.execute(
        "SELECT session, case_id, code FROM adjudication WHERE study_id = ? AND adjudicator_id = ?",
        (study_id, account_id),
    )
    codes = {(row["session"], row["case_id"]): str(row["code"]) for row in rows}
    return [s for s in states(connection, study_id) if s.released(plan) and not s.closed], codes


def _give_codes(database: Database, account_id: int) -> None:
    now, study_id = database.now(), database.study_id
    with database.write() as connection:
        waiting, codes = _waiting(connection, study_id, account_id)
        rows = [
            (opaque_code(), study_id, account_id, s.session, s.case_id, now)
            for s in waiting
            if (s.session, s.case_id) not in codes
        ]
        if rows:
            mark = audit.insert(connection, "adjudication", audit.SEALED["adjudication"][1:], rows)
            detail = {"study": study_id, "count": len(rows)}
            audit.append(connection, now, "answers.show", account_id, detail, mark)
