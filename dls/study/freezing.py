"""Freezing a protocol: its id covers protocol, case set with truth, model packages and code.

A freeze can be signed: the person enters their password again, and name, role, time and meaning are kept.
Source: 21 CFR 11.50 (name, date and time, and meaning of a signature), 11.200 (a part of the signature is
given at each signing).
"""

from __future__ import annotations

import hashlib
import sqlite3
from functools import lru_cache
from pathlib import Path
from typing import Any

from dls import __version__
from dls.errors import ConflictError, InputError
from dls.study import audit
from dls.study.accounts import confirm_password
from dls.study.database import Database
from dls.study.package_choice import open_packages
from dls.study.patients import patients
from dls.study.protocol import newest


def freeze(database: Database, by: int | None = None, reason: str = "frozen by hand") -> str:
    """Freeze the newest version and return its freeze id.

    Raises
    ------
    ConflictError
        when it is frozen already.
    InputError
        when the study has no cases.
    """
    now = database.now()
    with database.write() as connection:
        version = _open_version(connection, database.study_id)
        return freeze_version(connection, version, now, by, reason)


def sign_and_freeze(database: Database, account_id: int, password: str, meaning: str) -> str:
    """Freeze the newest version with a person's signature and return its freeze id.

    Parameters
    ----------
    password : of the signer, entered again at this moment
    meaning : what the signature says, for example "I approve this protocol"

    Raises
    ------
    AccessError
        when the password is wrong or the account may not sign.
    InputError
        when the meaning is missing, or the study has no cases.
    ConflictError
        when the version is frozen already.
    """
    if not meaning.strip():
        raise InputError("A signature needs a meaning")
    signer = confirm_password(database, account_id, password)
    now = database.now()
    with database.write() as connection:
        version = _open_version(connection, database.study_id)
        frozen = freeze_version(connection, version, now, signer.id, meaning.strip())
        row = (frozen, signer.id, signer.name, signer.role.value, meaning.strip(), now)
        mark = audit.insert(connection, "signature", audit.SEALED["signature"][1:], [row])
        detail = {"study": database.study_id, "freeze_id": frozen, "meaning": meaning.strip()}
        audit.append(connection, now, "protocol.sign", signer.id, detail, mark)
    return frozen


def signatures(database: Database) -> dict[str, dict[str, Any]]:
    """Signatures under the study's freezes: freeze id -> name, role, meaning, signed_at."""
    with database.read() as connection:
        rows = connection.execute(
            "SELECT s.freeze_id, s.name, s.role, s.meaning, s.signed_at FROM signature s "
            "JOIN freeze f ON f.freeze_id = s.freeze_id WHERE f.study_id = ?",
            (database.study_id,),
        ).fetchall()
    return {row["freeze_id"]: {name: row[name] for name in row.keys()[1:]} for row in rows}


def frozen_patients(database: Database) -> set[int]:
    """The patients of whom a study with a frozen protocol analyses a case, in the whole database.

    Their numbers are those of `dls.study.patients`, so that lesions outside that study are known as theirs.
    """
    with database.read() as connection:
        rows = connection.execute(
            "SELECT DISTINCT a.case_id FROM analysed_case a JOIN protocol p ON p.study_id = a.study_id "
            "JOIN freeze f ON f.protocol_id = p.id"
        ).fetchall()
        return set(patients(connection, [row[0] for row in rows]))


def freeze_version(
    connection: sqlite3.Connection, version: sqlite3.Row, now: str, by: int | None, reason: str
) -> str:
    """Freeze a version inside the caller's transaction; returns the freeze id."""
    study_id = version["study_id"]
    content = audit.canonical(
        {
            "protocol": version["sha256"],
            "cases": _case_set(connection, study_id),
            "packages": open_packages(connection, study_id),
            "code": code_version(),
        }
    )
    frozen = audit.sha256(f"{version['id']}|{content}")
    row = (study_id, version["id"], content, frozen, reason, now)
    mark = audit.insert(connection, "freeze", audit.SEALED["freeze"][1:], [row])
    detail = {"study": study_id, "version": version["version"], "freeze_id": frozen, "reason": reason}
    audit.append(connection, now, "protocol.freeze", by, detail, mark)
    return frozen


PAGES = "program"
"""Folder of the installed package that holds what lies beside dls/ in a checkout."""


@lru_cache
def code_version() -> str:
    """Version of the program, and a hash over its source files; installed or not, the same."""
    root = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(p for p in root.rglob("*.py") if PAGES not in p.relative_to(root).parts):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return f"{__version__}+{digest.hexdigest()[:16]}"


def _open_version(connection: sqlite3.Connection, study_id: int) -> sqlite3.Row:
    version = newest(connection, study_id)
    if version["freeze_id"] is not None:
        raise ConflictError("The protocol is frozen already", got=version["freeze_id"], remedy="amend it")
    if connection.execute("SELECT 1 FROM analysed_case WHERE study_id = ?", (study_id,)).fetchone() is None:
        raise InputError("A study without cases cannot be frozen", remedy="add cases first")
    return version


def _case_set(connection: sqlite3.Connection, study_id: int) -> str:
    rows = connection.execute(
        "SELECT c.code, c.lesion_class, c.reference_standard FROM patient_case c "
        "JOIN analysed_case s ON s.case_id = c.id WHERE s.study_id = ? ORDER BY c.id",
        (study_id,),
    )
    return audit.sha256(audit.canonical([tuple(row) for row in rows]))
