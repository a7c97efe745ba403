"""Scores of the models, by image group, and the model packages that gave them."""

from __future__ import annotations

import sqlite3

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from dls.domain import model_spec
from dls.errors import ConflictError, InputError
from dls.study import audit, package_choice
from dls.study.database import Database

MOST_CLASSES = 7
SUM_TOLERANCE = 1e-3


def add(
    database: Database,
    letter: str,
    package_sha256: str,
    case_ids: ArrayLike,
    group: ArrayLike,
    *,
    probabilities: ArrayLike,
    by: int | None = None,
) -> None:
    """Store a model's scores of image groups, in one transaction.

    Parameters
    ----------
    letter : of the model, "A" to "G"
    package_sha256 : hash of the model package that gave them, 64 hexadecimal digits
    case_ids, group : (g,) int, case and number of the group in it
    probabilities : (g, k), rows sum to 1, columns in the order of the task's classes

    Raises
    ------
    InputError
        when shapes, hash, numbers or cases do not fit.
    ConflictError
        when this package has scored one of the groups already, or the frozen protocol names another package.
    """
    cases, groups, scores = _checked(letter, package_sha256, case_ids, group, probabilities)
    now = database.now()
    with database.write() as connection:
        package_choice.refuse_other_package(connection, database.study_id, letter, package_sha256)
        package_id, marks = _package(connection, letter, package_sha256, now)
        padding = (None,) * (MOST_CLASSES - scores.shape[1])
        rows = [
            (package_id, case, number, *row, *padding)
            for case, number, row in zip(cases.tolist(), groups.tolist(), scores.tolist(), strict=True)
        ]
        try:
            marks.append(audit.insert(connection, "prediction", audit.SEALED["prediction"][1:], rows))
        except sqlite3.IntegrityError as error:
            raise _refused(error, letter) from error
        detail = {"letter": letter, "package": package_sha256, "count": len(rows)}
        audit.append(connection, now, "prediction.add", by, detail, *marks)


def packages(database: Database) -> dict[str, str]:
    """Package of every model whose scores the study shows, letter -> SHA-256."""
    with database.read() as connection:
        return package_choice.packages(connection, database.study_id)


def group_frame(database: Database, letter: str) -> pd.DataFrame:
    """A model's scores by image group.

    Returns
    -------
    columns case_id, group, then the task's classes; only cases of the study; empty without predictions

    Raises
    ------
    InputError
        when there is no such model.
    """
    classes = model_spec(letter).task.classes
    columns = ", ".join(f"p.p{i}" for i in range(len(classes)))
    with database.read() as connection:
        cursor = connection.cursor()
        cursor.row_factory = None
        rows = cursor.execute(
            f"SELECT p.case_id, p.group_index, {columns} FROM prediction p "
            "JOIN package k ON k.id = p.package_id "
            "JOIN study_case s ON s.case_id = p.case_id AND s.study_id = ? "
            "WHERE k.letter = ? AND k.sha256 = ? "
            "ORDER BY p.case_id, p.group_index",
            (database.study_id, letter, package_choice.packages(connection, database.study_id).get(letter)),
        ).fetchall()
    values = np.array(rows, dtype=np.float64).reshape(-1, 2 + len(classes))
    table = pd.DataFrame(values[:, 2:], columns=list(classes))
    table.insert(0, "case_id", values[:, 0].astype(np.int64))
    table.insert(1, "group", values[:, 1].astype(np.int64))
    return table


def patient_frame(database: Database, letter: str) -> pd.DataFrame:
    """A model's scores by patient, the mean over their image groups: index case_id, columns the classes.

    Source: Zhen et al. 2020, Methods (the groups' probability vectors are summed; the largest wins).
    """
    return group_frame(database, letter).drop(columns="group").groupby("case_id").mean()


def _package(
    connection: sqlite3.Connection, letter: str, sha256: str, now: str
) -> tuple[int, list[audit.Seal]]:
    row = connection.execute(
        "SELECT id FROM package WHERE letter = ? AND sha256 = ?", (letter, sha256)
    ).fetchone()
    if row is not None:
        return int(row[0]), []
    mark = audit.insert(connection, "package", ("letter", "sha256", "registered_at"), [(letter, sha256, now)])
    return mark.first, [mark]


def _checked(
    letter: str, package_sha256: str, case_ids: ArrayLike, group: ArrayLike, probabilities: ArrayLike
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    package_choice.check_package(letter, package_sha256)
    classes = model_spec(letter).task.classes
    cases = np.asarray(case_ids, dtype=np.int64)
    groups = np.asarray(group, dtype=np.int64)
    scores = np.asarray(probabilities, dtype=np.float64)
    if (
        cases.ndim != 1
        or not len(cases)
        or groups.shape != cases.shape
        or scores.shape != (len(cases), len(classes))
    ):
        raise InputError(
            "Predictions do not fit together",
            expected=f"(g,) cases, (g,) groups, (g, {len(classes)}) probabilities",
            got=f"{cases.shape}, {groups.shape}, {scores.shape}",
        )
    if not (np.all(scores >= 0) and np.allclose(scores.sum(axis=1), 1, rtol=0, atol=SUM_TOLERANCE)):
        raise InputError("Probabilities must be 0 or more and sum to 1 in every row")
    return cases, groups, scores


def _refused(error: sqlite3.IntegrityError, letter: str) -> InputError | ConflictError:
    if "FOREIGN KEY" in str(error):
        return InputError("Predictions of a case that is not in the database", remedy="add the cases first")
    return ConflictError(f"Model {letter}'s package has scored one of these groups already", got=str(error))
