"""Which study of the file is open: the one that the application shows and commands work on."""

from __future__ import annotations

from pathlib import Path

from dls.errors import InputError
from dls.study import audit
from dls.study.database import Database
from dls.study.store import Store


def open_study(database: Database, study_id: int, by: int | None = None) -> None:
    """Show another study of the same file from now on; nothing of the others changes.

    Raises
    ------
    InputError
        when there is no such study.
    """
    now = database.now()
    with database.write() as connection:
        if connection.execute("SELECT 1 FROM study WHERE id = ?", (study_id,)).fetchone() is None:
            raise InputError("The database has no such study", got=str(study_id))
        mark = audit.insert(connection, "open_study", ("study_id", "opened_at"), [(study_id, now)])
        audit.append(connection, now, "study.open", by, {"study": study_id}, mark)


def open_study_id(database: Database) -> int:
    """Number of the open study; 1 where none was ever chosen."""
    with database.read() as connection:
        row = connection.execute("SELECT study_id FROM open_study ORDER BY id DESC LIMIT 1").fetchone()
    return 1 if row is None else int(row[0])


def opened_store(path: Path) -> Store:
    """Store of the open study of a file."""
    return Store(path, study_id=open_study_id(Database(path)))


def studies(database: Database) -> dict[int, str]:
    """Number -> title of every study in the file."""
    with database.read() as connection:
        return {row[0]: row[1] for row in connection.execute("SELECT id, title FROM study ORDER BY id")}
