"""Long work that pages ask for and a runner does: stored, so that it survives a restart.

A job waits, runs, and ends as done, failed or cancelled.  Whoever runs one says so again every few seconds; a
running job of which nothing was heard for `SILENCE_SECONDS` belongs to a process that is gone, and waits
again, until it was begun `MOST_ATTEMPTS` times.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from dls.errors import ConflictError, InputError
from dls.study import audit
from dls.study.database import Database, timestamp

SILENCE_SECONDS = 20
MOST_ATTEMPTS = 3


class State(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def over(self) -> bool:
        """Whether nothing more happens to the job."""
        return self not in {State.WAITING, State.RUNNING}


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work.

    Parameters
    ----------
    kind : which work; its runner knows them
    settings : what it is about; JSON-able
    done, total, step : progress in the words of the work
    message : what came of it, or why it failed
    attempts : how often it was begun
    cancelling : whether somebody asked for its end
    """

    id: int
    kind: str
    settings: Mapping[str, Any]
    state: State
    done: int
    total: int
    step: str
    message: str
    attempts: int
    cancelling: bool
    asked_at: str
    ended_at: str | None


def ask(database: Database, kind: str, settings: Mapping[str, Any], by: int | None = None) -> int:
    """Store a job that waits and return its number; the same one that is not over is not asked twice."""
    text, now = audit.canonical(dict(settings)), database.now()
    with database.write() as connection:
        same = connection.execute(
            "SELECT id FROM job WHERE study_id = ? AND kind = ? AND settings = ? "
            "AND state IN ('waiting', 'running') AND cancelling = 0",
            (database.study_id, kind, text),
        ).fetchone()
        if same is not None:
            return int(same[0])
        made = connection.execute(
            "INSERT INTO job (study_id, kind, settings, asked_by, asked_at) VALUES (?, ?, ?, ?, ?)",
            (database.study_id, kind, text, by, now),
        )
        number = int(made.lastrowid or 0)
        detail = {"job": number, "kind": kind, "settings": dict(settings)}
        audit.append(connection, now, "job.ask", by, detail)
    return number


def claim(database: Database, runner: str) -> Job | None:
    """Begin the oldest job that waits or was left by a process that is gone; None when there is none.

    Parameters
    ----------
    runner : name of the process that will run it, different for every start
    """
    moment = database.clock()
    silent = timestamp(moment - timedelta(seconds=SILENCE_SECONDS))
    with database.write() as connection:
        _give_up(connection, silent, timestamp(moment))
        row = connection.execute(
            "SELECT id FROM job WHERE study_id = ? AND (state = 'waiting' OR "
            "(state = 'running' AND heard_at < ?)) ORDER BY id LIMIT 1",
            (database.study_id, silent),
        ).fetchone()
        if row is None:
            return None
        connection.execute(
            "UPDATE job SET state = 'running', runner = ?, heard_at = ?, attempts = attempts + 1, "
            "changes = changes + 1 WHERE id = ?",
            (runner, timestamp(moment), row[0]),
        )
        return _job(connection, int(row[0]))


def is_pending(database: Database) -> bool:
    """Whether a job waits, or was left by a process that is gone; reads only."""
    silent = timestamp(database.clock() - timedelta(seconds=SILENCE_SECONDS))
    with database.read() as connection:
        row = connection.execute(
            "SELECT 1 FROM job WHERE study_id = ? AND (state = 'waiting' OR "
            "(state = 'running' AND heard_at < ?)) LIMIT 1",
            (database.study_id, silent),
        ).fetchone()
    return row is not None


def is_wanted(database: Database, job: int, runner: str) -> bool:
    """Whether the runner shall go on with a job: it has it, and nobody cancelled it; reads only."""
    with database.read() as connection:
        return _wanted(connection, job, runner)


def report(database: Database, job: int, runner: str, *, done: int, total: int, step: str) -> bool:
    """Note how far a job is; False when it shall end: it was cancelled, or another process has taken it."""
    with database.write() as connection:
        connection.execute(
            "UPDATE job SET done = ?, total = ?, step = ?, heard_at = ?, changes = changes + 1 "
            "WHERE id = ? AND runner = ? AND state = 'running'",
            (done, total, step, database.now(), job, runner),
        )
        return _wanted(connection, job, runner)


def beat(database: Database, job: int, runner: str) -> bool:
    """Say that a job is still being worked at; False when it shall end, as for `report`."""
    with database.write() as connection:
        connection.execute(
            "UPDATE job SET heard_at = ? WHERE id = ? AND runner = ? AND state = 'running'",
            (database.now(), job, runner),
        )
        return _wanted(connection, job, runner)


