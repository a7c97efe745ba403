"""The regions of a case: its lesions' outlines on T2, which of them is the case's, and how far each sequence
lies from T2.

A shift says where a sequence shows what T2 shows: a point p of T2 appears at p + shift in the sequence.  It
makes up for breathing between the acquisitions (shifts of several millimetres, mainly along the body).
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from dls.domain import Sequence
from dls.errors import InputError
from dls.geometry import Geometry
from dls.imaging.roi import Outline
from dls.imaging.volume import Volume

FORMAT = "dls-regions"
VERSION = 1
MOST_LESIONS = 50
MOST_POINTS = 50_000
LONGEST_SHIFT = 100.0
"""mm; a longer shift is an error of typing rather than breath."""

SAME_PLANE = 0.1
"""mm; contours nearer to each other than this along their normal lie on one slice."""

Shift = tuple[float, float, float]
NO_SHIFT: Shift = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Lesion:
    """One outlined lesion.

    Parameters
    ----------
    id : 32 hexadecimal digits; the lesion keeps it through all revisions, and DICOM objects carry it as UID
    name : for people, for example "Lesion 1"
    outline : drawn on T2, mm in LPS
    """

    id: str
    name: str
    outline: Outline

    @classmethod
    def new(cls, name: str, outline: Outline) -> Lesion:
        """A lesion with an id of its own."""
        return cls(uuid4().hex, name, outline)

    @property
    def tracking_uid(self) -> str:
        """The id as a DICOM UID (PS3.5 B.2: 2.25 and the UUID as a decimal number)."""
        return f"2.25.{int(self.id, 16)}"

    @property
    def area(self) -> float:
        """mm², over all slices; a contour inside another one of its slice is a hole (even-odd rule)."""
        flat = [_flat(contour) for contour in self.outline.contours]
        return sum(shape.area * (-1) ** depth for shape, depth in zip(flat, _nesting(flat), strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class Regions:
    """Lesions of one case and the shifts of its sequences.

    Parameters
    ----------
    lesions : none where nothing has been outlined yet
    target : id of the lesion that was marked as the case's; None takes the largest
    shifts : mm in LPS by sequence; a sequence that is not there is not shifted, and T2 never is

    Raises
    ------
    InputError
        when there are too many lesions or points, an id repeats or is none of the lesions', or a shift
        is not finite, longer than `LONGEST_SHIFT` or one of T2.
    """

    lesions: tuple[Lesion, ...] = ()
    target: str | None = None
    shifts: Mapping[Sequence, Shift] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ids = [lesion.id for lesion in self.lesions]
        points = sum(len(c) for lesion in self.lesions for c in lesion.outline.contours)
        if len(ids) > MOST_LESIONS or points > MOST_POINTS:
            raise InputError(
                "The regions cannot be kept",
                expected=f"up to {MOST_LESIONS} lesions of up to {MOST_POINTS} points together",
                got=f"{len(ids)} lesions, {points} points",
            )
        if len(set(ids)) != len(ids) or not all(re.fullmatch("[0-9a-f]{32}", i) for i in ids):
            raise InputError("Lesions need ids of their own", expected="32 hexadecimal digits", got=str(ids))
        if self.target is not None and self.target not in ids:
            raise InputError("The marked lesion does not exist", expected=", ".join(ids), got=self.target)
        if Sequence.T2 in self.shifts:
            raise InputError("T2 cannot be shifted", remedy="shift the other sequences against it")
        for sequence, shift in self.shifts.items():
            if len(shift) != 3 or not all(math.isfinite(x) and abs(x) <= LONGEST_SHIFT for x in shift):
                raise InputError(
                    f"The shift of {sequence} cannot be used",
                    expected=f"3 numbers within {LONGEST_SHIFT:g} mm",
                    got=str(shift),
                )

    @classmethod
    def of_outline(cls, outline: Outline) -> Regions:
        """One lesion and no shift; the same outline always gets the same id."""
        content = json.dumps(outline.to_lists()).encode()
        return cls((Lesion(hashlib.sha256(content).hexdigest()[:32], "Lesion 1", outline),))

    @property
    def case_lesion(self) -> Lesion | None:
        """The lesion that the case is about: the marked one, else the largest by area; None without any."""
        if self.target is not None:
            return next(lesion for lesion in self.lesions if lesion.id == self.target)
        return max(self.lesions, key=lambda lesion: lesion.area, default=None)

    def shift(self, sequence: Sequence) -> Shift:
        """Shift of a sequence in mm; nothing for one that was not shifted."""
        return self.shifts.get(sequence, NO_SHIFT)

    def validate(self, t2: Geometry) -> None:
        """Check every outline against the T2 grid; raises GeometryError from `Outline.validate`."""
        for lesion in self.lesions:
            lesion.outline.validate(t2)

    def to_record(self) -> dict[str, Any]:
        """For JSON; `from_record` turns it back."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "space": "LPS",
            "unit": "mm",
            "lesions": [
                {"id": one.id, "name": one.name, "contours": one.outline.to_lists()} for one in self.lesions
            ],
            "target": self.target,
            "shifts": {s.slug: list(self.shifts[s]) for s in Sequence if s in self.shifts},
        }

    @classmethod
    def from_record(cls, record: Any) -> Regions:
        """Regions from what `to_record` made, or from a bare list of contours (one lesion).

        Raises
        ------
        InputError
            when the form is another one.
        GeometryError
            when an outline does not hold points.
        """
        if isinstance(record, list):
            return cls.of_outline(Outline.of(record))
        if not isinstance(record, dict) or record.get("format") != FORMAT or record.get("version") != VERSION:
            raise InputError(
                "These are no regions of a case",
                expected=f'an object with format "{FORMAT}" and version {VERSION}, or a list of contours',
                got=type(record).__name__,
            )
        if (record.get("space"), record.get("unit")) != ("LPS", "mm"):
            raise InputError(
                "The regions are in another space",
                expected="LPS, mm",
                got=f"{record.get('space')}, {record.get('unit')}",
            )
        try:
            lesions = tuple(
                Lesion(str(one["id"]), str(one["name"])[:80], Outline.of(one["contours"]))
                for one in record["lesions"]
            )
            shifts = {
                _by_slug(slug): tuple(float(x) for x in shift) for slug, shift in record["shifts"].items()
            }
            target = record["target"]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError("The regions cannot be read", got=f"{type(error).__name__}: {error}") from error
        return cls(lesions, None if target is None else str(target), shifts)  # type: ignore[arg-type]

    def save_json(self, path: Path) -> None:
        """Write a JSON file."""
        path.write_text(json.dumps(self.to_record()) + "\n")

    @classmethod
    def load_json(cls, path: Path) -> Regions:
        """Read a JSON file; errors as `from_record`, and InputError when it cannot be read."""
        try:
            record = json.loads(path.read_text())
        except (OSError, ValueError) as error:
            raise InputError(
                "The regions cannot be read", expected="a JSON file", got=f"{path}: {error}"
            ) from error
        return cls.from_record(record)


