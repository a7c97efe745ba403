"""A statistic that the data do not determine, kept in its place with the reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from dls.errors import StatisticsError

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Undefined:
    """Stands where a result would: a table prints a dash and says why."""

    reason: str


def defined_or_reason(compute: Callable[[], Result]) -> Result | Undefined:
    """The result, or the reason for which the data do not determine it."""
    try:
        return compute()
    except StatisticsError as error:
        return Undefined(error.message)
