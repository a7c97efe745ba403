"""One answer of all readers: automatic where they agree, decided by them where they do not.

The consensus is kept apart from the readings, so that nothing can take it for a further independent reader.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dls.domain import LesionClass
from dls.errors import AccessError, ConflictError, InputError
from dls.study import audit
from dls.study.database import TIME_FORMAT, Database
from dls.study.protocol import TRAINING, ConsensusMode, current

AUTOMATIC = {"unanimous", "withdrawn"}


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A case that all of its readers have signed and on which they differ.

    Parameters
    ----------
    case_id : for the server only
    code : the case's code for the reader who asked for the queue; None for others
    answers : the readers' classes, in the order of the classes, so that they tell nothing of who gave which
    simulated : whether all of the readings are simulated
    """

    case_id: int
    session: int
    code: str | None
    answers: tuple[LesionClass, ...]
    simulated: bool


def queue(database: Database, reader_id: int | None = None, session: int | None = None) -> list[Disagreement]:
    """Cases that wait for a decision, by session and case; with `reader_id` only those that reader read.

    What a reader is told here is recorded: from then on the reader's own answers to these cases stay as they
    are.
    """
    study_id = database.study_id
    with database.read() as connection:
        codes = {
            (row["session"], row["case_id"]): row["code"]
            for row in connection.execute(
                "SELECT session, case_id, code FROM assignment "
                "WHERE study_id = ? AND reader_id = ? AND occasion = 1",
                (study_id, reader_id),
            )
        }
        waiting = [
            s
            for s in _states(connection, study_id, session)
            if s.complete and not s.unanimous and not s.closed
        ]
    shown = [s for s in waiting if reader_id is None or (s.session, s.case_id) in codes]
    if reader_id is not None and shown:
        _record_answers_seen(database, reader_id, [codes[s.session, s.case_id] for s in shown])
    return [
        Disagreement(
            s.case_id,
            s.session,
            codes.get((s.session, s.case_id)),
            tuple(map(LesionClass, s.answers)),
            s.simulated,
        )
        for s in shown
    ]


def _record_answers_seen(database: Database, reader_id: int, codes: list[str]) -> None:
    """Note, once a case, that a reader has been shown the others' answers."""
    unseen = (
        "SELECT id FROM assignment a WHERE code IN (SELECT value FROM json_each(?)) "
        "AND NOT EXISTS (SELECT 1 FROM answers_seen s WHERE s.assignment_id = a.id) ORDER BY id"
    )
    wanted, now = audit.canonical(codes), database.now()
    with database.read() as connection:
        if connection.execute(unseen, (wanted,)).fetchone() is None:
            return
    with database.write() as connection:
        rows = [(row["id"], now) for row in connection.execute(unseen, (wanted,)).fetchall()]
        if rows:
            mark = audit.insert(connection, "answers_seen", ("assignment_id", "seen_at"), rows)
            detail = {"study": database.study_id, "count": len(rows)}
            audit.append(connection, now, "answers.show", reader_id, detail, mark)


def decide(
    database: Database,
    case_id: int,
    lesion_class: LesionClass,
    mode: ConsensusMode | None = None,
    *,
    session: int = 1,
    by: int | None = None,
    reason: str = "",
    seconds: float = 0.0,
) -> None:
    """Store the decision on a case of the queue.

    Parameters
    ----------
    mode : the protocol's when None
    by : account of whoever records it: a reader of the study, or with mode "adjudicator" anyone else
    reason, seconds : why, and how long it took

    Raises
    ------
    ConflictError
        when readings are missing, the readers agree, or the case is decided.
    InputError
        when the mode is not the protocol's, or the class not the majority's.
    AccessError
        when `by` has no part in the decision.
    """
    lesion_class = LesionClass.parse(int(lesion_class))
    now = database.now()
    with database.write() as connection:
        plan = current(connection, database.study_id)
        mode = mode or plan.consensus_mode
        if mode != plan.consensus_mode:
            raise InputError("Another consensus mode was fixed", expected=plan.consensus_mode, got=mode)
        if by is not None and (by in plan.readers) == (mode == "adjudicator"):
            who = "an adjudicator who is not a reader" if mode == "adjudicator" else "a reader of the study"
            raise AccessError("This account has no part in the consensus", expected=who)
        state = _waiting(connection, database.study_id, session, case_id)
        if mode == "majority" and state.majority != lesion_class:
            raise InputError("This is not the class of the majority", got=lesion_class.label)
        row = _row(database.study_id, state, mode, lesion_class, now, reason=reason, seconds=seconds, by=by)
        _store(connection, [row], "consensus.decide", by=by)


