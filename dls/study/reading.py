"""What a reader does: the worklist, drafts, signing, and revisions that keep what was signed before."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from dls.domain import LesionClass
from dls.errors import AccessError, ConflictError, InputError
from dls.study import audit, consensus
from dls.study.database import Database
from dls.study.protocol import code_version, freeze_version, newest

Status = Literal["unread", "draft", "signed"]
LONGEST_DRAFT = 65536
LONGEST_COMMENT = 10000


@dataclass(frozen=True, slots=True)
class Assignment:
    """A case that a reader is to read in a session.

    Parameters
    ----------
    code : opaque; the only name of the case that may reach the reader's browser
    case_id : for the server only
    position : 1, 2, ... in the reader's order
    draft : what was autosaved and not yet signed
    """

    code: str
    case_id: int
    reader_id: int
    session: int
    position: int
    status: Status
    draft: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Entry:
    """The answer of a reader to one case.

    Parameters
    ----------
    lesion_class : one of the seven classes
    malignancy : confidence that the lesion is malignant, 0-100
    ranking : classes from the likeliest on, `lesion_class` first; None where it was not asked
    active_seconds, wall_seconds : time at work on the case, and from opening to signing

    Raises
    ------
    InputError
        when a value is out of its range.
    """

    lesion_class: LesionClass
    malignancy: float
    ranking: tuple[LesionClass, ...] | None = None
    comment: str = ""
    active_seconds: float = 0.0
    wall_seconds: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "lesion_class", _class(self.lesion_class))
        if not _number_in(self.malignancy, 0, 100):
            raise InputError(
                "Confidence for malignancy out of range", expected="0 to 100", got=repr(self.malignancy)
            )
        if self.ranking is not None:
            ranking = tuple(_class(c) for c in self.ranking)
            object.__setattr__(self, "ranking", ranking)
            if len(set(ranking)) < len(ranking) or ranking[:1] != (self.lesion_class,):
                raise InputError(
                    "The ranking must begin with the class that was chosen and name each class once",
                    got=", ".join(c.label for c in ranking) or "nothing",
                )
        for name, seconds in (("active", self.active_seconds), ("wall-clock", self.wall_seconds)):
            if not _number_in(seconds, 0, math.inf):
                raise InputError(f"Bad {name} time", expected="seconds, 0 or more", got=repr(seconds))
        if len(self.comment) > LONGEST_COMMENT:
            raise InputError("The comment is too long", expected=f"up to {LONGEST_COMMENT} characters")


@dataclass(frozen=True, slots=True)
class Reading:
    """A signed answer; `signed_at` is UTC, ISO 8601."""

    id: int
    reader_id: int
    session: int
    case_id: int
    entry: Entry
    revision: int
    signed_at: str
    simulated: bool


@dataclass(frozen=True, slots=True)
class SimulatedReading:
    """An answer made up by the demo."""

    reader_id: int
    case_id: int
    entry: Entry
    session: int = 1


def worklist(database: Database, reader_id: int) -> list[Assignment]:
    """All assignments of a reader in their order, session by session."""
    with database.read() as connection:
        rows = connection.execute(
            f"{_ASSIGNMENTS} WHERE a.study_id = ? AND a.reader_id = ? ORDER BY a.session, a.position",
            (database.study_id, reader_id),
        ).fetchall()
    return [_assignment(row) for row in rows]


def assignment(database: Database, reader_id: int, code: str) -> Assignment:
    """The assignment behind a code.

    Raises
    ------
    AccessError
        when the code is not one of this reader's; whether it is anybody's is not told.
    """
    with database.read() as connection:
        return _assignment(_own(connection, database.study_id, reader_id, code))


def next_assignment(database: Database, reader_id: int, after: str | None = None) -> Assignment | None:
    """First unsigned assignment behind the code `after` in the reader's order, then from the start."""
    with database.read() as connection:
        session, position = 0, 0
        if after is not None:
            here = _own(connection, database.study_id, reader_id, after)
            session, position = here["session"], here["position"]
        row = connection.execute(
            f"{_ASSIGNMENTS} WHERE a.study_id = ? AND a.reader_id = ? AND r.id IS NULL AND a.code IS NOT ? "
            "ORDER BY (a.session, a.position) < (?, ?), a.session, a.position LIMIT 1",
            (database.study_id, reader_id, after, session, position),
        ).fetchone()
    return None if row is None else _assignment(row)


