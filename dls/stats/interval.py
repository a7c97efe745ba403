"""The one interval type that every result carries."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConfidenceInterval:
    """A two-sided interval [low, high] in the unit of its estimate."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high

    def __iter__(self):  # type: ignore[no-untyped-def]  # unpacking: low, high = interval
        yield from (self.low, self.high)
