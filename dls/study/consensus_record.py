"""The consensus as data frames: the present one of every case, and the whole record with the originals."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dls.study import signed_readings
from dls.study.consensus_state import NO_NEWER
from dls.study.database import TIME_FORMAT, Database


def frame(database: Database) -> pd.DataFrame:
    """Present consensus of every case that has one.

    Returns
    -------
    columns case_id, session, lesion_class, mode, reason, seconds, simulated, decided_at (UTC); by session and
    case
    """
    with database.read() as connection:
        rows = connection.execute(
            "SELECT case_id, session, lesion_class, mode, reason, seconds, simulated, decided_at "
            "FROM consensus c WHERE study_id = ? AND lesion_class IS NOT NULL "
            f"AND {NO_NEWER} ORDER BY session, case_id",
            (database.study_id,),
        ).fetchall()
    names: dict[str, Any] = {
        "case_id": int,
        "session": int,
        "lesion_class": int,
        "mode": "str",
        "reason": "str",
        "seconds": float,
        "simulated": bool,
    }
    table = pd.DataFrame([tuple(r) for r in rows], columns=[*names, "decided_at"]).astype(names)
    table["decided_at"] = pd.to_datetime(table["decided_at"], format=TIME_FORMAT, utc=True).dt.as_unit("us")
    return table


def rereads(database: Database) -> pd.DataFrame:
    """Second readings of disputed cases.

    Returns
    -------
    columns case_id, session, reader_id, reader (name), lesion_class, comment, seconds, signed_at (ISO 8601,
    UTC); in the order of their signatures
    """
    with database.read() as connection:
        rows = connection.execute(
            "SELECT a.case_id, a.session, a.reader_id, p.name AS reader, w.lesion_class, w.comment, "
            "w.seconds, w.signed_at FROM reread w JOIN assignment a ON a.id = w.assignment_id "
            "JOIN account p ON p.id = a.reader_id WHERE a.study_id = ? ORDER BY w.id",
            (database.study_id,),
        ).fetchall()
    return pd.DataFrame([tuple(row) for row in rows], columns=REREAD)


def record(database: Database) -> pd.DataFrame:
    """Every consensus row, withdrawn ones too, beside the readings that it rests on.

    Returns
    -------
    columns case_id, session, revision, mode, lesion_class (missing where withdrawn), reason, seconds,
    simulated, decided_by (name; missing where it was automatic), decided_at (ISO 8601, UTC); then for every
    reader "reading of NAME", the class signed last before the decision, and "second reading of NAME"
    """
    with database.read() as connection:
        rows = connection.execute(
            "SELECT c.case_id, c.session, c.revision, c.mode, c.lesion_class, c.reason, c.seconds, "
            "c.simulated, p.name, c.decided_at FROM consensus c LEFT JOIN account p ON p.id = c.decided_by "
            "WHERE c.study_id = ? ORDER BY c.session, c.case_id, c.revision",
            (database.study_id,),
        ).fetchall()
    table = pd.DataFrame([tuple(row) for row in rows], columns=_RECORD)
    table = table.astype({"lesion_class": "Int64", "simulated": bool})
    first = signed_readings.frame(database, revisions=True)
    first = first[(first["occasion"] == 1) & (first["stage"] == 1)]
    signed = first["signed_at"].dt.strftime(TIME_FORMAT)
    _put_beside(table, first.assign(signed_at=signed), "reading of")
    _put_beside(table, rereads(database), "second reading of")
    return table


def _put_beside(table: pd.DataFrame, answers: pd.DataFrame, what: str) -> None:
    """Add a column a reader: the class that stood when the consensus of the row was made."""
    for reader, own in answers.groupby("reader", sort=True):
        by_case = dict(iter(own.groupby(["session", "case_id"])))
        column: list[int | None] = []
        for session, case_id, decided in zip(
            table["session"], table["case_id"], table["decided_at"], strict=True
        ):
            rows = by_case.get((session, case_id))
            stood = None if rows is None else rows.loc[rows["signed_at"] <= decided, "lesion_class"]
            column.append(None if stood is None or stood.empty else int(stood.iloc[-1]))
        table[f"{what} {reader}"] = pd.array(column, dtype="Int64")


REREAD = ["case_id", "session", "reader_id", "reader", "lesion_class", "comment", "seconds", "signed_at"]
_RECORD = [
    "case_id", "session", "revision", "mode", "lesion_class", "reason", "seconds", "simulated", "decided_by",
    "decided_at",
]  # fmt: skip
