"""Feature maps: a place in the plane for every image group, computed beforehand."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from dls.domain import model_spec
from dls.errors import InputError
from dls.study import audit
from dls.study.database import Database


def add(
    database: Database,
    letter: str,
    method: str,
    case_id: ArrayLike,
    group: ArrayLike,
    *,
    xy: ArrayLike,
    settings: Mapping[str, Any],
    by: int | None = None,
) -> None:
    """Store a map; a later one of the same model and method takes its place on the pages.

    Parameters
    ----------
    letter, method : of the model whose features were used; "tsne" or "umap"
    case_id, group : (g,) int
    xy : (g, 2) finite
    settings : everything that is needed to compute it again

    Raises
    ------
    InputError
        when shapes, numbers or cases do not fit.
    """
    cases = np.asarray(case_id, dtype=np.int64)
    groups = np.asarray(group, dtype=np.int64)
    points = np.asarray(xy, dtype=np.float64)
    model_spec(letter)
    if cases.ndim != 1 or not len(cases) or groups.shape != cases.shape or points.shape != (len(cases), 2):
        raise InputError(
            "A feature map's parts do not fit together",
            expected="(g,) cases, (g,) groups, (g, 2) points",
            got=f"{cases.shape}, {groups.shape}, {points.shape}",
        )
    if not np.all(np.isfinite(points)):
        raise InputError("A feature map has points that are not finite")
    now = database.now()
    with database.write() as connection:
        made = audit.insert(
            connection,
            "embedding",
            ("letter", "method", "settings", "created_at"),
            [(letter, method, audit.canonical(dict(settings)), now)],
        )
        rows = [
            (made.first, case, number, x, y)
            for case, number, (x, y) in zip(cases.tolist(), groups.tolist(), points.tolist(), strict=True)
        ]
        try:
            placed = audit.insert(connection, "embedding_point", audit.SEALED["embedding_point"][1:], rows)
        except sqlite3.IntegrityError as error:
            raise InputError(
                "A feature map names an unknown case, or a group twice", got=str(error)
            ) from error
        detail = {"letter": letter, "method": method, "count": len(rows)}
        audit.append(connection, now, "embedding.add", by, detail, made, placed)


_NEWEST = (
    "SELECT max(e.id) FROM embedding e WHERE e.letter = ? AND e.method = ? AND EXISTS (SELECT 1 FROM "
    "embedding_point o JOIN study_case m ON m.case_id = o.case_id AND m.study_id = ? "
    "WHERE o.embedding_id = e.id)"
)
"""Newest map of a model and method with cases of a study; one of another study's cases alone is not meant."""


def frame(database: Database, letter: str, method: str) -> pd.DataFrame:
    """Newest map of a model and method with cases of the study: columns case_id, group, x, y, or empty."""
    with database.read() as connection:
        cursor = connection.cursor()
        cursor.row_factory = None
        rows = cursor.execute(
            "SELECT p.case_id, p.group_index, p.x, p.y FROM embedding_point p "
            "JOIN study_case s ON s.case_id = p.case_id AND s.study_id = ? "
            f"WHERE p.embedding_id = ({_NEWEST}) ORDER BY p.case_id, p.group_index",
            (database.study_id, letter, method, database.study_id),
        ).fetchall()
    values = np.array(rows, dtype=np.float64).reshape(-1, 4)
    return pd.DataFrame(
        {
            "case_id": values[:, 0].astype(np.int64),
            "group": values[:, 1].astype(np.int64),
            "x": values[:, 2],
            "y": values[:, 3],
        }
    )


def newest_settings(database: Database, letter: str, method: str) -> dict[str, Any] | None:
    """What the map that `frame` gives was made with; None where there is none."""
    with database.read() as connection:
        row = connection.execute(
            f"SELECT settings FROM embedding WHERE id = ({_NEWEST})", (letter, method, database.study_id)
        ).fetchone()
    return None if row is None else dict(json.loads(row[0]))
