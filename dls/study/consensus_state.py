"""Where a case stands on its way to a consensus: its readings and second readings, and what they decide."""

from __future__ import annotations

import sqlite3
from collections import Counter
from dataclasses import dataclass
from typing import Literal

from dls.study.assignments import ASSIGNMENTS, done_sql
from dls.study.protocol import TRAINING, Protocol

Outcome = tuple[Literal["unanimous", "reread", "majority"], int]
NO_NEWER = (
    "NOT EXISTS (SELECT 1 FROM consensus n WHERE n.study_id = c.study_id AND n.session = c.session "
    "AND n.case_id = c.case_id AND n.revision > c.revision)"
)
"""SQL that is true for the present consensus c of a case."""


@dataclass(frozen=True, slots=True)
class State:
    """Where a case stands.

    Parameters
    ----------
    assigned : number of its readers
    answers : newest unaided answers of those who have signed, sorted, so that no order tells who gave which
    rereads : the same of those who have read it again
    simulated : whether all of the readings are simulated
    revision : of the newest consensus row; 0 before the first
    mode, consensus : of the present consensus; the class is None while there is none
    by_people : whether readers or an adjudicator decided it
    """

    session: int
    case_id: int
    assigned: int
    answers: tuple[int, ...]
    rereads: tuple[int, ...]
    simulated: bool
    revision: int
    mode: str | None
    consensus: int | None
    by_people: bool

    @property
    def complete(self) -> bool:
        """Every reader has signed, and there are several."""
        return len(self.answers) == self.assigned > 1

    @property
    def disputed(self) -> bool:
        """Every reader has signed, and they differ."""
        return self.complete and len(set(self.answers)) > 1

    @property
    def closed(self) -> bool:
        """There is a consensus."""
        return self.consensus is not None

    def released(self, plan: Protocol) -> bool:
        """Whether the answers may be shown to those who decide: after every second reading, where asked."""
        return self.disputed and (not plan.consensus_reread or len(self.rereads) == self.assigned)

    def majority(self, plan: Protocol) -> int | None:
        """Class of more than half of the answers, the second ones where these were asked."""
        votes = self.rereads if plan.consensus_reread else self.answers
        answer, count = Counter(votes).most_common(1)[0] if votes else (0, 0)
        return answer if 2 * count > self.assigned else None

    def outcome(self, plan: Protocol) -> Outcome | None:
        """What the answers alone decide; None when people have to, or answers are missing."""
        if not self.complete:
            return None
        if not self.disputed:
            return "unanimous", self.answers[0]
        if not self.released(plan):
            return None
        if plan.consensus_reread and len(set(self.rereads)) == 1:
            return "reread", self.rereads[0]
        agreed = self.majority(plan) if plan.consensus_mode == "majority" else None
        return None if agreed is None else ("majority", agreed)


def states(
    connection: sqlite3.Connection, study_id: int, session: int | None = None, case_id: int | None = None
) -> list[State]:
    """Every case of a session (of all sessions where None), or one case, by session and case."""
    narrowed = "" if session is None else "AND a.session = :session"
    narrowed += "" if case_id is None else " AND a.case_id = :case"
    parameters = {"study": study_id, "session": session, "case": case_id}
    rows = connection.execute(_STATES.format(narrowed=narrowed), parameters).fetchall()
    return [_state(row) for row in rows]


def still_to_be_read(
    connection: sqlite3.Connection, study_id: int, plan: Protocol, case_id: int | None = None
) -> set[int]:
    """Cases that some reader will meet again: in a later session, as a hidden repeat, or with the model.

    Until that is signed, no answer of another reader to them is shown to any reader.
    """
    rows = connection.execute(
        f"SELECT DISTINCT a.case_id FROM {ASSIGNMENTS} WHERE a.study_id = ? AND a.session < {TRAINING} "
        f"AND a.case_id = coalesce(?, a.case_id) AND NOT {done_sql(plan)}",
        (study_id, case_id),
    )
    return {row[0] for row in rows}


def _state(row: sqlite3.Row) -> State:
    mode, decided = row["mode"], row["consensus"] is not None
    return State(
        session=row["session"],
        case_id=row["case_id"],
        assigned=row["assigned"],
        answers=_sorted(row["answers"]),
        rereads=_sorted(row["rereads"]),
        simulated=bool(row["simulated"]),
        revision=row["revision"],
        mode=mode,
        consensus=row["consensus"],
        by_people=decided and (mode in {"joint", "adjudicator"} or row["decided_by"] is not None),
    )


def _sorted(joined: str | None) -> tuple[int, ...]:
    return tuple(sorted(map(int, joined.split(",")))) if joined else ()


_STATES = f"""
    SELECT a.session, a.case_id, count(*) AS assigned, group_concat(r.lesion_class) AS answers,
        group_concat(w.lesion_class) AS rereads, min(r.simulated) AS simulated,
        coalesce(max(c.revision), 0) AS revision, c.mode, c.lesion_class AS consensus, c.decided_by
    FROM assignment a
    LEFT JOIN reading r ON r.study_id = a.study_id AND r.session = a.session AND r.case_id = a.case_id
        AND r.reader_id = a.reader_id AND r.occasion = 1 AND r.stage = 1
        AND NOT EXISTS (SELECT 1 FROM reading s WHERE s.supersedes = r.id)
    LEFT JOIN reread w ON w.assignment_id = a.id
    LEFT JOIN consensus c ON c.study_id = a.study_id AND c.session = a.session AND c.case_id = a.case_id
        AND {NO_NEWER}
    WHERE a.study_id = :study AND a.occasion = 1 AND a.session < {TRAINING} {{narrowed}}
    GROUP BY a.session, a.case_id ORDER BY a.session, a.case_id
"""
