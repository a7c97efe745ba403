"""What an amendment changes: one protocol beside another, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ABSENT = "–"


@dataclass(frozen=True, slots=True)
class Change:
    """A field of the protocol, for example "sessions 2 washout_days", before and after."""

    field: str
    before: str
    after: str


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """Every field that differs between two contents of a protocol, as `versions` gives them."""
    return tuple(_differences("", before, after))


def _differences(name: str, before: Any, after: Any) -> Iterator[Change]:
    if isinstance(before or after, Mapping):
        one, other = before or {}, after or {}
        for key in dict.fromkeys([*one, *other]):
            yield from _differences(f"{name} {key}".strip(), one.get(key), other.get(key))
    elif _records(before) or _records(after):
        for i in range(max(len(before or ()), len(after or ()))):
            pair = [dict(side[i]) if side and i < len(side) else {} for side in (before, after)]
            yield from _differences(f"{name} {i + 1}", *pair)
    elif _text(before) != _text(after):
        yield Change(name, _text(before), _text(after))


def _records(value: Any) -> bool:
    return isinstance(value, Sequence) and bool(value) and isinstance(value[0], Mapping)


def _text(value: Any) -> str:
    if value is None or (isinstance(value, list | tuple | str) and not value):
        return ABSENT
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)
