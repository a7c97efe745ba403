"""How much happened in a database: counts for whoever watches the server, and nothing about anybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dls.study.database import Database
from dls.study.jobs import State


@dataclass(frozen=True, slots=True)
class Activity:
    """Counts over all studies of a database.

    Parameters
    ----------
    readings : signed ones, simulated ones and revisions included
    sign_ins : "accepted" and "refused"
    jobs : state -> number
    """

    readings: int
    sign_ins: Mapping[str, int]
    jobs: Mapping[str, int]


def activity(database: Database) -> Activity:
    """Count."""
    with database.read() as connection:
        readings = connection.execute("SELECT count(*) FROM reading").fetchone()[0]
        sign_ins = dict(
            connection.execute(
                "SELECT action, count(*) FROM audit WHERE action IN ('sign-in', 'sign-in.refused') "
                "GROUP BY action"
            ).fetchall()
        )
        jobs = dict(connection.execute("SELECT state, count(*) FROM job GROUP BY state").fetchall())
    return Activity(
        readings,
        {"accepted": sign_ins.get("sign-in", 0), "refused": sign_ins.get("sign-in.refused", 0)},
        {state.value: jobs.get(state.value, 0) for state in State},
    )
