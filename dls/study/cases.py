"""Cases: one lesion of one patient, its truth and where its images come from."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dls.domain import LesionClass
from dls.errors import ConflictError, InputError
from dls.study import audit
from dls.study.database import Database
from dls.study.patients import PATIENT, patients
from dls.study.protocol import newest, order_drawn

COLUMNS = (
    "code",
    "lesion_class",
    "reference_standard",
    "lesion_mm",
    "scanner",
    "image_source",
    "simulated_images",
)
"""What is stored of every case beside its clinical variables."""

TABLE = "table"
"""Image source of a case known from a table alone: it has no images, and its diameter is not known."""


LONGEST_CODE = 64
FORMULA = ("=", "+", "-", "@")
"""What a spreadsheet takes for the beginning of a formula; codes are exported into spreadsheets."""


@dataclass(frozen=True, slots=True)
class NewCase:
    """A case to be added.

    Parameters
    ----------
    code : name of the case for investigators, for example "V-001"; readers never see it
    lesion_class : truth
    reference_standard : how the truth is known, for example "histopathology"
    lesion_mm : largest diameter in mm
    scanner : maker, model and field strength
    clinical : variable -> value; a variable that is not there, or None, is missing
    image_source : "phantom:V-001", "import", or `TABLE`, which says that the diameter is not known
    simulated_images : whether the images were made by a program
    """

    code: str
    lesion_class: LesionClass
    reference_standard: str
    lesion_mm: float
    scanner: str
    clinical: Mapping[str, Any]
    image_source: str
    simulated_images: bool


@dataclass(frozen=True, slots=True)
class Case:
    """A stored case; fields as of `NewCase`, with its number in the database; an unknown diameter is NaN."""

    id: int
    code: str
    lesion_class: LesionClass
    reference_standard: str
    lesion_mm: float
    scanner: str
    clinical: dict[str, Any]
    image_source: str
    simulated_images: bool


def add(database: Database, new: Iterable[NewCase], by: int | None = None) -> list[int]:
    """Add cases to the database and to the study's case set, in one transaction; returns their ids in order.

    Raises
    ------
    InputError
        when a case is malformed, or the study does not exist.
    ConflictError
        when a code is there already, or the readers' order has been drawn.
    """
    new = list(new)
    if not new:
        return []
    with database.write() as connection:
        return insert(connection, database, new, by)


def insert(
    connection: sqlite3.Connection, database: Database, new: Iterable[NewCase], by: int | None = None
) -> list[int]:
    """Do what `add` does inside the caller's transaction; there must be a case."""
    now, new = database.now(), list(new)
    rows = [_row(case, now) for case in new]
    refuse_after_order(connection, database.study_id)
    try:
        cases = audit.insert(connection, "patient_case", audit.SEALED["patient_case"][1:], rows)
    except sqlite3.IntegrityError as error:
        raise ConflictError(
            "A case with this code exists already",
            got=", ".join(case.code for case in new),
            remedy="give another code, or name the case by its number to add images to it",
        ) from error
    ids = list(range(cases.first, cases.last + 1))
    members = audit.insert(
        connection, "study_case", ("study_id", "case_id"), [(database.study_id, i) for i in ids]
    )
    detail = {"study": database.study_id, "count": len(ids)}
    audit.append(connection, now, "case.add", by, detail, cases, members)
    return ids


def include(database: Database, case_ids: Iterable[int], by: int | None = None) -> int:
    """Take cases that are in the database into the study's case set; returns how many.

    Raises
    ------
    InputError
        when the database has no such case.
    ConflictError
        when the study has one of them, or the readers' order has been drawn.
    """
    rows = [(database.study_id, case_id) for case_id in case_ids]
    if not rows:
        return 0
    now = database.now()
    with database.write() as connection:
        refuse_after_order(connection, database.study_id)
        try:
            mark = audit.insert(connection, "study_case", ("study_id", "case_id"), rows)
        except sqlite3.IntegrityError as error:
            if "FOREIGN KEY" in str(error):
                raise InputError("One of the cases is not in the database", got=str(error)) from error
            raise ConflictError("The study has one of these cases already", got=str(error)) from error
        audit.append(
            connection, now, "case.include", by, {"study": database.study_id, "count": len(rows)}, mark
        )
    return len(rows)


def get(database: Database, case_id: int) -> Case:
    """One case of the study.

    Raises
    ------
    InputError
        when the study has no such case.
    """
    with database.read() as connection:
        row = connection.execute(
            "SELECT c.* FROM patient_case c JOIN study_case s ON s.case_id = c.id "
            "WHERE s.study_id = ? AND c.id = ?",
            (database.study_id, case_id),
        ).fetchone()
    if row is None:
        raise InputError("There is no such case in the study", got=str(case_id))
    return Case(
        row["id"],
        row["code"],
        LesionClass(row["lesion_class"]),
        row["reference_standard"],
        math.nan if row["image_source"] == TABLE else row["lesion_mm"],
        row["scanner"],
        json.loads(row["clinical"]),
        row["image_source"],
        bool(row["simulated_images"]),
    )


