"""Copies of the database that are known to be good: online backup, and restore after verification.

A backup is made while the program runs, by SQLite's own backup interface, as one file with no
write-ahead log.  A restore checks a copy first (file structure, foreign keys, audit trail, migrations), and
only then touches the database it replaces, of which it keeps a backup beside it.
Source: SQLite documentation, "Using the SQLite Online Backup API".
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from dls.errors import ConflictError, InputError
from dls.study import audit
from dls.study.database import Database


def backup(database: Database, target: Path, by: int | None = None) -> Path:
    """Copy the database to a new file, while it is in use; returns the file.

    Raises
    ------
    ConflictError
        when the file exists.
    InputError
        when the folder cannot be written to.
    """
    target = Path(target)
    if target.exists():
        raise ConflictError(
            "The backup would overwrite a file", got=str(target), remedy="choose another name"
        )
    audit.record(database, "study.backup", by, {"file": target.name})
    with _temporary_beside(target) as copy:
        single_file(copy_database(database.path, copy))
        os.replace(copy, target)
    return target


def backup_into(database: Database, folder: Path, keep: int, by: int | None = None) -> Path:
    """Add a backup to a folder, check it, and remove the oldest beyond `keep`; for a schedule.

    Only files that this function named are ever removed, and only after the new one proved sound.

    Raises
    ------
    InputError
        when the folder cannot be written to, or the backup is not sound.
    """
    if keep < 1:
        raise InputError("Bad number of backups to keep", expected="1 or more", got=str(keep))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError("The folder of the backups cannot be made", got=str(error)) from error
    stamp = database.clock().astimezone(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    made = backup(database, folder / f"{database.path.stem}-{stamp}.db", by)
    with _temporary_beside(made) as copy:
        _checked(Database(copy_database(made, copy)))
    for old in sorted(folder.glob(f"{database.path.stem}-{'[0-9]' * 8}T{'[0-9]' * 12}Z.db"))[:-keep]:
        old.unlink()
    return made


def integrity(database: Database) -> tuple[str, ...]:
    """What SQLite finds wrong with the structure of the file or its foreign keys; empty when all is well."""
    with database.read() as connection:
        found = [row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
        found += [
            f"{row['table']} {row['rowid']}: names a row of {row['parent']} that is missing"
            for row in connection.execute("PRAGMA foreign_key_check")
        ]
    return tuple(found)


def restore(source: Path, target: Path, *, replace: bool = False) -> audit.Verification:
    """Put a backup in the place of a database, after checking it; returns what the check of its trail gave.

    The backup stays as it is.  A database that is replaced is kept as `NAME.before-restore-TIME`.

    Raises
    ------
    InputError
        when the backup is missing, damaged, or its audit trail is broken; the target is unchanged.
    ConflictError
        when the target exists and `replace` is false.
    """
    source, target = Path(source), Path(target)
    if not source.is_file():
        raise InputError("There is no such backup", got=str(source))
    if target.exists() and not replace:
        raise ConflictError("There is a database already", got=str(target), remedy="restore with --replace")
    target.parent.mkdir(parents=True, exist_ok=True)
    with _temporary_beside(target) as copy:
        copy_database(source, copy)
        verification = _checked(Database(copy))
        if target.exists():
            stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
            copy_database(target, target.with_name(f"{target.name}.before-restore-{stamp}"))
        copy_database(copy, target)
    audit.record(Database(target), "study.restore", None, {"file": source.name})
    return verification


def check_backup(source: Path) -> audit.Verification:
    """Check a backup without putting it anywhere.

    Raises
    ------
    InputError
        when it is damaged, or its audit trail is broken.
    """
    with tempfile.TemporaryDirectory() as folder:
        return _checked(Database(copy_database(source, Path(folder) / source.name)))


def _checked(copy: Database) -> audit.Verification:
    """Verification of a copy that is sound and holds a study; anything else is an error."""
    verification = audit.verify(copy)
    problems = [*integrity(copy), *map(str, verification.faults)]
    if not verification.entries:
        problems.append("it holds no study")
    if problems:
        raise InputError("The backup is not sound", got=problems[0], remedy="take another one")
    return verification


def single_file(path: Path) -> Path:
    """Give up write-ahead logging and what was deleted: one file that can be copied anywhere."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("VACUUM")
    return path


def copy_database(source: Path, target: Path) -> Path:
    """Copy one database over another (or into a new file) in a single transaction of the target.

    Raises
    ------
    InputError
        when one of them is no database or cannot be written.
    """
    try:
        with closing(sqlite3.connect(source)) as origin, closing(sqlite3.connect(target)) as copy:
            origin.backup(copy)
    except sqlite3.DatabaseError as error:
        raise InputError("A database cannot be copied", got=f"{source}: {error}") from error
    return target


@contextmanager
def _temporary_beside(target: Path) -> Iterator[Path]:
    """Path in a new folder on the target's file system; the folder is removed afterwards."""
    try:
        with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as folder:
            yield Path(folder) / target.name
    except OSError as error:
        raise InputError("The folder cannot be written to", got=str(error)) from error
