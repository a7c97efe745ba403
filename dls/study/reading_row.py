"""A reading as the row that is stored."""

from __future__ import annotations

import sqlite3

from dls.errors import ConflictError
from dls.study import audit
from dls.study.entry import Entry


def reading_row(
    own: sqlite3.Row,
    entry: Entry,
    protocol_id: int,
    now: str,
    *,
    stage: int = 1,
    simulated: bool = False,
    before: sqlite3.Row | None = None,
    reason: str = "",
) -> tuple:
    """Values of a reading in the order of the sealed columns without id.

    Parameters
    ----------
    own : the assignment
    before : the reading that this one supersedes, with the reason
    """
    return (
        own["study_id"],
        own["reader_id"],
        own["session"],
        own["case_id"],
        own["occasion"],
        stage,
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


def signed_already() -> ConflictError:
    """The answer to a second signature."""
    return ConflictError("This case is signed already", remedy="revise the signed reading, with a reason")
