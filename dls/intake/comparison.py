"""Whether a case that is there is the one that is to be added: the same data, or a conflict."""

from __future__ import annotations

from dls.errors import ConflictError
from dls.study.cases import Case, NewCase

_FACTS = ("lesion_class", "reference_standard", "lesion_mm")


def check_same(stored: Case, new: NewCase) -> None:
    """Raise ConflictError when a case of the same code is stored with another truth or other clinical data.

    A variable that is None is as one that is not there; the scanner may be read from the images later.
    """
    differing = [name for name in _FACTS if getattr(stored, name) != getattr(new, name)]
    before, now = _given(stored), _given(new)
    differing += sorted(n for n in before.keys() | now.keys() if before.get(n) != now.get(n))
    if differing:
        raise ConflictError(
            f"Case {new.code} is in the study with other data",
            expected="the data that are stored, or another code",
            got=f"another {', '.join(differing)}",
        )


def _given(case: Case | NewCase) -> dict[str, object]:
    return {name: value for name, value in case.clinical.items() if value is not None}
