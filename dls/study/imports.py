"""Where the images of cases came from: one row an import, written together with the case it becomes.

A row holds the hash of the delivery, the kind of its source, what the de-identification removed, and which
series became which sequence, with who said so and why.  A correction of the series is a new revision; once a
reader has signed the case, its images stay as they were seen.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dls.errors import ConflictError, InputError
from dls.study import audit, cases
from dls.study.cases import NewCase
from dls.study.database import Database

_COLUMNS = audit.SEALED["case_import"]
_OF_STUDY = "case_import i JOIN study_case s ON s.case_id = i.case_id AND s.study_id = ?"
_NEWEST = "i.revision = (SELECT max(revision) FROM case_import WHERE case_id = i.case_id)"


@dataclass(frozen=True, slots=True)
class NewImport:
    """What is to be written of an import.

    Parameters
    ----------
    delivery : hash of the content of the files, 32 hexadecimal digits
    lesion : 1, 2, ...; a case is one lesion, and several lesions of a patient share a delivery
    source : kind of source: folder, zip, browser, dicomweb or dimse
    files : number of images
    removed : what the de-identification took out, JSON-able; under `patients.PATIENT` the pseudonym that it
        gave the patient, where the files name one
    series : sequence -> {"stack", "title", "confidence", "reasons", "confirmed", "why"}; "stack" is the UID
    reason : why, where this corrects an earlier import of the case; else may be empty
    """

    delivery: str
    lesion: int
    source: str
    files: int
    removed: Mapping[str, Any]
    series: Mapping[str, Mapping[str, Any]]
    reason: str = ""

    @property
    def stacks(self) -> dict[str, str]:
        """Sequence -> UID of its stack."""
        return {sequence: str(said["stack"]) for sequence, said in self.series.items()}


@dataclass(frozen=True, slots=True)
class Import(NewImport):
    """A stored import; `imported_by` is the account, None for the command line."""

    id: int = 0
    case_id: int = 0
    revision: int = 1
    imported_by: int | None = None
    imported_at: str = ""


def add(
    database: Database,
    new: NewImport,
    *,
    case: NewCase | None = None,
    case_id: int | None = None,
    by: int | None = None,
) -> Import:
    """Write an import, and its case when that is new, in one transaction.

    The same import again (same files, lesion, series and case) changes nothing and returns what is there.

    Parameters
    ----------
    case : the case to add to the study; or else
    case_id : the case of the study that the images belong to

    Raises
    ------
    InputError
        when neither or both are given, the case is malformed or not of the study, or a correction has no
        reason.
    ConflictError
        when these files were imported as another case, a code is taken, the readers' order has been drawn, or
        a reader has signed the case.
    """
    if (case is None) == (case_id is None):
        raise InputError("An import needs a new case or one that exists", expected="exactly one of them")
    if case_id is not None:
        cases.get(database, case_id)
    with database.write() as connection:
        before = _before(connection, database.study_id, new, case, case_id)
        if before is not None and before.stacks == new.stacks and _same_files(before, new):
            return before
        target = before.case_id if before is not None else case_id
        if target is None:
            assert case is not None
            target = cases.insert(connection, database, [case], by)[0]
        else:
            _refuse_change(connection, database.study_id, target, before, new)
        revision = 1 if before is None else before.revision + 1
        return _insert(connection, database, new, (target, revision), by)


def of_case(database: Database, case_id: int) -> tuple[Import, ...]:
    """Imports of a case, the newest last; none for a phantom or a case without images."""
    return _found(database, "i.case_id = ? ORDER BY i.revision", case_id)


def of_delivery(database: Database, delivery: str) -> tuple[Import, ...]:
    """The newest import of every case of the study that a delivery became, by lesion."""
    return _found(database, f"i.delivery = ? AND {_NEWEST} ORDER BY i.lesion", delivery)


def newest(database: Database) -> tuple[Import, ...]:
    """The newest import of every case of the study, the newest first."""
    return _found(database, f"{_NEWEST} ORDER BY i.id DESC")


def _found(database: Database, where: str, *values: object) -> tuple[Import, ...]:
    with database.read() as connection:
        rows = connection.execute(
            f"SELECT i.* FROM {_OF_STUDY} WHERE {where}", (database.study_id, *values)
        ).fetchall()
    return tuple(_import(row) for row in rows)


def _before(
    connection: sqlite3.Connection, study_id: int, new: NewImport, case: NewCase | None, case_id: int | None
) -> Import | None:
    """The newest import that the new one repeats or corrects.

    Raises
    ------
    ConflictError
        when the files became another case than the one named now.
    """
    taken = connection.execute(
        f"SELECT i.*, c.code FROM {_OF_STUDY} JOIN patient_case c ON c.id = i.case_id "
        f"WHERE i.delivery = ? AND i.lesion = ? AND {_NEWEST}",
        (study_id, new.delivery, new.lesion),
    ).fetchone()
    if taken is not None:
        if case.code != taken["code"] if case is not None else case_id != taken["case_id"]:
            raise ConflictError(
                f"These files were imported before, as case {taken['code']}",
                expected=f"another lesion than number {new.lesion} of this patient, or other files",
                remedy="give the number of the lesion, when this is another lesion of the same patient",
            )
        return _import(taken)
    if case_id is None:
        return None
    row = connection.execute(
        "SELECT * FROM case_import WHERE case_id = ? ORDER BY revision DESC LIMIT 1", (case_id,)
    ).fetchone()
    return None if row is None else _import(row)


def _same_files(before: Import, new: NewImport) -> bool:
    return (before.delivery, before.lesion) == (new.delivery, new.lesion)


def _refuse_change(
    connection: sqlite3.Connection, study_id: int, case_id: int, before: Import | None, new: NewImport
) -> None:
    """Images of a case change only before anybody has signed it, and only with a reason."""
    signed = connection.execute(
        "SELECT 1 FROM reading WHERE study_id = ? AND case_id = ? LIMIT 1", (study_id, case_id)
    ).fetchone()
    if signed is not None:
        raise ConflictError(
            "A reader has signed this case, so that its images can no longer change",
            remedy="exclude the case with the reason, and import the images as another case",
        )
    if before is not None and not new.reason.strip():
        raise InputError(
            "The case has images already", expected="the reason why they are replaced", got="no reason"
        )


def _insert(
    connection: sqlite3.Connection, database: Database, new: NewImport, place: tuple[int, int], by: int | None
) -> Import:
    """Write an import as `place`, case and revision."""
    now = database.now()
    row = (
        *place,
        new.delivery,
        new.lesion,
        new.source,
        new.files,
        audit.canonical(dict(new.removed)),
        audit.canonical({s: dict(said) for s, said in new.series.items()}),
        new.reason,
        by,
        now,
    )
    try:
        mark = audit.insert(connection, "case_import", _COLUMNS[1:], [row])
    except sqlite3.IntegrityError as error:
        raise InputError("The import cannot be recorded", got=str(error)) from error
    detail = {"case": place[0], "delivery": new.delivery, "lesion": new.lesion, "source": new.source}
    audit.append(connection, now, "case.import", by, detail, mark)
    return _import(connection.execute("SELECT * FROM case_import WHERE id = ?", (mark.first,)).fetchone())


def _import(row: sqlite3.Row) -> Import:
    values = {name: row[name] for name in _COLUMNS}
    return Import(**{**values, "removed": json.loads(row["removed"]), "series": json.loads(row["series"])})