def save_draft(database: Database, reader_id: int, code: str, draft: Mapping[str, Any]) -> None:
    """Keep what a reader has entered so far; replaces the draft before it.

    Raises
    ------
    AccessError
        when the code is not one of this reader's.
    ConflictError
        when the case is signed.
    InputError
        when the draft is too large or cannot be written as JSON.
    """
    text = _draft_text(draft)
    now = database.now()
    with database.write() as connection:
        own = _own(connection, database.study_id, reader_id, code)
        if own["reading_id"] is not None:
            raise _signed_already()
        connection.execute("INSERT OR REPLACE INTO draft VALUES (?, ?, ?)", (own["id"], text, now))
        detail = {"assignment": own["id"], "sha256": audit.sha256(text)}
        audit.append(connection, now, "draft.save", reader_id, detail)


def sign(database: Database, reader_id: int, code: str, entry: Entry, *, simulated: bool = False) -> Reading:
    """Sign a case.  On disk when this returns; the last reader's signature makes a unanimous consensus.

    Raises
    ------
    AccessError
        when the code is not one of this reader's, or the account may not read any more.
    ConflictError
        when the case is signed already; a signed reading is changed by `revise`.
    """
    now = database.now()
    code_version()  # hashed before the write lock is taken
    with database.write() as connection:
        _require_reader(connection, reader_id)
        own = _own(connection, database.study_id, reader_id, code)
        if own["reading_id"] is not None:
            raise _signed_already()
        protocol_id = _frozen_protocol(connection, database.study_id, now, reader_id, simulated=simulated)
        row = _reading_row(own, entry, protocol_id, now, simulated=simulated)
        mark = audit.insert(connection, "reading", audit.SEALED["reading"][1:], [row])
        connection.execute("DELETE FROM draft WHERE assignment_id = ?", (own["id"],))
        audit.append(connection, now, "reading.sign", reader_id, {"assignment": own["id"]}, mark)
        consensus.update_automatic(connection, database.study_id, own["session"], [own["case_id"]], now)
    return Reading(mark.first, reader_id, own["session"], own["case_id"], entry, 1, now, simulated)


def revise(database: Database, reader_id: int, code: str, entry: Entry, reason: str) -> Reading:
    """Sign a changed answer; the one before stays, and a unanimous consensus that falls with it is withdrawn.

    Raises
    ------
    AccessError
        when the code is not one of this reader's, or the account may not read any more.
    ConflictError
        when there is no signed reading yet, or the case's consensus was decided with it.
    InputError
        when the reason is missing.
    """
    if not reason.strip():
        raise InputError("A revision needs a reason")
    now = database.now()
    with database.write() as connection:
        _require_reader(connection, reader_id)
        own = _own(connection, database.study_id, reader_id, code)
        before = _newest_reading(connection, database.study_id, own)
        if before is None:
            raise ConflictError("There is no signed reading to revise", remedy="sign the case first")
        consensus.refuse_decided(connection, database.study_id, own["session"], own["case_id"])
        protocol_id = _frozen_protocol(connection, database.study_id, now, reader_id, simulated=False)
        row = _reading_row(
            own, entry, protocol_id, now, simulated=False, before=before, reason=reason.strip()
        )
        mark = audit.insert(connection, "reading", audit.SEALED["reading"][1:], [row])
        detail = {"assignment": own["id"], "reason": reason.strip()}
        audit.append(connection, now, "reading.revise", reader_id, detail, mark)
        consensus.update_automatic(connection, database.study_id, own["session"], [own["case_id"]], now)
    number = int(before["revision"]) + 1
    return Reading(mark.first, reader_id, own["session"], own["case_id"], entry, number, now, False)


def signed_reading(database: Database, reader_id: int, code: str) -> Reading | None:
    """A reader's own signed answer, newest revision; None while the case is unsigned.

    Raises
    ------
    AccessError
        when the code is not one of this reader's.
    """
    with database.read() as connection:
        own = _own(connection, database.study_id, reader_id, code)
        row = _newest_reading(connection, database.study_id, own)
    if row is None:
        return None
    ranking = json.loads(row["ranking"]) if row["ranking"] else None
    entry = Entry(
        LesionClass(row["lesion_class"]),
        row["malignancy"],
        None if ranking is None else tuple(LesionClass(c) for c in ranking),
        row["comment"],
        row["active_seconds"],
        row["wall_seconds"],
    )
    return Reading(
        row["id"],
        reader_id,
        row["session"],
        row["case_id"],
        entry,
        row["revision"],
        row["signed_at"],
        bool(row["simulated"]),
    )


