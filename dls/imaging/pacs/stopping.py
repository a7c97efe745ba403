"""A transfer that a person may stop."""

from __future__ import annotations

from collections.abc import Callable

from dls.errors import StoppedError

Stopped = Callable[[], bool]


def check(stopped: Stopped) -> None:
    """Go on, unless a stop was asked for.

    Raises
    ------
    StoppedError
        when it was.
    """
    if stopped():
        raise StoppedError(
            "The transfer was stopped", remedy="start it again: what arrived whole is not fetched again"
        )
