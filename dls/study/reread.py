"""The second reading of a disputed case: each reader alone, before anybody is shown an answer."""

from __future__ import annotations

import math

from dls.domain import LesionClass
from dls.errors import ConflictError, InputError
from dls.study import audit, consensus
from dls.study.database import Database
from dls.study.entry import LONGEST_COMMENT
from dls.study.person import require_reader
from dls.study.protocol import current


def sign_reread(
    database: Database,
    reader_id: int,
    code: str,
    lesion_class: LesionClass,
    *,
    comment: str = "",
    seconds: float = 0.0,
) -> None:
    """Sign a second reading of a disputed case.  On disk when this returns; the first reading stays.

    The last reader's second reading makes a consensus where all agree now, or, under "majority", most do.

    Parameters
    ----------
    seconds : that the reader looked at the case again

    Raises
    ------
    AccessError
        when the case is not this reader's or not disputed, or the account may not read any more.
    ConflictError
        when it is read again already, decided, or no second reading is asked for.
    InputError
        when class, comment or time is out of range.
    """
    called = LesionClass.parse(int(lesion_class))
    if not math.isfinite(seconds) or seconds < 0:
        raise InputError("Bad time", expected="seconds, 0 or more", got=repr(seconds))
    if len(comment) > LONGEST_COMMENT:
        raise InputError("The comment is too long", expected=f"up to {LONGEST_COMMENT} characters")
    now, study_id = database.now(), database.study_id
    with database.write() as connection:
        plan = current(connection, study_id)
        require_reader(connection, reader_id)
        own, state = consensus.disputed_case(connection, study_id, reader_id, code)
        if own["again"]:
            raise ConflictError("You have read this case again already; that reading stays as it is")
        if state.closed or not plan.consensus_reread:
            raise ConflictError("This case is not to be read again")
        row = (own["id"], int(called), comment.strip(), float(seconds), now)
        mark = audit.insert(connection, "reread", audit.SEALED["reread"][1:], [row])
        audit.append(connection, now, "reading.again", reader_id, {"assignment": own["id"]}, mark)
        consensus.update_automatic(connection, study_id, own["session"], [own["case_id"]], now)
