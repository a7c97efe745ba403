"""Which cases of a study a package has scored."""

from __future__ import annotations

from dls.study.database import Database


def scored_cases(database: Database, letter: str, sha256: str) -> set[int]:
    """Cases of the study with scores of this package, whether it is the one that is shown or not."""
    with database.read() as connection:
        rows = connection.execute(
            "SELECT DISTINCT p.case_id FROM prediction p JOIN package k ON k.id = p.package_id "
            "JOIN study_case s ON s.case_id = p.case_id AND s.study_id = ? "
            "WHERE k.letter = ? AND k.sha256 = ?",
            (database.study_id, letter, sha256),
        ).fetchall()
    return {int(row[0]) for row in rows}
