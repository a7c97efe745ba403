"""The state of a study that its results show, as one text: two states are told apart whatever lies between.

The hash of an entry of the audit trail covers all entries before it, so that the newest one that reports
something results show stands for everything that was ever written.  Row numbers do not: a study that was
restored, or another one put in its place, can have as many rows as the one before.
"""

from __future__ import annotations

from dls.study.audit import GENESIS
from dls.study.database import Database

NOT_IN_RESULTS = (
    "account.invite",
    "account.password",
    "answers.show",
    "diagnosis.admit",
    "diagnosis.ask",
    "diagnosis.clinical",
    "diagnosis.delete",
    "diagnosis.outline",
    "draft.save",
    "head.sign",
    "identity.link",
    "interaction.record",
    "job.ask",
    "job.cancel",
    "job.end",
    "opinion.show",
    "outline.save",
    "package.receive",
    "package.refuse",
    "password.refused",
    "readings.export",
    "results.export",
    "results.look",
    "sign-in",
    "sign-in.refused",
    "sign-in.revoke",
    "sign-out",
    "study.backup",
    "study.export",
)
"""Actions that change no result; one that is not named here counts as one that does."""


def results_state(database: Database) -> str:
    """Hash of the newest entry of the trail that reports a change of what results show (hexadecimal)."""
    with database.read() as connection:
        row = connection.execute(_NEWEST, NOT_IN_RESULTS).fetchone()
    return GENESIS if row is None else str(row["hash"])


_NEWEST = (
    f"SELECT hash FROM audit WHERE action NOT IN ({', '.join('?' * len(NOT_IN_RESULTS))}) "
    "ORDER BY id DESC LIMIT 1"
)