def end(database: Database, job: int, runner: str, state: State, message: str) -> None:
    """Note what came of a job; nothing happens when another process has taken it."""
    now = database.now()
    with database.write() as connection:
        changed = connection.execute(
            "UPDATE job SET state = ?, message = ?, ended_at = ?, changes = changes + 1 "
            "WHERE id = ? AND runner = ? AND state = 'running'",
            (state.value, message, now, job, runner),
        ).rowcount
        if changed:
            audit.append(connection, now, "job.end", None, {"job": job, "state": state, "message": message})


def put_back(database: Database, job: int, runner: str) -> None:
    """Let a job wait again, because the process that ran it is being ended in good order."""
    with database.write() as connection:
        connection.execute(
            "UPDATE job SET state = 'waiting', runner = NULL, attempts = attempts - 1, changes = changes + 1 "
            "WHERE id = ? AND runner = ? AND state = 'running'",
            (job, runner),
        )


def cancel(database: Database, job: int, by: int | None = None) -> None:
    """End a job that waits, or ask the one that runs it to end.

    Raises
    ------
    ConflictError
        when it is over.
    InputError
        when there is no such job.
    """
    now = database.now()
    with database.write() as connection:
        found = _job(connection, job)
        if found.state.over:
            raise ConflictError("The job is over", got=found.state)
        ended = (State.CANCELLED.value, now) if found.state is State.WAITING else (found.state.value, None)
        connection.execute(
            "UPDATE job SET cancelling = 1, state = ?, ended_at = ?, changes = changes + 1 WHERE id = ?",
            (*ended, job),
        )
        audit.append(connection, now, "job.cancel", by, {"job": job})


def get(database: Database, job: int) -> Job:
    """One job; raises InputError when there is none."""
    with database.read() as connection:
        return _job(connection, job)


def newest(database: Database, limit: int = 20) -> list[Job]:
    """The study's newest jobs, newest first."""
    with database.read() as connection:
        rows = connection.execute(
            f"SELECT {_COLUMNS} FROM job WHERE study_id = ? ORDER BY id DESC LIMIT ?",
            (database.study_id, limit),
        ).fetchall()
    return [_from_row(row) for row in rows]


def change_counter(database: Database) -> int:
    """A number that grows with every step of any job."""
    with database.read() as connection:
        return int(connection.execute("SELECT coalesce(sum(changes), 0) FROM job").fetchone()[0])


def _give_up(connection: sqlite3.Connection, silent: str, now: str) -> None:
    """Jobs that no process survives fail, and those that were to be cancelled anyway are."""
    rows = connection.execute(
        "SELECT id, attempts, cancelling FROM job WHERE state = 'running' AND heard_at < ? "
        "AND (attempts >= ? OR cancelling = 1)",
        (silent, MOST_ATTEMPTS),
    ).fetchall()
    for row in rows:
        state = State.CANCELLED if row["cancelling"] else State.FAILED
        message = (
            ""
            if row["cancelling"]
            else f"The program ended {row['attempts']} times while it worked at this; look at the server's "
            "log and at the free memory, then ask again."
        )
        connection.execute(
            "UPDATE job SET state = ?, message = ?, ended_at = ?, changes = changes + 1 WHERE id = ?",
            (state.value, message, now, row["id"]),
        )
        detail = {"job": row["id"], "state": state, "message": message}
        audit.append(connection, now, "job.end", None, detail)


def _wanted(connection: sqlite3.Connection, job: int, runner: str) -> bool:
    row = connection.execute("SELECT runner, state, cancelling FROM job WHERE id = ?", (job,)).fetchone()
    return row is not None and row["runner"] == runner and row["state"] == "running" and not row["cancelling"]


_COLUMNS = "id, kind, settings, state, done, total, step, message, attempts, cancelling, asked_at, ended_at"


def _job(connection: sqlite3.Connection, job: int) -> Job:
    row = connection.execute(f"SELECT {_COLUMNS} FROM job WHERE id = ?", (job,)).fetchone()
    if row is None:
        raise InputError("There is no such job", got=str(job))
    return _from_row(row)


def _from_row(row: sqlite3.Row) -> Job:
    values = {**dict(row), "settings": json.loads(row["settings"]), "state": State(row["state"])}
    return Job(**{**values, "cancelling": bool(row["cancelling"])})
