"""Slowing down whoever guesses passwords.

An attempt is counted before the password is looked at, so that guesses made at the same time count too;
success forgets the count.  `FREE_FAILURES` attempts can be made at once; the last of them is followed by the
first wait, and each one after doubles it.
Source: NIST SP 800-63B, section 5.2.2 (rate limiting).
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from dls.errors import AccessError
from dls.study.database import Database, timestamp

FREE_FAILURES = 5
FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=1)


def count_attempt(database: Database, key: str) -> None:
    """Count one attempt to sign in under a name, known or not.

    Raises
    ------
    AccessError
        while the name is blocked; the message says for how long.
    """
    now = database.clock()
    with database.write() as connection:
        forgotten = timestamp(now - FORGOTTEN_AFTER)
        connection.execute("DELETE FROM throttle WHERE last_at < ?", (forgotten,))
        row = connection.execute(
            "SELECT failures, blocked_until FROM throttle WHERE key = ?", (key,)
        ).fetchone()
        if row and row["blocked_until"] > timestamp(now):
            raise _blocked(row["blocked_until"], now)
        failures = (row["failures"] if row else 0) + 1
        blocked_until = timestamp(now + _wait(failures))
        connection.execute(
            "INSERT OR REPLACE INTO throttle VALUES (?, ?, ?, ?)",
            (key, failures, timestamp(now), blocked_until),
        )


def _wait(failures: int) -> timedelta:
    if failures < FREE_FAILURES:
        return timedelta(0)
    return min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(failures - FREE_FAILURES, 10))


def _blocked(until: str, now: datetime) -> AccessError:
    seconds = math.ceil((datetime.fromisoformat(until) - now).total_seconds())
    return AccessError(
        "Too many failed sign-ins under this name",
        remedy=f"wait {seconds} s, or ask an administrator for a new password",
    )
