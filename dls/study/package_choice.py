"""Which package of a model a study works with: the frozen one, else the chosen one, else the newest."""

from __future__ import annotations

import json
import re
import sqlite3

from dls.domain import model_spec
from dls.errors import ConflictError, InputError
from dls.study import audit
from dls.study.database import Database


def choose(database: Database, letter: str, sha256: str, by: int | None = None) -> None:
    """Choose a model's package for the study; choosing the one that is chosen changes nothing.

    Raises
    ------
    InputError
        when there is no such model or the hash is none.
    ConflictError
        when the frozen protocol names another package.
    """
    check_package(letter, sha256)
    now = database.now()
    with database.write() as connection:
        refuse_other_package(connection, database.study_id, letter, sha256)
        if _chosen(connection, database.study_id).get(letter) == sha256:
            return
        row = (database.study_id, letter, sha256, now)
        mark = audit.insert(connection, "package_choice", audit.SEALED["package_choice"][1:], [row])
        detail = {"study": database.study_id, "letter": letter, "package": sha256}
        audit.append(connection, now, "package.choose", by, detail, mark)


def choices(database: Database) -> dict[str, str]:
    """Chosen packages of the study, letter -> SHA-256; letters without a choice are absent."""
    with database.read() as connection:
        return _chosen(connection, database.study_id)


def packages(connection: sqlite3.Connection, study_id: int) -> dict[str, str]:
    """Packages whose scores the study shows, letter -> SHA-256: the frozen ones, else the open ones."""
    frozen = _frozen(connection, study_id)
    return open_packages(connection, study_id) if frozen is None else frozen


def open_packages(connection: sqlite3.Connection, study_id: int) -> dict[str, str]:
    """Package of every model, letter -> SHA-256: the chosen one, or the newest with scores in the study."""
    scored = connection.execute(
        "SELECT letter, sha256 FROM package k WHERE EXISTS (SELECT 1 FROM prediction p JOIN study_case s "
        "ON s.case_id = p.case_id AND s.study_id = ? WHERE p.package_id = k.id) ORDER BY id",
        (study_id,),
    )
    return {row["letter"]: row["sha256"] for row in scored} | _chosen(connection, study_id)


def check_package(letter: str, sha256: str) -> None:
    """Refuse what names no package.

    Raises
    ------
    InputError
        when there is no such model or the hash is none.
    """
    model_spec(letter)
    if not re.fullmatch("[0-9a-f]{64}", sha256):
        raise InputError("Bad hash of a model package", expected="64 hexadecimal digits", got=repr(sha256))


def refuse_other_package(connection: sqlite3.Connection, study_id: int, letter: str, sha256: str) -> None:
    """Refuse a package that is not the one that the protocol was frozen with.

    Raises
    ------
    ConflictError
        when the newest version of the protocol is frozen with another package, or with none of this model.
    """
    frozen = _frozen(connection, study_id)
    if frozen is not None and frozen.get(letter) != sha256:
        raise ConflictError(
            f"The protocol is frozen with another package of model {letter}",
            expected=frozen.get(letter, "none"),
            got=sha256,
            remedy="amend the protocol, which opens a new version of it",
        )


def _frozen(connection: sqlite3.Connection, study_id: int) -> dict[str, str] | None:
    """Packages that the newest version was frozen with, letter -> SHA-256; None while it is open."""
    row = connection.execute(
        "SELECT content FROM freeze WHERE protocol_id = "
        "(SELECT id FROM protocol WHERE study_id = ? ORDER BY version DESC LIMIT 1)",
        (study_id,),
    ).fetchone()
    return None if row is None else dict(json.loads(row[0])["packages"])


def _chosen(connection: sqlite3.Connection, study_id: int) -> dict[str, str]:
    rows = connection.execute(
        "SELECT letter, sha256 FROM package_choice WHERE study_id = ? ORDER BY id", (study_id,)
    )
    return {row["letter"]: row["sha256"] for row in rows}
