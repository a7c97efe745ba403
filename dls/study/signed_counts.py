"""How many of every reader's assigned cases are signed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from dls.study.assignments import ASSIGNMENTS, done_sql
from dls.study.database import Database
from dls.study.protocol import current


@dataclass(frozen=True, slots=True)
class SignedCount:
    """Cases assigned to one reader in one session, and those of them with every stage signed."""

    cases: int = 0
    signed: int = 0


Counts = Mapping[tuple[int, int], SignedCount]


def signed_counts(database: Database) -> Counts:
    """Counts by reader and session, training and dry runs among them; none where nothing is assigned.

    They rest on tables that only grow, so that they are counted again only when one of these has grown; the
    time of the last signature tells a restored study, which may have grown differently, from the one before.
    """
    with database.read() as connection:
        marks = tuple(connection.execute(_MARKS).fetchone())
    return _counts(database.path.resolve(), database.study_id, marks)


_MARKS = "SELECT (SELECT signed_at FROM reading ORDER BY id DESC LIMIT 1), " + ", ".join(
    f"(SELECT coalesce(max(id), 0) FROM {table})" for table in ("protocol", "assignment", "arm", "reading")
)


@lru_cache(maxsize=64)
def _counts(path: Path, study_id: int, marks: tuple[str | int | None, ...]) -> Counts:
    """Counted after the marks were read, and so never older than they are."""
    database = Database(path, study_id=study_id)
    with database.read() as connection:
        plan = current(connection, study_id)
        rows = connection.execute(
            f"SELECT a.reader_id, a.session, count(*), coalesce(sum({done_sql(plan)}), 0) FROM {ASSIGNMENTS} "
            "WHERE a.study_id = ? GROUP BY a.reader_id, a.session",
            (study_id,),
        ).fetchall()
    return MappingProxyType({(row[0], row[1]): SignedCount(row[2], row[3]) for row in rows})
