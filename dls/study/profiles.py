"""Who the readers are: years of experience and specialty, as a study reports them.

Source: CLAIM 2024, item 16 (number and qualifications of those who annotate), asked of readers too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from dls.errors import InputError
from dls.study import audit
from dls.study.database import Database
from dls.study.protocol import current


@dataclass(frozen=True, slots=True)
class ReaderProfile:
    """A reader's years of experience in the specialty; the newest note counts, earlier ones stay."""

    years: float
    specialty: str


def note_profile(database: Database, account_id: int, profile: ReaderProfile, by: int | None = None) -> None:
    """Store a reader's profile.

    Raises
    ------
    InputError
        when years or specialty do not do, or the account is no reader.
    """
    if not (math.isfinite(profile.years) and 0 <= profile.years <= 80):
        raise InputError("Bad years of experience", expected="0 to 80", got=str(profile.years))
    if not profile.specialty.strip():
        raise InputError("The specialty is missing")
    now = database.now()
    with database.write() as connection:
        found = connection.execute("SELECT role FROM account WHERE id = ?", (account_id,)).fetchone()
        if found is None or found["role"] != "reader":
            raise InputError("There is no such reader", got=str(account_id))
        row = (account_id, float(profile.years), profile.specialty.strip(), now)
        mark = audit.insert(connection, "reader_profile", audit.SEALED["reader_profile"][1:], [row])
        audit.append(connection, now, "reader.profile", by, {"account": account_id}, mark)


def profiles(database: Database) -> dict[int, ReaderProfile]:
    """Newest profile of every account that has one."""
    with database.read() as connection:
        rows = connection.execute(
            "SELECT account_id, years, specialty FROM reader_profile ORDER BY id"
        ).fetchall()
    return {row["account_id"]: ReaderProfile(row["years"], row["specialty"]) for row in rows}


def readers(database: Database) -> pd.DataFrame:
    """The readers of the protocol with what is noted of them: reader_id, reader (name), years, specialty.

    Years are NaN and the specialty is empty where nothing is noted.
    """
    noted = profiles(database)
    with database.read() as connection:
        plan = current(connection, database.study_id)
        names = {row["id"]: row["name"] for row in connection.execute("SELECT id, name FROM account")}
    unknown = ReaderProfile(math.nan, "")
    found = [(i, names[i], noted.get(i, unknown)) for i in plan.readers]
    rows = [(i, name, profile.years, profile.specialty) for i, name, profile in found]
    return pd.DataFrame(rows, columns=["reader_id", "reader", "years", "specialty"])
