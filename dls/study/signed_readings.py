"""Signed readings as a data frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dls.study.database import Database
from dls.study.protocol import TRAINING


def frame(database: Database, *, revisions: bool = False, rehearsals: bool = False) -> pd.DataFrame:
    """Signed readings of the study, the newest revision of each (or every one).

    Training and dry runs are not among them, unless `rehearsals` asks for nothing but these.

    Returns
    -------
    columns reading_id, reader_id, reader (name), session, case_id, occasion, stage, revision, lesion_class,
    malignancy (0-100), ranking (classes from the likeliest on, as JSON; "" where not asked), comment,
    active_seconds, wall_seconds, signed_at (UTC), simulated; by reading_id
    """
    superseded = "SELECT supersedes FROM reading WHERE supersedes IS NOT NULL"
    with database.read() as connection:
        names = {row["id"]: row["name"] for row in connection.execute("SELECT id, name FROM account")}
        cursor = connection.cursor()
        cursor.row_factory = None
        # NOT INDEXED: the whole table in its own order is twice as fast as sorting what an index finds.
        rows = cursor.execute(
            "SELECT id, reader_id, session, case_id, occasion, stage, revision, lesion_class, malignancy, "
            "coalesce(ranking, ''), comment, active_seconds, wall_seconds, signed_at, simulated "
            "FROM reading NOT INDEXED WHERE study_id = ? AND (session >= ?) = ? "
            f"AND (? OR id NOT IN ({superseded})) ORDER BY id",
            (database.study_id, TRAINING, rehearsals, revisions),
        ).fetchall()
    columns = dict(zip(_FRAME, zip(*rows, strict=True) if rows else [()] * len(_FRAME), strict=True))
    arrays = {name: np.array(columns[name], dtype=dtype) for name, dtype in _FRAME.items()}
    table = pd.DataFrame({**arrays, "signed_at": arrays["signed_at"].astype("M8[us]")})
    table["signed_at"] = table["signed_at"].dt.tz_localize("UTC")
    for name in ("ranking", "comment"):
        table[name] = table[name].astype("str")
    table.insert(2, "reader", table["reader_id"].map(names).astype("str"))
    return table


_FRAME: dict[str, Any] = {
    "reading_id": np.int64,
    "reader_id": np.int64,
    "session": np.int64,
    "case_id": np.int64,
    "occasion": np.int64,
    "stage": np.int64,
    "revision": np.int64,
    "lesion_class": np.int64,
    "malignancy": np.float64,
    "ranking": object,
    "comment": object,
    "active_seconds": np.float64,
    "wall_seconds": np.float64,
    "signed_at": "S26",  # without the final Z, which NumPy does not read
    "simulated": bool,
}
