"""Readings without the model's opinion and with it: how long they took, and which two are compared.

Stage 1 is the reading without the opinion, stage 2 the one after it was shown, whether a study is sequential
(both in one session) or a crossover (in two).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from dls.study.protocol import Protocol

UNAIDED_STAGE, AIDED_STAGE = 1, 2
COMPARED = ["reader_id", "case_id", "lesion_class", "malignancy", "active_seconds", "simulated"]
WHOLE_TIME = "Sequential: the time with the model is that of both readings"


def read_together(plan: Protocol, session: int) -> tuple[int, ...]:
    """Sessions whose readings answer one question: both of a crossover, else the session alone.

    In the two sessions of a crossover every reader meets each case once without the opinion and once with it.
    """
    place = [s.number for s in plan.sessions].index(session)
    if plan.sessions[place].condition != "crossover":
        return (session,)
    first = place - place % 2
    return tuple(s.number for s in plan.sessions[first : first + 2])


def session_choices(plan: Protocol) -> dict[int, str]:
    """Number and name of every session that can be looked at; a crossover under the number of its first."""
    names = {s.number: s.name for s in plan.sessions}
    together = dict.fromkeys(read_together(plan, number) for number in names)
    return {numbers[0]: " and ".join(names[n] for n in numbers) for numbers in together}


def whole_times(readings: pd.DataFrame, plan: Protocol) -> pd.DataFrame:
    """The readings (of `Store.readings`), in a sequential session timed from the opening of the case on.

    There the time with the opinion is that of both readings, and 0 (not measured) where one of them is.
    """
    sequential = [s.number for s in plan.sessions if s.condition == "sequential"]
    second = readings["session"].isin(sequential) & (readings["stage"] == AIDED_STAGE)
    if not second.any():
        return readings
    key = ["reader_id", "session", "case_id", "occasion"]
    first = readings[readings["stage"] == UNAIDED_STAGE].set_index(key)["active_seconds"]
    before = first.reindex(pd.MultiIndex.from_frame(readings.loc[second, key])).to_numpy()
    after = readings.loc[second, "active_seconds"].to_numpy()
    timed = readings.copy()
    timed.loc[second, "active_seconds"] = np.where((before > 0) & (after > 0), before + after, 0.0)
    return timed


def paired(readings: pd.DataFrame) -> pd.DataFrame:
    """Readings of the same reader and case without and with the opinion, hidden repeats left out.

    Of several sessions under one condition the reading stored last counts.

    Returns
    -------
    one row a reader and case that have both: reader_id, case_id, and the other columns of `COMPARED` with the
    endings _unaided and _aided
    """
    first = readings[readings["occasion"] == 1]
    unaided, aided = (
        first.loc[first["stage"] == stage, COMPARED].drop_duplicates(["reader_id", "case_id"], keep="last")
        for stage in (UNAIDED_STAGE, AIDED_STAGE)
    )
    return unaided.merge(aided, on=["reader_id", "case_id"], suffixes=("_unaided", "_aided"))
