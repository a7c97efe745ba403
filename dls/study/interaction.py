"""What readers looked at, and when: slices, windows, series and pauses, in parts as the browser sends them.

An event is a list: tenths of a second since the event before it (in the first one of a visit: since the case
was opened), a letter, and numbers:

    t series           another series is active (0 to 5, in the order of `dls.domain.Sequence`)
    k series slice     a slice of the active series; the others follow by position
    w series c w       window centre and width of a series
    m 0|1              one series alone, or all six again
    p 0|1              a pause begins, ends
    o 0|1              the model's saliency is laid over the images, or taken away
    a field            the answer was changed: 0 class, 1 confidence, 2 comment, 3 ranking
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence as Series
from typing import Any

import pandas as pd

from dls.errors import InputError
from dls.study import audit
from dls.study.database import Database
from dls.study.protocol import current
from dls.study.worklist import open_row

NUMBERS = {"t": 1, "k": 2, "w": 3, "m": 1, "p": 1, "o": 1, "a": 1}
"""How many numbers follow each letter."""
MOST_EVENTS = 2000
_VISIT = re.compile(r"[0-9a-f]{16}")


def record_interaction(
    database: Database,
    reader_id: int,
    code: str,
    *,
    visit: str,
    part: int,
    stage: int,
    events: Series[Any],
) -> bool:
    """Keep one part of what a reader did on a case; True when it is new, False when it is there already.

    Parameters
    ----------
    visit : 16 hexadecimal digits that the browser drew when it opened the case
    part : 1, 2, ... of that visit; a part that is sent again is kept once
    stage : 1 before the model's opinion, 2 after it
    events : as this module describes them

    Raises
    ------
    AccessError
        when the code is not one of this reader's.
    ConflictError
        while the session of the case is not open.
    InputError
        when the events are malformed.
    """
    if not isinstance(visit, str) or not _VISIT.fullmatch(visit):
        raise InputError("Bad visit", expected="16 hexadecimal digits", got=repr(visit)[:60])
    if not _whole(part, 1, 10_000) or not _whole(stage, 1, 2):
        raise InputError("Bad part or stage of a visit", got=f"part {part!r}, stage {stage!r}"[:60])
    text = _checked(events)
    now = database.now()
    with database.write() as connection:
        own, _ = open_row(connection, database, reader_id, code)
        known = connection.execute(
            "SELECT 1 FROM interaction WHERE assignment_id = ? AND visit = ? AND part = ?",
            (own["id"], visit, part),
        )
        if known.fetchone():
            return False
        row = (own["id"], stage, visit, part, text, now)
        mark = audit.insert(connection, "interaction", audit.SEALED["interaction"][1:], [row])
        audit.append(connection, now, "interaction.record", reader_id, {"assignment": own["id"]}, mark)
    return True


def interactions(database: Database) -> pd.DataFrame:
    """Every event of the study in order, times counted up.

    Returns
    -------
    columns reader_id, session, case_id, occasion, stage, visit, seconds (since the case was opened in that
    visit), event (its letter), series (NaN where none is meant), a, b (the event's other numbers or NaN)
    """
    with database.read() as connection:
        current(connection, database.study_id)
        stored = connection.execute(
            "SELECT a.reader_id, a.session, a.case_id, a.occasion, i.stage, i.visit, i.events "
            "FROM interaction i JOIN assignment a ON a.id = i.assignment_id WHERE a.study_id = ? "
            "ORDER BY a.reader_id, a.session, a.position, i.visit, i.part",
            (database.study_id,),
        ).fetchall()
    rows: list[tuple[Any, ...]] = []
    tenths, of_visit = 0, None
    for *key, visit, text in map(tuple, stored):
        if of_visit != (*key[:4], visit):
            tenths, of_visit = 0, (*key[:4], visit)
        for after, letter, *numbers in json.loads(text):
            tenths += after
            series = numbers.pop(0) if letter in "tkw" else None
            rows.append((*key, visit, tenths / 10, letter, series, *[*numbers, None, None][:2]))
    names = [
        "reader_id",
        "session",
        "case_id",
        "occasion",
        "stage",
        "visit",
        "seconds",
        "event",
        "series",
        "a",
        "b",
    ]
    return pd.DataFrame(rows, columns=names).astype(dict.fromkeys(("series", "a", "b"), "float64"))


def _checked(events: Series[Any]) -> str:
    if not isinstance(events, list) or not 1 <= len(events) <= MOST_EVENTS:
        raise InputError("Bad list of events", expected=f"1 to {MOST_EVENTS} events")
    for event in events:
        good = isinstance(event, list) and len(event) >= 2 and isinstance(event[1], str)
        numbers = [event[0], *event[2:]] if good else []
        if len(numbers) != NUMBERS.get(event[1] if good else "", -2) + 1 or not all(
            _whole(n, -1_000_000, 1_000_000) for n in numbers
        ):
            raise InputError("An event is malformed", got=repr(event)[:60])
        if event[0] < 0:
            raise InputError("An event lies before the one before it", got=repr(event))
    return audit.canonical(events)


def _whole(value: object, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
