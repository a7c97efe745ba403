"""Readings that were not made in the reading room: simulated ones, and those imported from elsewhere."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from dls.errors import InputError
from dls.study import audit, consensus
from dls.study.database import Database
from dls.study.entry import Entry
from dls.study.freezing import freeze_version
from dls.study.protocol import newest
from dls.study.reading_row import reading_row, signed_already


@dataclass(frozen=True, slots=True)
class OutsideReading:
    """An answer from outside the reading room; stage 2 is the one with the model's opinion."""

    reader_id: int
    case_id: int
    entry: Entry
    session: int = 1
    stage: int = 1


def add_simulated(database: Database, readings: Iterable[OutsideReading], by: int | None = None) -> int:
    """Store made-up readings, marked as simulated, and their unanimous consensus; returns their number.

    They do not freeze the protocol.  All or none are stored.

    Raises
    ------
    InputError
        when a reading is of a case that is not assigned to its reader.
    ConflictError
        when one of the cases is signed already.
    """
    return _store(database, readings, by, simulated=True)


def add_imported(database: Database, readings: Iterable[OutsideReading], by: int | None = None) -> int:
    """Store readings that were made elsewhere, and their unanimous consensus; returns their number.

    They are real readings and freeze the protocol as such.  All or none are stored; errors as above.
    """
    return _store(database, readings, by, simulated=False)


def _store(database: Database, readings: Iterable[OutsideReading], by: int | None, *, simulated: bool) -> int:
    made = list(readings)
    now, study_id = database.now(), database.study_id
    with database.write() as connection:
        version = newest(connection, study_id)
        if not simulated and version["freeze_id"] is None:
            freeze_version(connection, version, now, by, "readings made elsewhere")
        protocol_id = int(version["id"])
        rows = connection.execute("SELECT * FROM assignment WHERE study_id = ? AND occasion = 1", (study_id,))
        assigned = {(row["reader_id"], row["session"], row["case_id"]): row for row in rows}
        values = []
        for reading in made:
            own = assigned.get((reading.reader_id, reading.session, reading.case_id))
            if own is None:
                raise InputError(
                    "A reading is of a case that is not assigned to its reader",
                    got=f"reader {reading.reader_id}, session {reading.session}, case {reading.case_id}",
                    remedy="draw the order first",
                )
            values.append(
                reading_row(own, reading.entry, protocol_id, now, stage=reading.stage, simulated=simulated)
            )
        if not values:
            return 0
        try:
            mark = audit.insert(connection, "reading", audit.SEALED["reading"][1:], values)
        except sqlite3.IntegrityError as error:
            raise signed_already() from error
        action = "reading.simulate" if simulated else "reading.import"
        audit.append(connection, now, action, by, {"study": study_id, "count": len(values)}, mark)
        for session in sorted({r.session for r in made}):
            cases = [r.case_id for r in made if r.session == session]
            consensus.update_automatic(connection, study_id, session, cases, now)
    return len(values)
