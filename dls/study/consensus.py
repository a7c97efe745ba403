"""One answer of all readers: automatic where they agree, decided by them where they do not.

The consensus is kept apart from the readings, so that nothing can take it for a further independent reader.
Where the protocol asks for it, readers who differ first read the case again, each without the others'
answers, and nobody is shown an answer before all have: in a joint session the most assertive reader prevails,
and independent answers first make that smaller.  Then they decide together, or an adjudicator who is not one
of them does, or the majority's class holds, where one class has it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from dls.domain import LesionClass
from dls.errors import AccessError, ConflictError, InputError
from dls.study import audit
from dls.study.consensus_state import State, states, still_to_be_read
from dls.study.database import Database
from dls.study.protocol import ConsensusMode, Protocol, current

Due = Literal["reread", "waiting", "decision"]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A case that all of its readers have signed and on which they differ.

    Parameters
    ----------
    case_id : for the server only
    code : the case's code for the reader or adjudicator who asked for the queue; None for others
    due : what comes next: the asking reader's second reading, those of others, or the decision
    readers, reread : number of readers, and of those who have read the case again
    answers, rereads : the readers' classes, first and second, each in the order of the classes, so that they
        tell nothing of who gave which; empty for a reader until every second reading is signed
    simulated : whether all of the readings are simulated
    """

    case_id: int
    session: int
    code: str | None
    due: Due
    readers: int
    reread: int
    answers: tuple[LesionClass, ...]
    rereads: tuple[LesionClass, ...]
    simulated: bool


def queue(database: Database, reader_id: int | None = None, session: int | None = None) -> list[Disagreement]:
    """Cases on the way to a decision, by session and case; with `reader_id` only those that reader read.

    A reader is told of a case only when nobody has to read it any more, in whatever session.  What a reader
    is told here is recorded: from then on the reader's own answers to these cases stay as they
    are.  Where an adjudicator decides, readers are told of cases to read again, and of no answer.
    """
    with database.read() as connection:
        plan = current(connection, database.study_id)
        waiting = [s for s in states(connection, database.study_id, session) if s.disputed and not s.closed]
        if reader_id is None:
            return [disagreement(s, None, _due(s, plan, None), shown=True) for s in waiting]
        own = _own(connection, database.study_id, reader_id)
        held = still_to_be_read(connection, database.study_id, plan)
    listed = [(s, own[s.session, s.case_id]) for s in waiting if (s.session, s.case_id) in own]
    listed = [(s, mine) for s, mine in listed if s.case_id not in held]
    if plan.consensus_mode == "adjudicator":
        listed = [(s, mine) for s, mine in listed if not s.released(plan)]
    told = [mine["code"] for s, mine in listed if s.released(plan)]
    if told:
        _record_answers_seen(database, reader_id, told)
    return [
        disagreement(s, str(mine["code"]), _due(s, plan, mine), shown=s.released(plan)) for s, mine in listed
    ]


def state_of(database: Database, reader_id: int, code: str) -> tuple[State, bool]:
    """State of a disputed case under a reader's code, and whether the reader has read it again.

    Raises
    ------
    AccessError
        when the case is not this reader's, not disputed or still to be read; which of these is not told.
    """
    with database.read() as connection:
        own, state = disputed_case(connection, database.study_id, reader_id, code)
    return state, bool(own["again"])


def disputed_case(
    connection: sqlite3.Connection, study_id: int, reader_id: int, code: str
) -> tuple[sqlite3.Row, State]:
    """A reader's assignment (with `again`: read again) and its state, when the readers differ on it.

    Raises
    ------
    AccessError
        when the case is not this reader's, not disputed or still to be read; which of these is not told.
    """
    for (session, case_id), own in _own(connection, study_id, reader_id, code).items():
        plan = current(connection, study_id)
        for state in states(connection, study_id, session, case_id):
            if state.disputed and not still_to_be_read(connection, study_id, plan, case_id):
                return own, state
    raise AccessError("This case does not wait for your decision")


def _own(
    connection: sqlite3.Connection, study_id: int, reader_id: int, code: str | None = None
) -> dict[tuple[int, int], sqlite3.Row]:
    """A reader's assignments (or the one of a code), each with whether it was read again."""
    rows = connection.execute(
        "SELECT a.id, a.session, a.case_id, a.code, w.id IS NOT NULL AS again FROM assignment a "
        "LEFT JOIN reread w ON w.assignment_id = a.id "
        "WHERE a.study_id = ? AND a.reader_id = ? AND a.occasion = 1 AND a.code = coalesce(?, a.code)",
        (study_id, reader_id, code),
    )
    return {(row["session"], row["case_id"]): row for row in rows}


def _due(state: State, plan: Protocol, own: sqlite3.Row | None) -> Due:
    if state.released(plan):
        return "decision"
    return "reread" if own is not None and not own["again"] else "waiting"


