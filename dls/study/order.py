"""The order in which each reader sees the cases: drawn once, stored, reproducible from the protocol's seed.

A case's place follows from the SHA-256 of (seed, study, reader, session, case, occasion), so that the order
is the same on every machine and with every version of every library.  The code under which a reader meets a
case is random, and differs between readers.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable
from itertools import groupby

import pandas as pd

from dls.errors import ConflictError, InputError
from dls.study import audit
from dls.study.database import Database
from dls.study.protocol import Protocol, current

_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_CODE_LENGTH = 12


def drawn_order(
    case_ids: Iterable[int], *, seed: int, study_id: int, reader_id: int, session: int
) -> list[int]:
    """Case ids in the order of one reader and session."""

    def lot(case_id: int) -> str:
        return audit.sha256(f"{seed}|{study_id}|{reader_id}|{session}|{case_id}|1")

    return sorted(case_ids, key=lot)


def opaque_code() -> str:
    """A random code of 12 letters and digits (59 bits) that says nothing of the case."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))


def assign(database: Database, by: int | None = None) -> int:
    """Draw and store the order of every reader and session that has none; returns the number of assignments.

    Raises
    ------
    InputError
        when the study has no cases.
    ConflictError
        when every reader has an order already.
    """
    now, study_id = database.now(), database.study_id
    with database.write() as connection:
        case_ids = _case_ids(connection, study_id)
        if not case_ids:
            raise InputError("The study has no cases", remedy="add cases before the order is drawn")
        plan = current(connection, study_id)
        rows = [
            (opaque_code(), study_id, reader, session, case_id, 1, position)
            for reader, session in _missing(connection, study_id, plan)
            for position, case_id in enumerate(
                drawn_order(case_ids, seed=plan.seed, study_id=study_id, reader_id=reader, session=session),
                start=1,
            )
        ]
        if not rows:
            raise ConflictError("Every reader of the protocol has an order already")
        mark = audit.insert(connection, "assignment", audit.SEALED["assignment"][1:], rows)
        audit.append(connection, now, "order.draw", by, {"study": study_id, "count": len(rows)}, mark)
    return len(rows)


def orders(database: Database) -> pd.DataFrame:
    """Stored orders: columns reader_id, session, position, case_id, occasion, code."""
    columns = ["reader_id", "session", "position", "case_id", "occasion", "code"]
    with database.read() as connection:
        rows = connection.execute(
            f"SELECT {', '.join(columns)} FROM assignment WHERE study_id = ? ORDER BY 1, 2, 3",
            (database.study_id,),
        ).fetchall()
    return pd.DataFrame([tuple(row) for row in rows], columns=columns)


def verify_order(database: Database) -> tuple[audit.Fault, ...]:
    """The first misplaced assignment of every order that no version of the protocol gives."""
    study_id = database.study_id
    with database.read() as connection:
        case_ids = _case_ids(connection, study_id)
        seeds = _seeds(connection, study_id)
        rows = connection.execute(
            "SELECT id, reader_id, session, case_id FROM assignment WHERE study_id = ? AND occasion = 1 "
            "ORDER BY reader_id, session, position",
            (study_id,),
        ).fetchall()
    faults = []
    for (reader, session), group in groupby(rows, key=lambda row: (row["reader_id"], row["session"])):
        stored = list(group)
        got = [row["case_id"] for row in stored]
        drawn = [
            drawn_order(case_ids, seed=seed, study_id=study_id, reader_id=reader, session=session)
            for seed in seeds
        ]
        if got not in drawn:
            misplaced = next(
                (i for i, pair in enumerate(zip(got, drawn[-1], strict=False)) if pair[0] != pair[1]), -1
            )
            faults.append(
                audit.Fault("assignment", stored[misplaced]["id"], "is not at the place that the seed gives")
            )
    return tuple(faults)


def orders_missing(database: Database) -> bool:
    """Whether a reader of the protocol has no order yet in one of the sessions."""
    with database.read() as connection:
        return bool(_missing(connection, database.study_id, current(connection, database.study_id)))


def _missing(connection: sqlite3.Connection, study_id: int, plan: Protocol) -> list[tuple[int, int]]:
    """Readers and sessions of the protocol without an order."""
    rows = connection.execute(
        "SELECT DISTINCT reader_id, session FROM assignment WHERE study_id = ?", (study_id,)
    )
    stored = {tuple(row) for row in rows}
    planned = [(reader, session.number) for reader in plan.readers for session in plan.sessions]
    return [pair for pair in planned if pair not in stored]


def _case_ids(connection: sqlite3.Connection, study_id: int) -> list[int]:
    rows = connection.execute(
        "SELECT case_id FROM study_case WHERE study_id = ? ORDER BY case_id", (study_id,)
    )
    return [row[0] for row in rows]


def _seeds(connection: sqlite3.Connection, study_id: int) -> list[int]:
    rows = connection.execute(
        "SELECT DISTINCT json_extract(content, '$.seed') FROM protocol WHERE study_id = ? ORDER BY version",
        (study_id,),
    )
    return [int(row[0]) for row in rows]
