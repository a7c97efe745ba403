"""Cases that were eligible and are not analysed, each with its reason: the flow of a study.

Source: Bossuyt et al., BMJ 2015;351:h5527 (STARD 2015), item 19.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from dls.errors import ConflictError, InputError
from dls.study import audit
from dls.study.cases import refuse_after_order
from dls.study.database import Database


@dataclass(frozen=True, slots=True)
class Flow:
    """From the patients assessed to the cases analysed.

    Parameters
    ----------
    assessed : all of them
    excluded : reason -> number
    training : cases kept for training the readers
    analysed : what is left
    """

    assessed: int
    excluded: dict[str, int]
    training: int
    analysed: int


def exclude(database: Database, case_id: int, reason: str, by: int | None = None) -> None:
    """Take a case of the study out of its analysis before the readers' order is drawn.

    Raises
    ------
    InputError
        when the reason is missing or the case is not in the study.
    ConflictError
        when it is excluded already, or the order has been drawn.
    """
    _store(database, case_id, 1, reason, by)


def exclude_unseen(database: Database, patients: int, reason: str, by: int | None = None) -> None:
    """Note patients who were assessed and are no cases of the study.

    Raises
    ------
    InputError
        when the reason is missing or the number is not 1 or more.
    """
    if patients < 1:
        raise InputError("Bad number of excluded patients", expected="1 or more", got=str(patients))
    _store(database, None, patients, reason, by)


def flow(database: Database) -> Flow:
    """The flow of the study as it stands."""
    with database.read() as connection:
        rows = connection.execute(
            "SELECT reason, sum(cases) FROM exclusion WHERE study_id = ? GROUP BY reason ORDER BY min(id)",
            (database.study_id,),
        ).fetchall()
        members, analysed, inside = connection.execute(
            "SELECT (SELECT count(*) FROM study_case WHERE study_id = :study), "
            "(SELECT count(*) FROM analysed_case WHERE study_id = :study), "
            "(SELECT count(*) FROM exclusion WHERE study_id = :study AND case_id IS NOT NULL)",
            {"study": database.study_id},
        ).fetchone()
    excluded = {row[0]: int(row[1]) for row in rows}
    unseen = sum(excluded.values()) - inside
    return Flow(members + unseen, excluded, members - inside - analysed, analysed)


def left_out(database: Database) -> dict[str, list[str]]:
    """Codes of the cases of the study that are not analysed, by reason of exclusion; "" is for training."""
    with database.read() as connection:
        rows = connection.execute(
            "SELECT coalesce(e.reason, ''), c.code FROM study_case s JOIN patient_case c ON c.id = s.case_id "
            "LEFT JOIN exclusion e ON e.case_id = s.case_id AND e.study_id = s.study_id "
            "WHERE s.study_id = ? AND NOT EXISTS "
            "(SELECT 1 FROM analysed_case a WHERE a.study_id = s.study_id AND a.case_id = s.case_id) "
            "ORDER BY c.id",
            (database.study_id,),
        ).fetchall()
    found: dict[str, list[str]] = {}
    for reason, code in rows:
        found.setdefault(reason, []).append(code)
    return found


def _store(database: Database, case_id: int | None, cases: int, reason: str, by: int | None) -> None:
    if not reason.strip():
        raise InputError("An exclusion needs a reason")
    now, study_id = database.now(), database.study_id
    with database.write() as connection:
        if case_id is not None:
            refuse_after_order(connection, study_id)
        row = (study_id, case_id, cases, reason.strip(), now)
        try:
            mark = audit.insert(connection, "exclusion", audit.SEALED["exclusion"][1:], [row])
        except sqlite3.IntegrityError as error:
            if "FOREIGN KEY" in str(error):
                raise InputError("There is no such case in the study", got=str(case_id)) from error
            raise ConflictError("This case is excluded already", got=str(case_id)) from error
        detail = {"study": study_id, "cases": cases, "reason": reason.strip()}
        audit.append(connection, now, "case.exclude", by, detail, mark)
