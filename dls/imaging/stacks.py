"""From the files of a study to stacks: sets of headers that should each be one volume.

A series instance UID may hold several volumes (b-values, echoes, phases, planes, maps).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from dls.imaging.headers import Header

SMALLEST_STACK = 3
"""A series is only split where every part has so many slices; an odd slice is a defect to report."""


@dataclass(frozen=True, slots=True)
class Stack:
    """Headers that should form one volume.

    `uid` is the series instance UID; where the series holds several volumes, `#` and what tells the part from
    its siblings follow.
    """

    uid: str
    headers: tuple[Header, ...]

    @property
    def first(self) -> Header:
        """The header that stands for what the whole stack shares."""
        return self.headers[0]

    @property
    def title(self) -> str:
        """Series number and description for messages."""
        part = self.uid.partition("#")[2]
        number = "" if self.first.series_number is None else f"{self.first.series_number} "
        return f'series {number}"{self.first.description or "without description"}"' + (
            f" ({part})" if part else ""
        )

    @property
    def start(self) -> float | None:
        """Earliest acquisition time, else content time, in seconds after midnight."""
        for name in ("acquisition_time", "content_time"):
            times = [getattr(h, name) for h in self.headers if getattr(h, name) is not None]
            if times:
                return float(min(times))
        return None


Key = Callable[[Header], Hashable]

_GEOMETRY: tuple[tuple[str, Key], ...] = (
    (
        "matrix",
        lambda h: (h.rows, h.columns, h.pixel_spacing and tuple(round(s, 3) for s in h.pixel_spacing)),
    ),
    ("stack", lambda h: h.stack_id),
    ("plane", lambda h: h.orientation and tuple(round(c, 2) + 0.0 for c in h.orientation)),
)
_CONTENT: tuple[tuple[str, Key], ...] = (
    ("b", lambda h: h.b_value),
    ("image type", lambda h: "/".join(h.image_type[2:])),
    ("echo", lambda h: h.echo_number if h.echo_time is None else h.echo_time),
)
_TIME: tuple[tuple[str, Key], ...] = (
    ("phase", lambda h: h.temporal_position),
    ("acquisition", lambda h: h.acquisition_number),
    ("trigger time", lambda h: h.trigger_time),
    ("time", lambda h: h.acquisition_time if h.acquisition_time is not None else h.content_time),
)


def stacks(headers: Sequence[Header]) -> tuple[Stack, ...]:
    """Stacks of a study: by series instance UID, then split by plane, matrix, b-value, image type, echo, and,
    where positions repeat, by temporal position, acquisition number or time.
    """
    series: dict[str, list[Header]] = defaultdict(list)
    for header in headers:
        series[header.series_uid].append(header)
    return tuple(stack for uid, members in series.items() for stack in _split(uid, members))


def _split(uid: str, headers: Sequence[Header]) -> list[Stack]:
    parts: list[tuple[str, list[Header]]] = [("", list(headers))]
    for name, key in (*_GEOMETRY, *_CONTENT):
        parts = [piece for label, members in parts for piece in _divide(label, members, name, key)]
    for name, key in _TIME:
        parts = [
            piece
            for label, members in parts
            for piece in (_divide(label, members, name, key) if _repeats(members) else [(label, members)])
        ]
    return [Stack(f"{uid}#{label}" if label else uid, tuple(members)) for label, members in parts]


def _divide(label: str, headers: list[Header], name: str, key: Key) -> list[tuple[str, list[Header]]]:
    """Parts by key, each labelled; the undivided list where a part would be too small."""
    parts: dict[Hashable, list[Header]] = defaultdict(list)
    for header in headers:
        parts[key(header)].append(header)
    if len(parts) == 1 or min(map(len, parts.values())) < SMALLEST_STACK:
        return [(label, headers)]
    order = sorted(parts.items(), key=lambda item: (item[0] is not None, _sortable(item[0])))
    numbered = name in {"matrix", "plane", "time", "trigger time"}
    return [
        (f"{label} {name} {i + 1 if numbered else _written(value)}".strip(), members)
        for i, (value, members) in enumerate(order)
    ]


def _sortable(value: Hashable) -> tuple[float, str]:
    return (float(value), "") if isinstance(value, (int, float)) else (0.0, str(value))


def _written(value: Hashable) -> str:
    return "none" if value is None else f"{value:g}" if isinstance(value, (int, float)) else str(value)


def _repeats(headers: Sequence[Header]) -> bool:
    """Whether at least a third of the slices lie where another one does: several volumes are mixed."""
    if any(h.position is None for h in headers):
        return False
    places = {tuple(round(x, 1) for x in h.position or ()) for h in headers}
    return 3 * len(places) <= 2 * len(headers)
