"""A dry run: an investigator reads a few cases as a reader would, outside the study.

Its readings are kept, since nothing signed is ever removed, under a session of their own that no analysis,
consensus or count includes; they freeze no protocol.
"""

from __future__ import annotations

from dls.errors import AccessError, InputError
from dls.study.database import Database
from dls.study.order import Place, drawn_order, store_orders
from dls.study.protocol import DRY_RUN, Condition, current

LARGEST = 20


def start_dry_run(database: Database, account_id: int, cases: int = 5) -> int:
    """Give an investigator or administrator a session of a few cases and return its number.

    Under a crossover the cases are unaided and aided in turn; otherwise the first session's condition holds.

    Raises
    ------
    AccessError
        when the account is a reader's: readers have training cases, and may not see a case before its time.
    InputError
        when the study has no cases or the number is out of range.
    """
    if not 1 <= cases <= LARGEST:
        raise InputError("Bad number of cases", expected=f"1 to {LARGEST}", got=str(cases))
    study_id, now = database.study_id, database.now()
    with database.write() as connection:
        person = connection.execute(
            "SELECT role FROM account WHERE id = ? AND disabled = 0", (account_id,)
        ).fetchone()
        if person is None or person["role"] == "reader":
            raise AccessError("A dry run is for investigators and administrators")
        plan = current(connection, study_id)
        rows = connection.execute("SELECT case_id FROM analysed_case WHERE study_id = ?", (study_id,))
        case_ids = [row[0] for row in rows]
        if not case_ids:
            raise InputError("The study has no cases", remedy="add cases first")
        session = (
            1
            + connection.execute(
                "SELECT coalesce(max(session), ?) FROM assignment WHERE study_id = ? AND session >= ?",
                (DRY_RUN - 1, study_id, DRY_RUN),
            ).fetchone()[0]
        )
        lots = {"seed": plan.seed, "study_id": study_id, "reader_id": account_id, "session": session}
        first = plan.sessions[0].condition
        in_turn: tuple[Condition, ...] = ("unaided", "aided") if first == "crossover" else (first,)
        order = [
            Place(case_id, 1, in_turn[i % len(in_turn)])
            for i, case_id in enumerate(drawn_order(case_ids, **lots)[:cases])
        ]
        drawn = {(account_id, session): order}
        store_orders(connection, study_id, drawn, now, by=account_id, action="dry-run.start")
    return int(session)
