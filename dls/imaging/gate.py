"""The gate: do these headers form one regular volume?  Asked before any pixel is read.

Readers that take the mean of irregular gaps (SimpleITK among them) turn a missing slice into a wrong spacing
without a word; here each defect has its own message.
Sources: DICOM PS3.3 C.7.6.2; regularity by highdicom's `get_volume_positions` (Bridge et al., J Digit Imaging
2022, 35:1719).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from highdicom.spatial import get_volume_positions
from numpy.typing import NDArray

from dls.errors import GeometryError, InputError
from dls.geometry import Geometry
from dls.imaging.gate_agreement import (
    EXPORT_AGAIN,
    check_b_values,
    check_kind,
    check_matrix,
    check_orientation,
    series_name,
)
from dls.imaging.headers import Header

SPACING_TOLERANCE = 0.015
"""Relative deviation of a gap between slices from their mean; real headers are rounded to 0.1 mm."""

TILT_TOLERANCE = 1e-3
"""1 - cosine of the angle between the stack's axis and the slices' normal (2.6 degrees)."""

SAME_PLACE_MM = 0.05
FARTHEST_MM = 30.0
"""Distance between slices beyond which a stack is a survey of single planes, not a volume."""


def check(headers: Sequence[Header]) -> Geometry:
    """Geometry of the volume; slices ascend along the normal (row x column direction).

    Parameters
    ----------
    headers : one a slice, in any order

    Raises
    ------
    InputError
        with code `no-slices` when there is no header, or with the codes of `admission.admit`.
    GeometryError
        each defect with its own code: `mosaic`, `enhanced-without-geometry`, `multi-frame`, `mixed-matrix`,
        `no-geometry`, `impossible-geometry`, `mixed-spacing`, `bad-orientation`, `mixed-orientations`,
        `rotating-planes`, `mixed-b-values`, `single-slice`, `duplicated-slice`, `mixed-volumes`, `tilted`,
        `shifted-slice`, `missing-slice`, `uneven-spacing`, `slices-apart`, `irregular`.
    """
    if not headers:
        raise InputError("There are no slices to make a volume of", code="no-slices")
    check_kind(headers)
    row_spacing, column_spacing = check_matrix(headers)
    row, column, normal = check_orientation(headers)
    check_b_values(headers)
    ordered = in_order(headers)
    positions = np.array([h.position for h in ordered], dtype=float)
    _check_places(ordered, positions @ normal)
    _check_tilt(positions, normal)
    _check_gaps(ordered, positions @ normal)
    spacing, indices = get_volume_positions(
        positions, [*row, *column], rtol=SPACING_TOLERANCE, perpendicular_tol=TILT_TOLERANCE
    )
    if spacing is None or sorted(indices) != list(range(len(ordered))):
        raise GeometryError(
            "The slices do not form a regular volume",
            got=series_name(ordered),
            remedy=EXPORT_AGAIN,
            code="irregular",
        )
    depth = positions @ normal
    return Geometry(
        size=(headers[0].columns, headers[0].rows, len(ordered)),
        origin=_triple(positions[0]),
        spacing=(column_spacing, row_spacing, float(depth[-1] - depth[0]) / (len(ordered) - 1)),
        direction=tuple(float(v) for v in np.column_stack([row, column, normal]).ravel()),
    )


def in_order(headers: Sequence[Header]) -> list[Header]:
    """Headers sorted along the normal of the first one's plane, as the slices of `check`'s geometry.

    Parameters
    ----------
    headers : all with position and orientation, as `check` has made sure
    """
    orientation = np.asarray(headers[0].orientation, dtype=float)
    normal = np.cross(orientation[:3], orientation[3:])
    return sorted(headers, key=lambda h: float(np.asarray(h.position, dtype=float) @ normal))


def _check_places(ordered: Sequence[Header], depth: NDArray[np.float64]) -> None:
    """No two slices at one place, and more than one slice."""
    if len(ordered) < 2:
        raise GeometryError(
            "One slice is no volume",
            expected="at least 2 slices",
            got=series_name(ordered),
            remedy="import the whole series",
            code="single-slice",
        )
    for (a, b), gap in zip(pairwise(ordered), np.diff(depth), strict=True):
        if gap < SAME_PLACE_MM:
            varying = _varying(ordered)
            several = bool(varying) and _is_repeated(depth)
            raise GeometryError(
                "Several volumes are in one stack: two slices lie at the same position"
                if several
                else "Two slices lie at the same position",
                expected="one slice a position",
                got=f"{_slice(a)} and {_slice(b)} at {_place(a)}"
                + (f"; {varying} differ" if varying else ""),
                remedy="remove the copy, or import each volume as a series of its own",
                code="mixed-volumes" if several else "duplicated-slice",
            )


def _is_repeated(depth: NDArray[np.float64]) -> bool:
    """Whether most places hold several slices: volumes on top of each other, not a copy of a slice."""
    places = np.concatenate([[0], np.cumsum(np.diff(depth) >= SAME_PLACE_MM)])
    return bool(np.median(np.bincount(places)) > 1)


def _check_tilt(positions: NDArray[np.float64], normal: NDArray[np.float64]) -> None:
    steps = np.vstack([np.diff(positions, axis=0), positions[-1:] - positions[:1]])
    cosine = steps @ normal / np.linalg.norm(steps, axis=1)
    overall = float(cosine[-1])
    if 1 - overall > TILT_TOLERANCE:
        raise GeometryError(
            "The stack is tilted (sheared): slices are not stacked along their normal",
            expected=f"an angle below {np.degrees(np.arccos(1 - TILT_TOLERANCE)):.1f} degrees",
            got=f"{np.degrees(np.arccos(np.clip(overall, -1, 1))):.1f} degrees",
            remedy="reformat the series to an untilted one at the scanner or workstation",
            code="tilted",
        )
    sideways = np.linalg.norm(steps[:-1] - np.outer(steps[:-1] @ normal, normal), axis=1)
    usual = float(np.median(steps[:-1] @ normal))
    if sideways.max() > max(0.1 * usual, 0.5):
        at = int(sideways.argmax())
        raise GeometryError(
            "A slice is shifted sideways against its neighbour",
            expected="slices stacked along their normal",
            got=f"{sideways[at]:.1f} mm between slices {at + 1} and {at + 2}",
            remedy=EXPORT_AGAIN,
            code="shifted-slice",
        )


def _check_gaps(ordered: Sequence[Header], depth: NDArray[np.float64]) -> None:
    gaps = np.diff(depth)
    usual = float(np.median(gaps))
    if usual > FARTHEST_MM:
        raise GeometryError(
            "The slices are too far apart to be one volume",
            expected=f"at most {FARTHEST_MM:g} mm between slices",
            got=f"{usual:.1f} mm in {series_name(ordered)}",
            remedy="import the series that covers the liver",
            code="slices-apart",
        )
    off = np.abs(gaps - usual) > 2 * SPACING_TOLERANCE * usual
    if not off.any():
        return
    at = int(np.abs(gaps - usual).argmax())
    multiple = gaps[at] / usual
    between = f"between {_slice(ordered[at])} and {_slice(ordered[at + 1])}"
    if multiple > 1.5 and abs(multiple - round(multiple)) < 0.1:
        count = round(multiple) - 1
        raise GeometryError(
            f"{'A slice is' if count == 1 else f'{count} slices are'} missing",
            expected=f"a slice every {usual:.2f} mm",
            got=f"a gap of {gaps[at]:.2f} mm {between}",
            remedy="transfer the series again; all slices are needed",
            code="missing-slice",
        )
    raise GeometryError(
        "The slices are not evenly spaced",
        expected=f"{usual:.2f} mm throughout",
        got=f"{gaps[at]:.2f} mm {between}",
        remedy=EXPORT_AGAIN,
        code="uneven-spacing",
    )


def _varying(headers: Sequence[Header]) -> str:
    """Names of the elements that tell volumes apart and differ in this stack."""
    names = {
        "echo_time": "echo times",
        "temporal_position": "temporal positions",
        "acquisition_time": "acquisition times",
        "image_type": "image types",
    }
    return ", ".join(text for name, text in names.items() if len({getattr(h, name) for h in headers}) > 1)


def _slice(header: Header) -> str:
    return f"image {header.instance_number} ({header.path.name})"


def _place(header: Header) -> str:
    return "(" + ", ".join(f"{x:.1f}" for x in header.position or ()) + ") mm"


def _triple(values: NDArray[np.float64]) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])