def disagreement(state: State, code: str | None, due: Due, *, shown: bool) -> Disagreement:
    """A case of the queue under its code for whoever asked; `shown`: whether they are told the answers."""
    return Disagreement(
        state.case_id,
        state.session,
        code,
        due,
        state.assigned,
        len(state.rereads),
        tuple(map(LesionClass, state.answers)) if shown else (),
        tuple(map(LesionClass, state.rereads)) if shown else (),
        state.simulated,
    )


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
    by : account of whoever records it: a reader of the study, or under "adjudicator" an adjudicator
    reason, seconds : why, and how long it took

    Raises
    ------
    ConflictError
        when readings or second readings are missing, the readers agree, or the case is decided.
    InputError
        when the mode is not the protocol's, or the class not the majority's.
    AccessError
        when `by` has no part in the decision.
    """
    lesion_class = LesionClass.parse(int(lesion_class))
    now = database.now()
    with database.write() as connection:
        plan = current(connection, database.study_id)
        if mode not in {None, plan.consensus_mode}:
            raise InputError("Another consensus mode was fixed", expected=plan.consensus_mode, got=str(mode))
        _require_part(plan, by)
        found = states(connection, database.study_id, session, case_id)
        state = _require_waiting(found[0] if found else None, case_id)
        if by in plan.readers and still_to_be_read(connection, database.study_id, plan, case_id):
            raise ConflictError("The case is still to be read, in another session or by other readers")
        if not state.released(plan):
            raise ConflictError(
                "The case is not yet read again by all of its readers",
                got=f"{len(state.rereads)} of {state.assigned}",
            )
        row = _row(
            database.study_id,
            state,
            _mode_of(state, plan, lesion_class),
            lesion_class,
            now,
            reason=reason,
            seconds=seconds,
            by=by,
        )
        _store(connection, [row], "consensus.decide", by=by)


def _require_part(plan: Protocol, by: int | None) -> None:
    adjudicated = plan.consensus_mode == "adjudicator"
    if by is not None and by not in (plan.adjudicators if adjudicated else plan.readers):
        who = "an adjudicator who is not a reader" if adjudicated else "a reader of the study"
        raise AccessError("This account has no part in the consensus", expected=who)


def _mode_of(state: State, plan: Protocol, lesion_class: LesionClass) -> str:
    """Mode of a decision by people; without a majority the readers decide together."""
    if plan.consensus_mode != "majority":
        return plan.consensus_mode
    agreed = state.majority(plan)
    if agreed not in {None, int(lesion_class)}:
        raise InputError("This is not the class of the majority", got=lesion_class.label)
    return "joint" if agreed is None else "majority"


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
        plan = current(connection, database.study_id)
        known = {s.case_id: s for s in states(connection, database.study_id, session)}
        rows = []
        for case_id, lesion_class in decisions.items():
            state = _require_waiting(known.get(case_id), case_id)
            if not state.simulated:
                raise ConflictError("A simulated consensus on real readings", got=f"case {case_id}")
            called = LesionClass.parse(int(lesion_class))
            mode = _mode_of(state, plan, called)
            rows.append(_row(database.study_id, state, mode, called, now, simulated=True))
        if rows:
            _store(connection, rows, "consensus.simulate", by=by)
    return len(rows)


def update_automatic(
    connection: sqlite3.Connection, study_id: int, session: int, case_ids: Iterable[int], now: str
) -> None:
    """Bring consensus that follows from the answers up to date, in the transaction that changed them."""
    wanted = set(case_ids)
    one = next(iter(wanted)) if len(wanted) == 1 else None
    plan = current(connection, study_id)
    rows = []
    for state in states(connection, study_id, session, one):
        if state.case_id not in wanted or not state.complete or state.by_people:
            continue
        outcome = state.outcome(plan)
        if outcome is None and state.closed:
            rows.append(_row(study_id, state, "withdrawn", None, now, reason="a reading was revised"))
        elif outcome is not None and outcome != (state.mode, state.consensus):
            mode, agreed = outcome
            made = state.simulated and not state.rereads
            rows.append(_row(study_id, state, mode, LesionClass(agreed), now, simulated=made))
    if rows:
        _store(connection, rows, "consensus.automatic")


def refuse_decided(connection: sqlite3.Connection, study_id: int, session: int, case_id: int) -> None:
    """Refuse the change of a reading on which readers have decided together, or which they are reading again.

    Raises
    ------
    ConflictError
        when the case has a consensus by people or is disputed and to be read again.
    """
    plan = current(connection, study_id)
    for state in states(connection, study_id, session, case_id):
        if state.by_people:
            raise ConflictError("The consensus on this case is decided; its readings stay as they are")
        if state.disputed and (plan.consensus_reread or state.rereads):
            raise ConflictError(
                "The readers differ on this case; its readings stay as they are",
                remedy="read it again on the Consensus page",
            )


def _require_waiting(state: State | None, case_id: int) -> State:
    if state is None or not state.complete:
        raise ConflictError("The case is not yet read by all of its readers", got=f"case {case_id}")
    if state.closed:
        raise ConflictError("The case has a consensus already", got=f"case {case_id}, {state.mode}")
    return state


def _row(
    study_id: int,
    state: State,
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