def add_simulated_consensus(
    database: Database, decisions: Mapping[int, LesionClass], *, session: int = 1, by: int | None = None
) -> int:
    """Store made-up decisions, marked as simulated, on simulated readings alone; returns their number.

    Raises
    ------
    ConflictError
        when a case is not in the queue, or one of its readings is real.
    """
    now = database.now()
    with database.write() as connection:
        mode = current(connection, database.study_id).consensus_mode
        states = {s.case_id: s for s in _states(connection, database.study_id, session)}
        rows = []
        for case_id, lesion_class in decisions.items():
            state = _require_waiting(states.get(case_id), case_id)
            if not state.simulated:
                raise ConflictError("A simulated consensus on real readings", got=f"case {case_id}")
            made = _row(
                database.study_id, state, mode, LesionClass.parse(int(lesion_class)), now, simulated=True
            )
            rows.append(made)
        if rows:
            _store(connection, rows, "consensus.simulate", by=by)
    return len(rows)


def frame(database: Database) -> pd.DataFrame:
    """Present consensus of every case that has one.

    Returns
    -------
    columns case_id, session, lesion_class, mode, simulated, decided_at (UTC); by session and case
    """
    with database.read() as connection:
        rows = connection.execute(
            "SELECT case_id, session, lesion_class, mode, simulated, decided_at FROM consensus c "
            f"WHERE study_id = ? AND lesion_class IS NOT NULL AND {_NO_NEWER} ORDER BY session, case_id",
            (database.study_id,),
        ).fetchall()
    names: dict[str, Any] = {
        "case_id": int,
        "session": int,
        "lesion_class": int,
        "mode": "str",
        "simulated": bool,
    }
    table = pd.DataFrame([tuple(r) for r in rows], columns=[*names, "decided_at"]).astype(names)
    table["decided_at"] = pd.to_datetime(table["decided_at"], format=TIME_FORMAT, utc=True).dt.as_unit("us")
    return table


def update_automatic(
    connection: sqlite3.Connection, study_id: int, session: int, case_ids: Iterable[int], now: str
) -> None:
    """Bring the unanimous consensus of cases up to date, in the transaction that changed their readings."""
    wanted = set(case_ids)
    one = next(iter(wanted)) if len(wanted) == 1 else None
    rows = []
    for state in _states(connection, study_id, session, one):
        if state.case_id not in wanted or not state.complete or state.mode not in AUTOMATIC | {None}:
            continue
        if state.unanimous and state.consensus != state.answers[0]:
            agreed = LesionClass(state.answers[0])
            rows.append(_row(study_id, state, "unanimous", agreed, now, simulated=state.simulated))
        elif not state.unanimous and state.closed:
            rows.append(_row(study_id, state, "withdrawn", None, now, reason="a reading was revised"))
    if rows:
        _store(connection, rows, "consensus.automatic")


def refuse_decided(connection: sqlite3.Connection, study_id: int, session: int, case_id: int) -> None:
    """Refuse the change of a reading on which readers have already decided together.

    Raises
    ------
    ConflictError
        when the case has a consensus that was not automatic.
    """
    for state in _states(connection, study_id, session, case_id):
        if state.closed and state.mode not in AUTOMATIC:
            raise ConflictError("The consensus on this case is decided; its readings stay as they are")