def moved(geometry: Geometry, shift: Shift) -> Geometry:
    """Grid of a sequence in T2's space: what the sequence shows at p + shift is found at p."""
    x, y, z = (float(o - s) for o, s in zip(geometry.origin, shift, strict=True))
    return replace(geometry, origin=(x, y, z))


def in_t2_space(volumes: Mapping[Sequence, Volume], regions: Regions) -> dict[Sequence, Volume]:
    """Volumes with their shifts taken out: the same voxels on moved grids."""
    return {s: replace(v, geometry=moved(v.geometry, regions.shift(s))) for s, v in volumes.items()}


@dataclass(frozen=True, slots=True, eq=False)
class _Flat:
    """A contour in its own plane: `points` (n, 2) in mm, the depth of the plane and the enclosed area."""

    points: NDArray[np.float64]
    depth: float
    area: float


def _nesting(flat: list[_Flat]) -> list[int]:
    """In how many others of its slice each contour lies, by the crossings of a ray from its first point."""
    if not flat:
        return []
    ends = np.concatenate([np.roll(f.points, -1, axis=0) for f in flat])
    (x0, y0), (x1, y1) = np.concatenate([f.points for f in flat]).T, ends.T
    sizes = [len(f.points) for f in flat]
    owner, depth = np.repeat(np.arange(len(flat)), sizes), np.repeat([f.depth for f in flat], sizes)
    found = []
    for i, shape in enumerate(flat):
        x, y = shape.points[0]
        crosses = ((y0 > y) != (y1 > y)) & (owner != i) & (np.abs(depth - shape.depth) <= SAME_PLANE)
        at = x0[crosses] + (y - y0[crosses]) * (x1 - x0)[crosses] / (y1 - y0)[crosses]
        found.append(int(np.count_nonzero(np.bincount(owner[crosses][x < at]) % 2)))
    return found


def _flat(contour: NDArray[np.float64]) -> _Flat:
    """A planar polygon (n, 3) seen along the axis that it faces most."""
    vectors = contour - contour.mean(axis=0)
    area = np.cross(vectors, np.roll(vectors, -1, axis=0)).sum(axis=0) / 2
    size = float(np.linalg.norm(area))
    axis = int(np.abs(area).argmax())
    normal = area * np.sign(area[axis]) / size if size > 0 else np.zeros(3)
    return _Flat(np.delete(contour, axis, axis=1), float(contour.mean(axis=0) @ normal), size)


def _by_slug(slug: str) -> Sequence:
    for sequence in Sequence:
        if sequence.slug == slug:
            return sequence
    raise InputError("Unknown sequence", expected=", ".join(s.slug for s in Sequence), got=repr(slug))
