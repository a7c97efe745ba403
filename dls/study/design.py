"""The designs that the study builder offers, as sessions of a protocol; and choosing the cases."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from dls.domain import LesionClass
from dls.errors import InputError
from dls.study.cases import COLUMNS, TABLE
from dls.study.database import Database
from dls.study.protocol import SessionPlan

SHORTEST_WASHOUT_WEEKS = 4
"""FDA, Clinical Performance Assessment: Considerations for Computer-Assisted Detection Devices, 2022."""


class Design(StrEnum):
    """What readers are shown, and when."""

    UNAIDED = "unaided"
    SEQUENTIAL = "sequential: unaided, then with the model's opinion"
    CROSSOVER = "crossover: half of the cases with the model, after a washout the other half"


def sessions_of(design: Design, *, weeks: int = 0, sessions: int = 1) -> tuple[SessionPlan, ...]:
    """Sessions of a design.

    Parameters
    ----------
    weeks : of washout between the sessions
    sessions : how many, where the design leaves it open; a crossover has two

    Raises
    ------
    InputError
        when there is no session, or the washout is negative.
    """
    if sessions < 1 or weeks < 0:
        raise InputError("Bad sessions", expected="1 or more, with a washout of 0 weeks or more")
    count = 2 if design is Design.CROSSOVER else sessions
    condition = {
        Design.UNAIDED: "unaided",
        Design.SEQUENTIAL: "sequential",
        Design.CROSSOVER: "crossover",
    }[design]
    return tuple(
        SessionPlan(n, f"Session {n}", condition, 7 * weeks if n > 1 else 0)  # type: ignore[arg-type]
        for n in range(1, count + 1)
    )


@dataclass(frozen=True, slots=True)
class CaseCriteria:
    """Which cases of the database a study takes; an empty tuple sets no limit.

    Parameters
    ----------
    smallest_mm, largest_mm : limits of the lesion's diameter, inclusive; a case whose diameter is not known
        meets no limit
    """

    classes: tuple[LesionClass, ...] = ()
    scanners: tuple[str, ...] = ()
    reference_standards: tuple[str, ...] = ()
    smallest_mm: float = 0.0
    largest_mm: float = float("inf")


def database_cases(database: Database) -> pd.DataFrame:
    """Every case of the database, of whatever study: index case_id; `COLUMNS`; an unknown diameter is NaN."""
    with database.read() as connection:
        rows = connection.execute(f"SELECT id, {', '.join(COLUMNS)} FROM patient_case ORDER BY id").fetchall()
    table = pd.DataFrame([tuple(row) for row in rows], columns=["case_id", *COLUMNS])
    table = table.set_index("case_id").astype({"lesion_class": int, "lesion_mm": float})
    table.loc[table["image_source"] == TABLE, "lesion_mm"] = np.nan
    return table


def eligible(cases: pd.DataFrame, criteria: CaseCriteria) -> pd.DataFrame:
    """The cases that meet all criteria."""
    kept = pd.Series(True, index=cases.index)
    for meets in _criteria(cases, criteria).values():
        kept &= meets
    return cases[kept]


def ineligible(cases: pd.DataFrame, criteria: CaseCriteria) -> dict[str, int]:
    """Reason -> number of the cases left out by it; a case counts at the first criterion that it fails."""
    left = pd.Series(True, index=cases.index)
    dropped = {}
    for reason, meets in _criteria(cases, criteria).items():
        dropped[reason] = int((left & ~meets).sum())
        left &= meets
    return {reason: count for reason, count in dropped.items() if count}


def _criteria(cases: pd.DataFrame, criteria: CaseCriteria) -> dict[str, pd.Series]:
    """Why a case is left out -> whether each case meets the criterion."""
    wanted = {
        "of another class": ("lesion_class", tuple(map(int, criteria.classes))),
        "from another scanner": ("scanner", criteria.scanners),
        "with another reference standard": ("reference_standard", criteria.reference_standards),
    }
    meets = {reason: cases[column].isin(values) for reason, (column, values) in wanted.items() if values}
    size = cases["lesion_mm"]
    if criteria.smallest_mm > 0 or criteria.largest_mm < float("inf"):
        meets["of another or unknown size"] = size.between(criteria.smallest_mm, criteria.largest_mm)
    return meets
