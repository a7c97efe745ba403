"""When a reader may read: training first, then session after session, each after its washout.

The clock is the server's.  Dry runs of investigators are always open.

Source of the washout: FDA, Clinical Performance Assessment: Considerations for Computer-Assisted Detection
Devices, 2022 (at least four weeks).
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from dls.errors import ConflictError, InputError
from dls.study import audit
from dls.study.assignments import ASSIGNMENTS, done_sql
from dls.study.database import Database, timestamp
from dls.study.protocol import TRAINING, Protocol, current


@dataclass(frozen=True, slots=True)
class SessionGate:
    """Whether a reader may read in a session now.

    Parameters
    ----------
    opens_at : UTC, ISO 8601, when a washout is running; None otherwise
    closed_because : in words; empty when the session is open
    """

    session: int
    opens_at: str | None = None
    closed_because: str = ""

    @property
    def open(self) -> bool:
        """Whether cases of the session may be opened."""
        return not self.closed_because


@dataclass(frozen=True, slots=True)
class WashoutOverride:
    """A session that was opened to a reader before its washout had passed, and why."""

    reader_id: int
    session: int
    reason: str


def gate(database: Database, reader_id: int, session: int) -> SessionGate:
    """Whether a reader may read in a session of the study now."""
    with database.read() as connection:
        plan = current(connection, database.study_id)
        return gate_now(connection, database.study_id, plan, reader_id, session, now=database.now())


def require_open(
    connection: sqlite3.Connection, study_id: int, plan: Protocol, reader_id: int, session: int, *, now: str
) -> None:
    """Refuse work in a session that is not open.

    Raises
    ------
    ConflictError
        with the reason, and the time from which the session is open.
    """
    found = gate_now(connection, study_id, plan, reader_id, session, now=now)
    if not found.open:
        raise ConflictError(found.closed_because, remedy="go back to the worklist")


def gate_now(
    connection: sqlite3.Connection, study_id: int, plan: Protocol, reader_id: int, session: int, *, now: str
) -> SessionGate:
    """The gate of a session inside the caller's transaction."""
    if session >= TRAINING or (session == 1 and not plan.training_cases):
        return SessionGate(session)
    for before in [*([TRAINING] if plan.training_cases else []), *range(1, session)]:
        unread, last = _state(connection, study_id, plan, reader_id, before)
        name = "the training cases" if before == TRAINING else f"session {before}"
        if unread:
            return SessionGate(session, None, f"Session {session} opens after {name}")
    days = plan.sessions[session - 1].washout_days if session <= len(plan.sessions) else 0
    if session == 1 or not days or last is None:
        return SessionGate(session)
    opens_at = timestamp(datetime.fromisoformat(last) + timedelta(days=days))
    if now >= opens_at or _overridden(connection, study_id, reader_id, session):
        return SessionGate(session)
    return SessionGate(
        session,
        opens_at,
        f"Session {session} opens on {opens_at[:16].replace('T', ' ')} UTC, after a washout",
    )


def override_washout(
    database: Database, reader_id: int, session: int, reason: str, by: int | None = None
) -> None:
    """Open a session before its washout has passed, with a reason that is kept.

    Raises
    ------
    InputError
        when the reason is missing, or the protocol has no such reader or session.
    ConflictError
        when it is overridden already.
    """
    if not reason.strip():
        raise InputError("Overriding a washout needs a reason")
    now, study_id = database.now(), database.study_id
    with database.write() as connection:
        plan = current(connection, study_id)
        if reader_id not in plan.readers or not 2 <= session <= len(plan.sessions):
            raise InputError("The protocol has no such washout", got=f"reader {reader_id}, session {session}")
        if _overridden(connection, study_id, reader_id, session):
            raise ConflictError("This washout is overridden already")
        row = (study_id, reader_id, session, reason.strip(), by, now)
        mark = audit.insert(connection, "washout_override", audit.SEALED["washout_override"][1:], [row])
        detail = {"study": study_id, "reader": reader_id, "session": session, "reason": reason.strip()}
        audit.append(connection, now, "washout.override", by, detail, mark)


def overrides(database: Database) -> tuple[WashoutOverride, ...]:
    """Every washout of the study that was overridden, the oldest first."""
    with database.read() as connection:
        rows = connection.execute(
            "SELECT reader_id, session, reason FROM washout_override WHERE study_id = ? ORDER BY id",
            (database.study_id,),
        ).fetchall()
    return tuple(WashoutOverride(**dict(row)) for row in rows)


def _state(
    connection: sqlite3.Connection, study_id: int, plan: Protocol, reader_id: int, session: int
) -> tuple[int, str | None]:
    """Unsigned cases of a reader's session, and when its last reading was signed."""
    row = connection.execute(
        f"SELECT count(*) - coalesce(sum({done_sql(plan)}), 0), max(max(coalesce(r1.signed_at, ''), "
        f"coalesce(r2.signed_at, ''))) FROM {ASSIGNMENTS} "
        "WHERE a.study_id = ? AND a.reader_id = ? AND a.session = ?",
        (study_id, reader_id, session),
    ).fetchone()
    return int(row[0]), row[1] or None


def _overridden(connection: sqlite3.Connection, study_id: int, reader_id: int, session: int) -> bool:
    found = connection.execute(
        "SELECT 1 FROM washout_override WHERE study_id = ? AND reader_id = ? AND session = ?",
        (study_id, reader_id, session),
    ).fetchone()
    return found is not None
