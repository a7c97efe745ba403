"""Drafts, signing, and revisions that keep what was signed before.

Source: 21 CFR 11.10(e) (a change never obscures what was recorded before).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any, Literal

from dls.domain import LesionClass
from dls.errors import ConflictError, InputError
from dls.study import audit, consensus
from dls.study.assignments import due_stage
from dls.study.database import Database
from dls.study.entry import Entry, Reading
from dls.study.freezing import code_version, freeze_version
from dls.study.person import require_reader
from dls.study.protocol import DRY_RUN, TRAINING, Protocol, newest
from dls.study.reading_row import reading_row, signed_already
from dls.study.worklist import open_row

LONGEST_DRAFT = 65536
AIDED = 2
"""Stage of the readings made with the model's opinion."""


def save_draft(database: Database, reader_id: int, code: str, draft: Mapping[str, Any]) -> None:
    """Keep what a reader has entered so far; replaces the draft before it.

    Raises
    ------
    AccessError
        when the code is not one of this reader's.
    ConflictError
        when the case is signed, or its session is not open.
    InputError
        when the draft is too large or cannot be written as JSON.
    """
    text = _draft_text(draft)
    now = database.now()
    with database.write() as connection:
        own, _ = open_row(connection, database, reader_id, code)
        if due_stage(own) is None:
            raise signed_already()
        connection.execute("INSERT OR REPLACE INTO draft VALUES (?, ?, ?)", (own["id"], text, now))
        detail = {"assignment": own["id"], "sha256": audit.sha256(text)}
        audit.append(connection, now, "draft.save", reader_id, detail)


def sign(
    database: Database,
    reader_id: int,
    code: str,
    entry: Entry,
    *,
    stage: Literal[1, 2] | None = None,
) -> Reading:
    """Sign the stage of a case that is due.  On disk when this returns.

    The last reader's signature of the unaided reading makes a unanimous consensus.

    Parameters
    ----------
    stage : the stage that is meant; a request that is sent again can then not sign the next one

    Raises
    ------
    AccessError
        when the code is not one of this reader's, or the account may not read any more.
    ConflictError
        when the stage is signed already (a signed reading is changed by `revise`), the session is not open,
        or the model's opinion has not been shown before an aided reading.
    InputError
        when the protocol asks for a ranking of the classes and there is none, or the other way round.
    """
    now = database.now()
    code_version()  # hashed before the write lock is taken
    with database.write() as connection:
        own, plan = open_row(connection, database, reader_id, code)
        require_reader(connection, reader_id, rehearsing=own["session"] >= DRY_RUN)
        due = due_stage(own)
        if due is None or (stage is not None and stage != due):
            raise signed_already()
        if due == AIDED:
            _require_shown(connection, own["id"])
        _require_scales(plan, entry)
        protocol_id = _frozen_protocol(connection, database.study_id, now, reader_id, own["session"])
        row = reading_row(own, entry, protocol_id, now, stage=due)
        mark = audit.insert(connection, "reading", audit.SEALED["reading"][1:], [row])
        connection.execute("DELETE FROM draft WHERE assignment_id = ?", (own["id"],))
        audit.append(
            connection, now, "reading.sign", reader_id, {"assignment": own["id"], "stage": due}, mark
        )
        if due != AIDED:
            consensus.update_automatic(connection, database.study_id, own["session"], [own["case_id"]], now)
    return Reading(mark.first, reader_id, own["session"], own["case_id"], entry, 1, now, False, due)