def add_simulated(database: Database, readings: Iterable[SimulatedReading], by: int | None = None) -> int:
    """Store made-up readings, marked as simulated, and their unanimous consensus; returns their number.

    They do not freeze the protocol.  All or none are stored.

    Raises
    ------
    InputError
        when a reading is of a case that is not assigned to its reader.
    ConflictError
        when one of the cases is signed already.
    """
    made = list(readings)
    now, study_id = database.now(), database.study_id
    with database.write() as connection:
        protocol_id = int(newest(connection, study_id)["id"])
        rows = connection.execute(f"{_ASSIGNMENTS} WHERE a.study_id = ? AND a.occasion = 1", (study_id,))
        assigned = {(row["reader_id"], row["session"], row["case_id"]): row for row in rows}
        values = []
        for reading in made:
            own = assigned.get((reading.reader_id, reading.session, reading.case_id))
            if own is None:
                raise InputError(
                    "A simulated reading is of a case that is not assigned to its reader",
                    got=f"reader {reading.reader_id}, session {reading.session}, case {reading.case_id}",
                    remedy="draw the order first",
                )
            values.append(_reading_row(own, reading.entry, protocol_id, now, simulated=True))
        if not values:
            return 0
        try:
            mark = audit.insert(connection, "reading", audit.SEALED["reading"][1:], values)
        except sqlite3.IntegrityError as error:
            raise _signed_already() from error
        audit.append(connection, now, "reading.simulate", by, {"study": study_id, "count": len(values)}, mark)
        for session in sorted({r.session for r in made}):
            cases = [r.case_id for r in made if r.session == session]
            consensus.update_automatic(connection, study_id, session, cases, now)
    return len(values)


def frame(database: Database, *, revisions: bool = False) -> pd.DataFrame:
    """Signed readings of the study, the newest revision of each (or every one).

    Returns
    -------
    columns reading_id, reader_id, reader (name), session, case_id, occasion, stage, revision, lesion_class,
    malignancy (0-100), comment, active_seconds, wall_seconds, signed_at (UTC), simulated; by reading_id
    """
    superseded = "SELECT supersedes FROM reading WHERE supersedes IS NOT NULL"
    with database.read() as connection:
        names = {row["id"]: row["name"] for row in connection.execute("SELECT id, name FROM account")}
        cursor = connection.cursor()
        cursor.row_factory = None
        # NOT INDEXED: the whole table in its own order is twice as fast as sorting what an index finds.
        rows = cursor.execute(
            "SELECT id, reader_id, session, case_id, occasion, stage, revision, lesion_class, malignancy, "
            "comment, active_seconds, wall_seconds, signed_at, simulated "
            f"FROM reading NOT INDEXED WHERE study_id = ? AND (? OR id NOT IN ({superseded})) ORDER BY id",
            (database.study_id, revisions),
        ).fetchall()
    columns = dict(zip(_FRAME, zip(*rows, strict=True) if rows else [()] * len(_FRAME), strict=True))
    arrays = {name: np.array(columns[name], dtype=dtype) for name, dtype in _FRAME.items()}
    table = pd.DataFrame({**arrays, "signed_at": arrays["signed_at"].astype("M8[us]")})
    table["signed_at"] = table["signed_at"].dt.tz_localize("UTC")
    table["comment"] = table["comment"].astype("str")
    table.insert(2, "reader", table["reader_id"].map(names).astype("str"))
    return table


_FRAME: dict[str, Any] = {
    "reading_id": np.int64,
    "reader_id": np.int64,
    "session": np.int64,
    "case_id": np.int64,
    "occasion": np.int64,
    "stage": np.int64,
    "revision": np.int64,
    "lesion_class": np.int64,
    "malignancy": np.float64,
    "comment": object,
    "active_seconds": np.float64,
    "wall_seconds": np.float64,
    "signed_at": "S26",  # without the final Z, which NumPy does not read
    "simulated": bool,
}
_ASSIGNMENTS = (
    "SELECT a.*, r.id AS reading_id, d.content AS draft FROM assignment a "
    "LEFT JOIN reading r ON r.study_id = a.study_id AND r.reader_id = a.reader_id AND r.session = a.session "
    "AND r.case_id = a.case_id AND r.occasion = a.occasion AND r.stage = 1 AND r.revision = 1 "
    "LEFT JOIN draft d ON d.assignment_id = a.id"
)


