"""The order in which each reader sees the cases: drawn once, stored, reproducible from the protocol's seed.

A case's place follows from the SHA-256 of (seed, study, reader, session, case, occasion), so that the order
is the same on every machine and with every version of every library.  Hidden repeats are taken from the first
third of a session and met again in its second half.  In a crossover half of each class is read aided first,
and the halves change from reader to reader.  The code under which a reader meets a case is random, and
differs between readers.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

import pandas as pd

from dls.errors import ConflictError, InputError
from dls.study import audit
from dls.study.database import Database
from dls.study.protocol import DRY_RUN, TRAINING, Condition, Protocol, current

_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_CODE_LENGTH = 12


@dataclass(frozen=True, slots=True)
class Place:
    """One place in a reader's order: the case, 1 or 2 for the occasion, and its arm in a crossover."""

    case_id: int
    occasion: int = 1
    arm: Condition | None = None


def drawn_order(
    case_ids: Iterable[int], *, seed: int, study_id: int, reader_id: int, session: int
) -> list[int]:
    """Case ids in the order of one reader and session."""

    def lot(case_id: int) -> str:
        return audit.sha256(f"{seed}|{study_id}|{reader_id}|{session}|{case_id}|1")

    return sorted(case_ids, key=lot)


def with_repeats(
    order: list[int], repeats: int, *, seed: int, study_id: int, reader_id: int, session: int
) -> list[tuple[int, int]]:
    """(case, occasion) of an order with hidden repeats put into its second half.

    Raises
    ------
    InputError
        when more than a third of the cases are to be repeated.
    """
    if 3 * repeats > len(order):
        raise InputError(
            "Too many hidden repeats", expected=f"up to a third of {len(order)} cases", got=str(repeats)
        )

    def lot(what: str, number: int) -> str:
        return audit.sha256(f"{seed}|{study_id}|{reader_id}|{session}|{number}|{what}")

    again = sorted(order[: len(order) // 3], key=lambda case_id: lot("repeat", case_id))[:repeats]
    half = len(order) // 2
    slots = sorted(range(half, len(order)), key=lambda place: lot("slot", place))[:repeats]
    before = dict(zip(sorted(slots), (c for c in order if c in again), strict=True))
    placed = []
    for place, case_id in enumerate(order):
        placed += [(before[place], 2)] if place in before else []
        placed.append((case_id, 1))
    return placed


def crossover_arms(
    classes: Mapping[int, int], *, seed: int, study_id: int, number: int, session: int
) -> dict[int, Condition]:
    """Arm of every case for the reader with this number (0, 1, ...) in the protocol.

    Within each class the numbers of aided and unaided cases differ by one at most, and so do they in all; the
    next reader and the second session of a pair have the arms the other way round.

    Parameters
    ----------
    classes : case id -> true class
    session : number of the session; odd is the first of a pair
    """
    pair = (session + 1) // 2

    def lot(case_id: int) -> tuple[int, str]:
        return classes[case_id], audit.sha256(f"{seed}|{study_id}|arm|{pair}|{case_id}")

    first = int(audit.sha256(f"{seed}|{study_id}|arm|{pair}")[0], 16) % 2
    return {
        case_id: "aided" if (place + first + number + session) % 2 else "unaided"
        for place, case_id in enumerate(sorted(classes, key=lot))
    }


def places(
    plan: Protocol, classes: Mapping[int, int], *, study_id: int, reader_id: int, session: int
) -> list[Place]:
    """The order of one reader and session as the protocol gives it.

    Parameters
    ----------
    classes : true class of every analysed case, by case id; of a training session only the ids matter
    """
    lots = {"seed": plan.seed, "study_id": study_id, "reader_id": reader_id, "session": session}
    if session == TRAINING:
        return [Place(case_id) for case_id in drawn_order(plan.training_cases, **lots)]
    planned = with_repeats(drawn_order(classes, **lots), plan.hidden_repeats, **lots)
    if plan.sessions[session - 1].condition != "crossover":
        return [Place(*place) for place in planned]
    number = plan.readers.index(reader_id)
    arms = crossover_arms(classes, seed=plan.seed, study_id=study_id, number=number, session=session)
    return [Place(case_id, occasion, arms[case_id]) for case_id, occasion in planned]


def opaque_code() -> str:
    """A random code of 12 letters and digits (59 bits) that says nothing of the case."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))


def assign(database: Database, by: int | None = None) -> int:
    """Draw and store the order of every reader and session that has none; returns the number of assignments.

    Raises
    ------
    InputError
        when the study has no cases, too few for its hidden repeats, or lacks one of its training cases.
    ConflictError
        when every reader has an order already.
    """
    now, study_id = database.now(), database.study_id
    with database.write() as connection:
        classes = _classes(connection, study_id)
        if not classes:
            raise InputError("The study has no cases", remedy="add cases before the order is drawn")
        plan = current(connection, study_id)
        _require_training_cases(connection, study_id, plan)
        drawn = {
            (reader, session): places(plan, classes, study_id=study_id, reader_id=reader, session=session)
            for reader, session in _missing(connection, study_id, plan)
        }
        if not drawn:
            raise ConflictError("Every reader of the protocol has an order already")
        return store_orders(connection, study_id, drawn, now, by=by)


def store_orders(
    connection: sqlite3.Connection,
    study_id: int,
    drawn: Mapping[tuple[int, int], list[Place]],
    now: str,
    *,
    by: int | None = None,
    action: str = "order.draw",
) -> int:
    """Store orders by reader and session, with their arms, in the caller's transaction."""
    rows, arms = [], []
    for (reader, session), order in drawn.items():
        for position, place in enumerate(order, start=1):
            rows.append((opaque_code(), study_id, reader, session, place.case_id, place.occasion, position))
            arms.append(place.arm)
    seals = [audit.insert(connection, "assignment", audit.SEALED["assignment"][1:], rows)]
    numbered = [(seals[0].first + i, arm) for i, arm in enumerate(arms) if arm is not None]
    if numbered:
        seals.append(audit.insert(connection, "arm", ("assignment_id", "condition"), numbered))
    audit.append(connection, now, action, by, {"study": study_id, "count": len(rows)}, *seals)
    return len(rows)


def orders(database: Database) -> pd.DataFrame:
    """Stored orders: columns reader_id, session, position, case_id, occasion, code."""
    columns = ["reader_id", "session", "position", "case_id", "occasion", "code"]
    with database.read() as connection:
        rows = connection.execute(
            f"SELECT {', '.join(columns)} FROM assignment WHERE study_id = ? ORDER BY 1, 2, 3",
            (database.study_id,),
        ).fetchall()
    return pd.DataFrame([tuple(row) for row in rows], columns=columns)


def verify_order(database: Database) -> tuple[audit.Fault, ...]:
    """The first misplaced assignment of every order that no version of the protocol gives."""
    study_id = database.study_id
    with database.read() as connection:
        classes = _classes(connection, study_id)
        plans = _plans(connection, study_id)
        rows = connection.execute(
            "SELECT a.id, a.reader_id, a.session, a.case_id, a.occasion, m.condition FROM assignment a "
            "LEFT JOIN arm m ON m.assignment_id = a.id WHERE a.study_id = ? AND a.session < ? "
            "ORDER BY a.reader_id, a.session, a.position",
            (study_id, DRY_RUN),
        ).fetchall()
    faults = []
    for (reader, session), group in groupby(rows, key=lambda row: (row["reader_id"], row["session"])):
        stored = list(group)
        got = [Place(row["case_id"], row["occasion"], row["condition"]) for row in stored]
        drawn = [
            places(plan, classes, study_id=study_id, reader_id=reader, session=session)
            for plan in plans
            if reader in plan.readers and (session == TRAINING or session <= len(plan.sessions))
        ]
        if got not in drawn:
            given = drawn[-1] if drawn else []
            misplaced = next(
                (i for i, pair in enumerate(zip(got, given, strict=False)) if pair[0] != pair[1]), -1
            )
            faults.append(
                audit.Fault("assignment", stored[misplaced]["id"], "is not at the place that the seed gives")
            )
    return tuple(faults)


def orders_missing(database: Database) -> bool:
    """Whether a reader of the protocol has no order yet in one of the sessions."""
    with database.read() as connection:
        return bool(_missing(connection, database.study_id, current(connection, database.study_id)))


def _missing(connection: sqlite3.Connection, study_id: int, plan: Protocol) -> list[tuple[int, int]]:
    """Readers and sessions of the protocol without an order."""
    rows = connection.execute(
        "SELECT DISTINCT reader_id, session FROM assignment WHERE study_id = ?", (study_id,)
    )
    stored = {tuple(row) for row in rows}
    sessions = [*([TRAINING] if plan.training_cases else []), *(s.number for s in plan.sessions)]
    planned = [(reader, session) for reader in plan.readers for session in sessions]
    return [pair for pair in planned if pair not in stored]


def _require_training_cases(connection: sqlite3.Connection, study_id: int, plan: Protocol) -> None:
    rows = connection.execute("SELECT case_id FROM study_case WHERE study_id = ?", (study_id,))
    missing = set(plan.training_cases) - {row[0] for row in rows}
    if missing:
        raise InputError(
            "A training case is not in the study", got=str(sorted(missing)), remedy="include it first"
        )


def _classes(connection: sqlite3.Connection, study_id: int) -> dict[int, int]:
    """True class of every analysed case, by case id."""
    rows = connection.execute(
        "SELECT s.case_id, c.lesion_class FROM analysed_case s JOIN patient_case c ON c.id = s.case_id "
        "WHERE s.study_id = ? ORDER BY s.case_id",
        (study_id,),
    )
    return {row[0]: row[1] for row in rows}


def _plans(connection: sqlite3.Connection, study_id: int) -> list[Protocol]:
    rows = connection.execute(
        "SELECT content FROM protocol WHERE study_id = ? ORDER BY version", (study_id,)
    ).fetchall()
    return [Protocol.from_dict(json.loads(row[0])) for row in rows]
