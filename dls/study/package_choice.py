"""Which package of a model a study works with, where somebody chose one; newest choice first."""

from __future__ import annotations

import re
import sqlite3

from dls.domain import MODELS
from dls.errors import ConflictError, InputError
from dls.study import audit, freezing
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
    if letter not in MODELS:
        raise InputError("Unknown model", expected="one of " + ", ".join(MODELS), got=repr(letter))
    if not re.fullmatch("[0-9a-f]{64}", sha256):
        raise InputError("Bad hash of a model package", expected="64 hexadecimal digits", got=repr(sha256))
    now = database.now()
    with database.write() as connection:
        frozen = freezing.frozen_packages(connection, database.study_id)
        if frozen is not None and frozen.get(letter) != sha256:
            raise ConflictError(
                f"The protocol is frozen with another package of model {letter}",
                expected=frozen.get(letter, "none"),
                got=sha256,
                remedy="amend the protocol, which opens a new version of it",
            )
        if chosen(connection, database.study_id).get(letter) == sha256:
            return
        mark = audit.insert(
            connection,
            "package_choice",
            audit.SEALED["package_choice"][1:],
            [(database.study_id, letter, sha256, now)],
        )
        detail = {"study": database.study_id, "letter": letter, "package": sha256}
        audit.append(connection, now, "package.choose", by, detail, mark)


def choices(database: Database) -> dict[str, str]:
    """Chosen packages of the study, letter -> SHA-256; letters without a choice are absent."""
    with database.read() as connection:
        return chosen(connection, database.study_id)


def chosen(connection: sqlite3.Connection, study_id: int) -> dict[str, str]:
    """As `choices`, inside the caller's transaction."""
    rows = connection.execute(
        "SELECT letter, sha256 FROM package_choice WHERE study_id = ? ORDER BY id", (study_id,)
    ).fetchall()
    return {row["letter"]: row["sha256"] for row in rows}