def _own(connection: sqlite3.Connection, study_id: int, reader_id: int, code: str) -> sqlite3.Row:
    """The assignment of a code, if it is this reader's."""
    row = connection.execute(
        f"{_ASSIGNMENTS} WHERE a.code = ? AND a.study_id = ? AND a.reader_id = ?", (code, study_id, reader_id)
    ).fetchone()
    if row is None:
        raise AccessError("There is no such case on your worklist", remedy="go back to the worklist")
    found: sqlite3.Row = row
    return found


def _assignment(row: sqlite3.Row) -> Assignment:
    status: Status = (
        "signed" if row["reading_id"] is not None else "unread" if row["draft"] is None else "draft"
    )
    draft = None if row["draft"] is None else json.loads(row["draft"])
    return Assignment(
        row["code"], row["case_id"], row["reader_id"], row["session"], row["position"], status, draft
    )


def _newest_reading(connection: sqlite3.Connection, study_id: int, own: sqlite3.Row) -> sqlite3.Row | None:
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM reading WHERE study_id = ? AND reader_id = ? AND session = ? AND case_id = ? "
        "AND occasion = ? AND stage = 1 ORDER BY revision DESC LIMIT 1",
        (study_id, own["reader_id"], own["session"], own["case_id"], own["occasion"]),
    ).fetchone()
    return row


def _require_reader(connection: sqlite3.Connection, reader_id: int) -> None:
    row = connection.execute("SELECT role, disabled FROM account WHERE id = ?", (reader_id,)).fetchone()
    if row is None or row["disabled"] or row["role"] != "reader":
        raise AccessError("This account may not sign readings", remedy="sign in as a reader of the study")


def _frozen_protocol(
    connection: sqlite3.Connection, study_id: int, now: str, reader_id: int, *, simulated: bool
) -> int:
    """Id of the protocol that a reading is made under; the first real reading freezes it."""
    version = newest(connection, study_id)
    if version["freeze_id"] is None and not simulated:
        freeze_version(connection, version, now, reader_id, "first reading")
    return int(version["id"])


def _reading_row(
    own: sqlite3.Row,
    entry: Entry,
    protocol_id: int,
    now: str,
    *,
    simulated: bool,
    before: sqlite3.Row | None = None,
    reason: str = "",
) -> tuple:
    """Values of a reading in the order of the sealed columns without id."""
    return (
        own["study_id"],
        own["reader_id"],
        own["session"],
        own["case_id"],
        own["occasion"],
        1,
        1 if before is None else before["revision"] + 1,
        None if before is None else before["id"],
        protocol_id,
        int(entry.lesion_class),
        float(entry.malignancy),
        None if entry.ranking is None else audit.canonical([int(c) for c in entry.ranking]),
        entry.comment,
        reason,
        float(entry.active_seconds),
        float(entry.wall_seconds),
        now,
        int(simulated),
    )


def _draft_text(draft: Mapping[str, Any]) -> str:
    try:
        text = audit.canonical(dict(draft))
    except (TypeError, ValueError) as error:
        raise InputError("The draft cannot be stored", got=str(error)) from error
    if len(text) > LONGEST_DRAFT:
        raise InputError(
            "The draft is too large", expected=f"up to {LONGEST_DRAFT} characters", got=str(len(text))
        )
    return text


def _signed_already() -> ConflictError:
    return ConflictError("This case is signed already", remedy="revise the signed reading, with a reason")


def _class(value: object) -> LesionClass:
    if isinstance(value, bool) or not isinstance(value, int | str | np.integer):
        raise InputError("Unknown lesion class", expected="a number from 0 to 6", got=repr(value))
    return LesionClass.parse(value if isinstance(value, str) else int(value))


def _number_in(value: object, low: float, high: float) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        return False
    return bool(math.isfinite(value) and low <= value <= high)
