"""Which cases are lesions of one patient.

A case is one lesion.  Cases are of one patient when the newest imports of both are of one delivery, or of
deliveries that the de-identification gave one pseudonym, in whatever studies of the database they are; a case
whose images were not imported is a patient of its own.  A patient's number is the smallest of its cases.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

import pandas as pd

PATIENT = "patient"
"""Column of the cases' frame, and the key of the pseudonym in `NewImport.removed`."""

_LINKED = f"""
WITH newest AS (
    SELECT case_id, delivery FROM case_import i
    WHERE revision = (SELECT max(revision) FROM case_import WHERE case_id = i.case_id)
), whose AS (
    SELECT delivery, coalesce(max(nullif(json_extract(removed, '$.{PATIENT}'), '')), delivery) AS patient
    FROM case_import GROUP BY delivery
)
SELECT case_id, min(case_id) OVER (PARTITION BY patient) FROM newest JOIN whose USING (delivery)
"""


def of_imports(connection: sqlite3.Connection) -> dict[int, int]:
    """Case -> patient, of the cases whose images were imported; every other is a patient of its own."""
    return {row[0]: row[1] for row in connection.execute(_LINKED)}


def patients(connection: sqlite3.Connection, case_ids: Iterable[int]) -> list[int]:
    """The patient of each case, a number that any two cases of one patient share."""
    linked = of_imports(connection)
    return [linked.get(case_id, case_id) for case_id in case_ids]


def with_several_cases(cases: pd.DataFrame) -> int:
    """How many patients have more than one of the cases; `cases` have the column `PATIENT`."""
    return int((cases[PATIENT].value_counts() > 1).sum())