@dataclass(frozen=True, slots=True)
class _State:
    """Where a case stands: assigned readers, their newest answers (sorted), and the present consensus."""

    session: int
    case_id: int
    assigned: int
    answers: tuple[int, ...]
    simulated: bool
    revision: int
    mode: str | None
    consensus: int | None

    @property
    def complete(self) -> bool:
        return len(self.answers) == self.assigned > 1

    @property
    def unanimous(self) -> bool:
        return len(set(self.answers)) == 1

    @property
    def closed(self) -> bool:
        return self.consensus is not None

    @property
    def majority(self) -> int | None:
        """Class of more than half of the readers, if there is one."""
        answer, votes = Counter(self.answers).most_common(1)[0]
        return answer if 2 * votes > self.assigned else None


_NO_NEWER = (
    "NOT EXISTS (SELECT 1 FROM consensus n WHERE n.study_id = c.study_id AND n.session = c.session "
    "AND n.case_id = c.case_id AND n.revision > c.revision)"
)
_STATES = f"""
    SELECT a.session, a.case_id, count(*) AS assigned, group_concat(r.lesion_class) AS answers,
        min(r.simulated) AS simulated, coalesce(max(c.revision), 0) AS revision, c.mode,
        c.lesion_class AS consensus
    FROM assignment a
    LEFT JOIN reading r ON r.study_id = a.study_id AND r.session = a.session AND r.case_id = a.case_id
        AND r.reader_id = a.reader_id AND r.occasion = 1 AND r.stage = 1
        AND NOT EXISTS (SELECT 1 FROM reading s WHERE s.supersedes = r.id)
    LEFT JOIN consensus c ON c.study_id = a.study_id AND c.session = a.session AND c.case_id = a.case_id
        AND {_NO_NEWER}
    WHERE a.study_id = :study AND a.occasion = 1 AND a.session < {TRAINING} {{narrowed}}
    GROUP BY a.session, a.case_id ORDER BY a.session, a.case_id
"""


def _states(
    connection: sqlite3.Connection, study_id: int, session: int | None, case_id: int | None = None
) -> list[_State]:
    """Every case of a session (all sessions where None), or one case."""
    narrowed = "" if session is None else "AND a.session = :session"
    narrowed += "" if case_id is None else " AND a.case_id = :case"
    parameters = {"study": study_id, "session": session, "case": case_id}
    rows = connection.execute(_STATES.format(narrowed=narrowed), parameters).fetchall()
    return [
        _State(
            row["session"],
            row["case_id"],
            row["assigned"],
            tuple(sorted(int(a) for a in (row["answers"] or "").split(",") if a)),
            bool(row["simulated"]),
            row["revision"],
            row["mode"],
            row["consensus"],
        )
        for row in rows
    ]


def _waiting(connection: sqlite3.Connection, study_id: int, session: int, case_id: int) -> _State:
    found = _states(connection, study_id, session, case_id)
    return _require_waiting(found[0] if found else None, case_id)


def _require_waiting(state: _State | None, case_id: int) -> _State:
    if state is None or not state.complete:
        raise ConflictError("The case is not yet read by all of its readers", got=f"case {case_id}")
    if state.closed:
        raise ConflictError("The case has a consensus already", got=f"case {case_id}, {state.mode}")
    return state


def _row(
    study_id: int,
    state: _State,
    mode: str,
    lesion_class: LesionClass | None,
    now: str,
    *,
    reason: str = "",
    seconds: float = 0.0,
    simulated: bool = False,
    by: int | None = None,
) -> tuple:
    """Values of a consensus in the order of the sealed columns without id."""
    called = None if lesion_class is None else int(lesion_class)
    if not np.isfinite(seconds) or seconds < 0:
        raise InputError("Bad time", expected="seconds, 0 or more", got=repr(seconds))
    number = state.revision + 1
    return (
        study_id,
        state.session,
        state.case_id,
        number,
        mode,
        called,
        reason.strip(),
        float(seconds),
        int(simulated),
        by,
        now,
    )


def _store(connection: sqlite3.Connection, rows: list[tuple], action: str, *, by: int | None = None) -> None:
    """Store consensus rows, all made at one time in one study, with their entry in the trail."""
    study_id, now = rows[0][0], rows[0][-1]
    mark = audit.insert(connection, "consensus", audit.SEALED["consensus"][1:], rows)
    audit.append(connection, now, action, by, {"study": study_id, "count": len(rows)}, mark)
