"""A reader's assigned cases with what has been signed of them: the rows behind worklist, gate and progress.

A case is done when the stages that its condition asks for are signed: stage 1 is the reading without the
model's opinion, stage 2 the one after it was shown.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from dls.errors import AccessError
from dls.study.database import Database
from dls.study.protocol import Condition, Protocol, current

Status = Literal["unread", "draft", "signed"]
STAGES: dict[Condition, tuple[int, ...]] = {"unaided": (1,), "sequential": (1, 2), "aided": (2,)}
"""Stages that are signed under each condition, in order."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """A case that a reader is to read in a session.

    Parameters
    ----------
    code : opaque; the only name of the case that may reach the reader's browser
    case_id : for the server only
    position : 1, 2, ... in the reader's order
    status : "signed" when every stage is
    draft : what was autosaved and not yet signed
    condition : whether, and when, the model's opinion is shown
    stage : the stage to be signed next; the last one when all are signed
    """

    code: str
    case_id: int
    reader_id: int
    session: int
    position: int
    status: Status
    draft: dict[str, Any] | None
    condition: Condition = "unaided"
    stage: int = 1


ASSIGNMENTS = (
    "assignment a LEFT JOIN arm m ON m.assignment_id = a.id "
    "LEFT JOIN reading r1 ON r1.study_id = a.study_id AND r1.reader_id = a.reader_id "
    "AND r1.session = a.session AND r1.case_id = a.case_id AND r1.occasion = a.occasion "
    "AND r1.stage = 1 AND r1.revision = 1 "
    "LEFT JOIN reading r2 ON r2.study_id = a.study_id AND r2.reader_id = a.reader_id "
    "AND r2.session = a.session AND r2.case_id = a.case_id AND r2.occasion = a.occasion "
    "AND r2.stage = 2 AND r2.revision = 1 "
    "LEFT JOIN draft d ON d.assignment_id = a.id"
)
"""FROM clause: assignments a with their first signatures r1 and r2, arm m and draft d."""


def condition_sql(plan: Protocol) -> str:
    """SQL for the condition of an assignment: its arm where one was drawn, else its session's."""
    whens = "".join(f"WHEN {s.number} THEN '{s.condition}' " for s in plan.sessions if s.condition in STAGES)
    planned = f"CASE a.session {whens}ELSE 'unaided' END" if whens else "'unaided'"
    return f"coalesce(m.condition, {planned})"


def done_sql(plan: Protocol) -> str:
    """SQL that is 1 where every stage of an assignment is signed."""
    condition = condition_sql(plan)
    return (
        f"(({condition} = 'aided' OR r1.id IS NOT NULL) AND ({condition} = 'unaided' OR r2.id IS NOT NULL))"
    )


def without_stage(database: Database, session: int, stage: int) -> pd.DataFrame:
    """Cases that readers meet in a session under a condition that has no such stage, as in a crossover.

    Returns
    -------
    columns reader_id and case_id; empty before the order is drawn
    """
    with database.read() as connection:
        plan = current(connection, database.study_id)
        rows = connection.execute(
            f"SELECT a.reader_id, a.case_id, {condition_sql(plan)} AS condition FROM assignment a "
            "LEFT JOIN arm m ON m.assignment_id = a.id "
            "WHERE a.study_id = ? AND a.session = ? AND a.occasion = 1",
            (database.study_id, session),
        ).fetchall()
    without = [(reader_id, case_id) for reader_id, case_id, met in rows if stage not in STAGES[met]]
    return pd.DataFrame(without, columns=["reader_id", "case_id"], dtype=int)


def select_sql(plan: Protocol) -> str:
    """SELECT of assignments as `assignment_of` takes them."""
    return (
        f"SELECT a.*, {condition_sql(plan)} AS condition, r1.id AS stage1_id, r2.id AS stage2_id, "
        f"d.content AS draft FROM {ASSIGNMENTS}"
    )


def own_row(
    connection: sqlite3.Connection, study_id: int, plan: Protocol, reader_id: int, code: str
) -> sqlite3.Row:
    """The assignment of a code, if it is this reader's.

    Raises
    ------
    AccessError
        otherwise; whether the code is anybody's is not told.
    """
    row = connection.execute(
        f"{select_sql(plan)} WHERE a.code = ? AND a.study_id = ? AND a.reader_id = ?",
        (code, study_id, reader_id),
    ).fetchone()
    if row is None:
        raise AccessError("There is no such case on your worklist", remedy="go back to the worklist")
    found: sqlite3.Row = row
    return found


def due_stage(row: sqlite3.Row) -> int | None:
    """The stage that is to be signed next; None when all are signed."""
    condition: Condition = row["condition"]
    return next((stage for stage in STAGES[condition] if row[f"stage{stage}_id"] is None), None)


def assignment_of(row: sqlite3.Row) -> Assignment:
    """Assignment of a row of `select_sql`."""
    stage = due_stage(row)
    status: Status = "signed" if stage is None else "unread" if row["draft"] is None else "draft"
    draft = None if row["draft"] is None else json.loads(row["draft"])
    condition: Condition = row["condition"]
    return Assignment(
        row["code"],
        row["case_id"],
        row["reader_id"],
        row["session"],
        row["position"],
        status,
        draft,
        condition,
        STAGES[condition][-1] if stage is None else stage,
    )
