"""The answer of a reader to one case, and a signed answer."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from dls.domain import LesionClass
from dls.errors import InputError

LONGEST_COMMENT = 10000


@dataclass(frozen=True, slots=True)
class Entry:
    """The answer of a reader to one case.

    Parameters
    ----------
    lesion_class : one of the seven classes
    malignancy : confidence that the lesion is malignant, 0-100
    ranking : classes from the likeliest on, `lesion_class` first; None where it was not asked
    active_seconds, wall_seconds : time at work on the case, and from opening to signing

    Raises
    ------
    InputError
        when a value is out of its range.
    """

    lesion_class: LesionClass
    malignancy: float
    ranking: tuple[LesionClass, ...] | None = None
    comment: str = ""
    active_seconds: float = 0.0
    wall_seconds: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "lesion_class", _class(self.lesion_class))
        if not _number_in(self.malignancy, 0, 100):
            raise InputError(
                "Confidence for malignancy out of range", expected="0 to 100", got=repr(self.malignancy)
            )
        if self.ranking is not None:
            ranking = tuple(_class(c) for c in self.ranking)
            object.__setattr__(self, "ranking", ranking)
            if len(set(ranking)) < len(ranking) or ranking[:1] != (self.lesion_class,):
                raise InputError(
                    "The ranking must begin with the class that was chosen and name each class once",
                    got=", ".join(c.label for c in ranking) or "nothing",
                )
        for name, seconds in (("active", self.active_seconds), ("wall-clock", self.wall_seconds)):
            if not _number_in(seconds, 0, math.inf):
                raise InputError(f"Bad {name} time", expected="seconds, 0 or more", got=repr(seconds))
        if len(self.comment) > LONGEST_COMMENT:
            raise InputError("The comment is too long", expected=f"up to {LONGEST_COMMENT} characters")


@dataclass(frozen=True, slots=True)
class Reading:
    """A signed answer; `signed_at` is UTC, ISO 8601; stage 2 follows the model's opinion."""

    id: int
    reader_id: int
    session: int
    case_id: int
    entry: Entry
    revision: int
    signed_at: str
    simulated: bool
    stage: int = 1


def _class(value: object) -> LesionClass:
    if isinstance(value, bool) or not isinstance(value, int | str | np.integer):
        raise InputError("Unknown lesion class", expected="a number from 0 to 6", got=repr(value))
    return LesionClass.parse(value if isinstance(value, str) else int(value))


def _number_in(value: object, low: float, high: float) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        return False
    return bool(math.isfinite(value) and low <= value <= high)
