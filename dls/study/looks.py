"""Who may see results, and when: the protocol's policy, and the record of every look.

Source: FDA, Clinical Performance Assessment: Considerations for Computer-Assisted Detection Devices, 2022
(access to the test set's results is controlled and logged).
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from dls.errors import AccessError, InputError
from dls.study import audit
from dls.study.database import Database, timestamp
from dls.study.protocol import TRAINING, current
from dls.study.signed_counts import signed_counts


class View(Enum):
    """What investigators may see of the results now."""

    OPEN = "open"
    AFTER_REASON = "after a reason is given"
    CLOSED = "closed until every reading is signed"


def results_view(database: Database) -> View:
    """What the protocol lets investigators see now: everything once they are unblinded or all is read."""
    with database.read() as connection:
        plan = current(connection, database.study_id)
    if plan.investigator_unblinded or everything_signed(database):
        return View.OPEN
    return View.AFTER_REASON if plan.interim_looks == "with reason" else View.CLOSED


def everything_signed(database: Database) -> bool:
    """Whether every stage of every assigned case is signed, training and dry runs apart."""
    counts = [c for (_, session), c in signed_counts(database).items() if session < TRAINING]
    return bool(counts) and all(c.signed == c.cases for c in counts)


def results_visible(database: Database) -> bool:
    """Whether investigators may see results now without giving a reason."""
    return results_view(database) is View.OPEN


def look(database: Database, page: str, by: int | None, reason: str = "") -> None:
    """Record that somebody looks at interim results; nobody by name when it is the command line.

    Raises
    ------
    AccessError
        while the protocol keeps results closed.
    InputError
        when the protocol asks for a reason and there is none.
    """
    view = results_view(database)
    if view is View.CLOSED:
        raise AccessError("The protocol keeps results from investigators until every reading is signed")
    if view is View.AFTER_REASON and not reason.strip():
        raise InputError("A look at interim results needs a reason")
    detail = {"page": page, "study": database.study_id}
    if reason.strip():
        detail["reason"] = reason.strip()
    audit.record(database, "results.look", by, detail)


def looks_made(database: Database, until: datetime) -> int:
    """How many looks at interim results of the study were made until a moment, as the trail has them."""
    query = (
        "SELECT count(*) FROM audit WHERE action = 'results.look' AND at <= ? "
        "AND json_extract(detail, '$.study') = ?"
    )
    with database.read() as connection:
        return int(connection.execute(query, (timestamp(until), database.study_id)).fetchone()[0])