def revise(database: Database, reader_id: int, code: str, entry: Entry, reason: str) -> Reading:
    """Sign a changed answer to the stage signed last; the one before stays.

    A unanimous consensus that falls with it is withdrawn.

    Raises
    ------
    AccessError
        when the code is not one of this reader's, or the account may not read any more.
    ConflictError
        when there is no signed reading yet, or the reader has seen what would no longer make it this reader's
        own: the other readers' answers, the decision on the case, or after an unaided reading the model's
        opinion on it.
    InputError
        when the reason is missing, or the ranking does not fit the protocol.
    """
    if not reason.strip():
        raise InputError("A revision needs a reason")
    now = database.now()
    with database.write() as connection:
        own, plan = open_row(connection, database, reader_id, code)
        require_reader(connection, reader_id, rehearsing=own["session"] >= DRY_RUN)
        before = _newest_reading(connection, database.study_id, own)
        if before is None:
            raise ConflictError("There is no signed reading to revise", remedy="sign the case first")
        _refuse_after_showing(connection, own, before["stage"])
        consensus.refuse_decided(connection, database.study_id, own["session"], own["case_id"])
        _require_scales(plan, entry)
        protocol_id = _frozen_protocol(connection, database.study_id, now, reader_id, own["session"])
        row = reading_row(
            own, entry, protocol_id, now, stage=before["stage"], before=before, reason=reason.strip()
        )
        mark = audit.insert(connection, "reading", audit.SEALED["reading"][1:], [row])
        detail = {"assignment": own["id"], "stage": before["stage"], "reason": reason.strip()}
        audit.append(connection, now, "reading.revise", reader_id, detail, mark)
        if before["stage"] != AIDED:
            consensus.update_automatic(connection, database.study_id, own["session"], [own["case_id"]], now)
    number, stage = int(before["revision"]) + 1, int(before["stage"])
    return Reading(mark.first, reader_id, own["session"], own["case_id"], entry, number, now, False, stage)


def signed_reading(
    database: Database, reader_id: int, code: str, *, stage: Literal[1, 2] | None = None
) -> Reading | None:
    """A reader's own signed answer, newest revision of a stage (the last one signed, unless told).

    None while it is unsigned.

    Raises
    ------
    AccessError
        when the code is not one of this reader's.
    ConflictError
        while the session of the case is not open.
    """
    with database.read() as connection:
        own, _ = open_row(connection, database, reader_id, code)
        row = _newest_reading(connection, database.study_id, own, stage)
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
        row["stage"],
    )


def _newest_reading(
    connection: sqlite3.Connection, study_id: int, own: sqlite3.Row, stage: int | None = None
) -> sqlite3.Row | None:
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM reading WHERE study_id = ? AND reader_id = ? AND session = ? AND case_id = ? "
        "AND occasion = ? AND stage = coalesce(?, stage) ORDER BY stage DESC, revision DESC LIMIT 1",
        (study_id, own["reader_id"], own["session"], own["case_id"], own["occasion"], stage),
    ).fetchone()
    return row


def _require_shown(connection: sqlite3.Connection, assignment_id: int) -> None:
    shown = connection.execute("SELECT 1 FROM opinion_shown WHERE assignment_id = ?", (assignment_id,))
    if shown.fetchone() is None:
        raise ConflictError(
            "The model's opinion has not been shown", remedy="look at it before signing the aided reading"
        )


def _refuse_after_showing(connection: sqlite3.Connection, own: sqlite3.Row, stage: int) -> None:
    """Refuse to change an answer that would no longer be independent."""
    of_case = (
        "SELECT 1 FROM {} x JOIN assignment a ON a.id = x.assignment_id "
        "WHERE a.study_id = ? AND a.reader_id = ? AND a.case_id = ? LIMIT 1"
    )
    key = (own["study_id"], own["reader_id"], own["case_id"])
    if connection.execute(of_case.format("answers_seen"), key).fetchone():
        raise ConflictError(
            "The other readers' answers to this case have been shown to you; your reading stays as it is",
            remedy="say in the consensus what changed your mind",
        )
    if stage != AIDED and connection.execute(of_case.format("opinion_shown"), key).fetchone():
        raise ConflictError(
            "The model's opinion on this case has been shown to you; your unaided reading stays as it is"
        )


def _require_scales(plan: Protocol, entry: Entry) -> None:
    if plan.ranking_asked != (entry.ranking is not None):
        raise InputError(
            "The answer does not have the scales of the protocol",
            expected="a ranking of the classes" if plan.ranking_asked else "no ranking of the classes",
        )


def _frozen_protocol(
    connection: sqlite3.Connection, study_id: int, now: str, reader_id: int, session: int
) -> int:
    """Id of the protocol that a reading is made under; the first real reading freezes it."""
    version = newest(connection, study_id)
    if version["freeze_id"] is None and session < TRAINING:
        freeze_version(connection, version, now, reader_id, "first reading")
    return int(version["id"])


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