def frame(database: Database) -> pd.DataFrame:
    """The analysed cases of the study, without excluded and training cases.

    Returns
    -------
    index case_id; `COLUMNS`, then `PATIENT` (a number that lesions of one patient share, see
    `dls.study.patients`), then the clinical variables (None is missing)
    """
    with database.read() as connection:
        rows = connection.execute(
            f"SELECT c.id, {', '.join('c.' + name for name in COLUMNS)}, c.clinical FROM patient_case c "
            "JOIN analysed_case s ON s.case_id = c.id WHERE s.study_id = ? ORDER BY c.id",
            (database.study_id,),
        ).fetchall()
        of_patient = patients(connection, [r["id"] for r in rows])
    table = pd.DataFrame([tuple(r)[1:-1] for r in rows], columns=list(COLUMNS)).astype(
        {"lesion_class": np.int64, "lesion_mm": np.float64, "simulated_images": bool}
    )
    clinical = json.loads("[" + ",".join(r["clinical"] for r in rows) + "]")
    table.loc[table["image_source"] == TABLE, "lesion_mm"] = np.nan
    names = list(dict.fromkeys(name for record in clinical for name in record))
    for name in names:
        table[name] = pd.Series([record.get(name) for record in clinical])
    table.insert(len(COLUMNS), PATIENT, np.array(of_patient, dtype=np.int64))
    table.index = pd.Index([r["id"] for r in rows], dtype=np.int64, name="case_id")
    return table


def codes(database: Database) -> dict[int, str]:
    """Case id -> code of the analysed cases, in the order of `frame`."""
    with database.read() as connection:
        return {
            row[0]: row[1]
            for row in connection.execute(
                "SELECT c.id, c.code FROM patient_case c JOIN analysed_case s ON s.case_id = c.id "
                "WHERE s.study_id = ? ORDER BY c.id",
                (database.study_id,),
            )
        }


def checked_code(code: str) -> str:
    """The code of a case, when it can stand in lists, files and spreadsheets.

    Raises
    ------
    InputError
        when it is empty, too long, has characters that cannot be printed, or would be a formula.
    """
    if not code.strip():
        raise InputError("A case has no code")
    if len(code) > LONGEST_CODE or not code.isprintable() or code.startswith(FORMULA):
        raise InputError(
            "A case's code cannot be used",
            expected=f"up to {LONGEST_CODE} printable characters, the first none of {' '.join(FORMULA)}",
            got=repr(code if len(code) <= LONGEST_CODE else f"{code[:LONGEST_CODE]}…"),
            remedy="give a short code, such as V-001",
        )
    return code


def _row(case: NewCase, now: str) -> tuple:
    """Values of a case in the order of the sealed columns without id."""
    checked_code(case.code)
    if not (math.isfinite(case.lesion_mm) and case.lesion_mm > 0):
        raise InputError(
            f"Case {case.code}: bad lesion diameter", expected="mm above 0", got=str(case.lesion_mm)
        )
    clash = set(case.clinical) & {*COLUMNS, PATIENT, "case_id"}
    if clash:
        raise InputError(
            f"Case {case.code}: a clinical variable has the name of a column", got=", ".join(sorted(clash))
        )
    return (
        case.code,
        int(LesionClass.parse(int(case.lesion_class))),
        case.reference_standard,
        float(case.lesion_mm),
        case.scanner,
        _clinical_text(case),
        case.image_source,
        int(case.simulated_images),
        now,
    )


def _clinical_text(case: NewCase) -> str:
    try:
        return audit.canonical(dict(case.clinical))
    except (TypeError, ValueError) as error:
        raise InputError(
            f"Case {case.code}: clinical data must be numbers, texts, true, false or None", got=str(error)
        ) from error


def refuse_after_order(connection: sqlite3.Connection, study_id: int) -> None:
    """Refuse a change of the case set once the readers' order is drawn, or of a study that is not there."""
    if connection.execute("SELECT 1 FROM study WHERE id = ?", (study_id,)).fetchone() is None:
        raise InputError("The database has no such study", got=str(study_id), remedy="create the study first")
    if newest(connection, study_id)["freeze_id"] is not None:
        raise ConflictError(
            "The protocol is frozen with its case set",
            remedy="amend the protocol before the case set is changed",
        )
    if order_drawn(connection, study_id):
        raise ConflictError(
            "The readers' order has been drawn, so that the case set cannot grow",
            remedy="add cases before the order is drawn, or make another study",
        )
