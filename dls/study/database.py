"""One SQLite file: opening, migrating, and one connection per operation.

Every operation opens its own connection and closes it, so that threads and processes share nothing but the
file.  Writes take the write lock at their first statement (BEGIN IMMEDIATE), wait for each other up to
`BUSY_SECONDS`, and are on disk when they return (WAL with synchronous=FULL).
Source of the settings: SQLite documentation, "Write-Ahead Logging" and "PRAGMA synchronous".
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dls.errors import BusyError, DLSError, InputError, StorageError

BUSY_SECONDS = 10.0
TIME_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"
Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The present time in UTC."""
    return datetime.now(UTC)


def timestamp(moment: datetime) -> str:
    """UTC time as it is stored: ISO 8601 with microseconds and Z, so that text order is time order."""
    return moment.astimezone(UTC).strftime(TIME_FORMAT)


@dataclass(frozen=True, slots=True)
class PasswordCost:
    """Work of one argon2id hash; the defaults are the first choice of RFC 9106 for constrained memory.

    Parameters
    ----------
    passes : number of passes over the memory
    memory_kib : memory in KiB
    lanes : degree of parallelism
    """

    passes: int = 3
    memory_kib: int = 65536
    lanes: int = 4


CHEAP_PASSWORDS = PasswordCost(passes=1, memory_kib=8, lanes=1)
"""The least work there is: for tests, where no password protects anything."""


class Database:
    """The file of a study, opened and brought to the present schema.

    Parameters
    ----------
    path : the database file; it and its folder are made when missing
    study_id : the study in the file that every operation is about
    clock : gives the present time; replaced in tests
    password_cost : work of hashing one password

    Raises
    ------
    InputError
        when the file is no database of this program, or was written by a newer version of it.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        study_id: int = 1,
        clock: Clock = system_clock,
        password_cost: PasswordCost | None = None,
    ) -> None:
        self.path = Path(path)
        self.study_id = study_id
        self.clock = clock
        self.password_cost = password_cost or PasswordCost()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"The folder of {self.path} cannot be made", got=str(error)) from error
        self._migrate()

    def now(self) -> str:
        """The present time as it is stored."""
        return timestamp(self.clock())

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees one consistent state of the file and cannot write."""
        with self._connection() as connection:
            connection.execute("PRAGMA query_only = ON")
            connection.execute("BEGIN")
            yield connection

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A connection inside one transaction: committed and on disk at the end, or nothing changed."""
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """A configured connection; leaving it with an open transaction rolls that back."""
        try:
            connection = self._connect()
            try:
                yield connection
            finally:
                connection.close()
        except sqlite3.DatabaseError as error:
            raise _explained(error, self.path) from error

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    def _migrate(self) -> None:
        from sqlite_utils import Database as SqliteUtils

        from dls.study.schema import MIGRATIONS

        with self._connection() as connection:
            _write_ahead(connection)
            database = SqliteUtils(connection)
            self._refuse_newer({m.name for m in MIGRATIONS.applied(database)})
            if MIGRATIONS.pending(database):
                connection.execute("BEGIN IMMEDIATE")
                MIGRATIONS.apply(database)
                connection.execute("COMMIT")

    def _refuse_newer(self, applied: set[str]) -> None:
        from dls.study.schema import MIGRATIONS

        unknown = applied - {m.name for m in MIGRATIONS._migrations}
        if unknown:
            raise InputError(
                f"{self.path} was written by a newer version of this program",
                got=f"unknown migration {sorted(unknown)[-1]}",
                remedy="update the program, or restore a backup made by this version",
            )


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch the file to write-ahead logging, once in its life.

    SQLite does not wait here for others who do the same to a new file, so that the waiting is done by trial.
    """
    given_up_at = time.monotonic() + BUSY_SECONDS
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > given_up_at:
                raise
            time.sleep(0.01)


def _explained(error: sqlite3.DatabaseError, path: Path) -> DLSError | sqlite3.DatabaseError:
    """The error in the user's terms where the user can do something about it; else the error itself."""
    text = str(error)
    if "database is locked" in text:
        return BusyError(
            f"{path} stayed locked for {BUSY_SECONDS:g} seconds; nothing was saved",
            remedy="try again; if it lasts, end the other program that writes to it",
        )
    if "readonly" in text or "unable to open" in text:
        return StorageError(f"{path} cannot be opened for writing; nothing was saved", got=text)
    if "disk is full" in text or "disk I/O" in text:
        return StorageError(
            f"The disk of {path} takes no more; nothing was saved", got=text, remedy="free some space"
        )
    if "not a database" in text or "malformed" in text:
        return StorageError(f"{path} is damaged or no study database", got=text, remedy="restore a backup")
    return error
