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
from dls.imaging.headers import Header

SPACING_TOLERANCE = 0.015
"""Relative deviation of a gap between slices from their mean; real headers are rounded to 0.1 mm."""

TILT_TOLERANCE = 1e-3
"""1 - cosine of the angle between the stack's axis and the slices' normal (2.6 degrees)."""

COSINE_TOLERANCE = 1e-3
SAME_PLACE_MM = 0.05
_REMEDY = "export the series again from the scanner or PACS"


def check(headers: Sequence[Header]) -> Geometry:
    """Geometry of the volume; slices ascend along the normal (row x column direction).

    Parameters
    ----------
    headers : one a slice, in any order

    Raises
    ------
    InputError
        when there is no header, or one is not an MR image of one sample a pixel.
    GeometryError
        for a mosaic, several frames in a file, differing rows, columns or spacing, missing geometry, mixed
        orientation, several b-values, a duplicated position, a tilted stack, a missing slice, uneven gaps.
    """
    if not headers:
        raise InputError("There are no slices to make a volume of")
    _check_kind(headers)
    row_spacing, column_spacing = _check_matrix(headers)
    row, column, normal = _check_orientation(headers)
    _check_b_values(headers)
    ordered = in_order(headers)
    positions = np.array([h.position for h in ordered], dtype=float)
    _check_places(ordered, positions @ normal)
    _check_tilt(positions, normal)
    _check_gaps(ordered, positions @ normal)
    spacing, indices = get_volume_positions(
        positions, [*row, *column], rtol=SPACING_TOLERANCE, perpendicular_tol=TILT_TOLERANCE
    )
    if spacing is None or sorted(indices) != list(range(len(ordered))):
        raise GeometryError("The slices do not form a regular volume", got=_name(ordered), remedy=_REMEDY)
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


def _check_kind(headers: Sequence[Header]) -> None:
    """MR, one sample a pixel, one frame a file, no mosaic."""
    for header in headers:
        if header.modality != "MR":
            raise InputError(
                "The series is not MR",
                expected="modality MR",
                got=f"{header.modality or 'none'} in {header.path.name}",
            )
        if header.samples != 1 or not header.photometric.startswith("MONOCHROME"):
            raise InputError(
                "The image is in colour or a screen capture",
                expected="one sample a pixel, MONOCHROME",
                got=f"{header.samples} samples, {header.photometric or 'unknown'} in {header.path.name}",
                remedy="import the series that the scanner made",
            )
        if "MOSAIC" in header.image_type:
            raise GeometryError(
                "The series is a mosaic: each image holds many slices as tiles",
                expected="one slice an image",
                got=f"ImageType {'/'.join(header.image_type)} in {header.path.name}",
                remedy="export it as single slices or as Enhanced MR",
            )
        if header.frames != 1:
            raise GeometryError(
                "The file holds several frames",
                expected="one slice a file",
                got=f"{header.frames} frames in {header.path.name}",
                remedy="export as classic MR images",
            )


def _check_matrix(headers: Sequence[Header]) -> tuple[float, float]:
    """Pixel spacing (between rows, between columns) in mm that all slices share with one matrix."""
    sizes = sorted({(h.rows, h.columns) for h in headers})
    if len(sizes) > 1 or min(sizes[0]) < 1:
        raise GeometryError(
            "The slices differ in rows or columns",
            expected="one matrix in a series",
            got=", ".join(f"{r}x{c}" for r, c in sizes) + f" in {_name(headers)}",
            remedy=_REMEDY,
        )
    bare = [
        h.path.name for h in headers if h.pixel_spacing is None or h.position is None or h.orientation is None
    ]
    if bare:
        raise GeometryError(
            "The series has no geometry",
            expected="Pixel Spacing, Image Position (Patient) and Image Orientation (Patient) in every file",
            got=f"{len(bare)} of {len(headers)} files without, the first {bare[0]}",
            remedy="import the original images; screen captures and some conversions drop geometry",
        )
    numbers = np.array([(*(h.pixel_spacing or ()), *(h.position or ())) for h in headers])
    if not np.isfinite(numbers).all() or (numbers[:, :2] <= 0).any():
        raise GeometryError("The geometry holds impossible numbers", got=_name(headers), remedy=_REMEDY)
    if np.ptp(numbers[:, :2], axis=0).max() > 1e-3 * numbers[0, :2].min():
        raise GeometryError(
            "The slices differ in pixel spacing",
            expected=f"{numbers[0, 0]:g} x {numbers[0, 1]:g} mm throughout",
            got=f"up to {numbers[:, 0].max():g} x {numbers[:, 1].max():g} mm in {_name(headers)}",
            remedy=_REMEDY,
        )
    return float(numbers[0, 0]), float(numbers[0, 1])


def _check_orientation(
    headers: Sequence[Header],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Unit vectors (3,) along a row, along a column and normal to both."""
    cosines = np.array([h.orientation for h in headers], dtype=float)
    row, column = cosines[0, :3], cosines[0, 3:]
    lengths = np.linalg.norm(cosines.reshape(-1, 2, 3), axis=2)
    across = (cosines[:, :3] * cosines[:, 3:]).sum(axis=1)
    sound = (np.abs(lengths - 1) <= COSINE_TOLERANCE).all() and (np.abs(across) <= COSINE_TOLERANCE).all()
    if not sound:
        raise GeometryError(
            "Image Orientation (Patient) is not two perpendicular unit vectors",
            got=f"{cosines[0].tolist()} in {_name(headers)}",
            remedy=_REMEDY,
        )
    deviation = np.abs(cosines - cosines[0]).max(axis=1)
    if deviation.max() > COSINE_TOLERANCE:
        other = int(deviation.argmax())
        raise GeometryError(
            "The series mixes orientations",
            expected=f"{_cosines(cosines[0])} in every slice",
            got=f"{_cosines(cosines[other])} in {headers[other].path.name}",
            remedy="import each plane as a series of its own",
        )
    row = row / np.linalg.norm(row)
    normal = np.cross(row, column)
    normal /= np.linalg.norm(normal)
    return row, np.cross(normal, row), normal


def _check_b_values(headers: Sequence[Header]) -> None:
    values = {h.b_value for h in headers}
    if len(values) > 1:
        listed = sorted(-1.0 if v is None else v for v in values)
        raise GeometryError(
            "Several b-values are in one stack",
            expected="one b-value in a volume",
            got="b = "
            + ", ".join("none" if v < 0 else f"{v:g}" for v in listed)
            + f" s/mm² in {_name(headers)}",
            remedy="import each b-value as a series of its own",
        )


def _check_places(ordered: Sequence[Header], depth: NDArray[np.float64]) -> None:
    """No two slices at one place, and more than one slice."""
    if len(ordered) < 2:
        raise GeometryError(
            "One slice is no volume",
            expected="at least 2 slices",
            got=_name(ordered),
            remedy="import the whole series",
        )
    for (a, b), gap in zip(pairwise(ordered), np.diff(depth), strict=True):
        if gap < SAME_PLACE_MM:
            varying = _varying(ordered)
            raise GeometryError(
                "Two slices lie at the same position",
                expected="one slice a position",
                got=f"{_slice(a)} and {_slice(b)} at {_place(a)}"
                + (f"; {varying} differ" if varying else ""),
                remedy="remove the copy, or import each volume as a series of its own",
            )


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
        )
    sideways = np.linalg.norm(steps[:-1] - np.outer(steps[:-1] @ normal, normal), axis=1)
    usual = float(np.median(steps[:-1] @ normal))
    if sideways.max() > max(0.1 * usual, 0.5):
        at = int(sideways.argmax())
        raise GeometryError(
            "A slice is shifted sideways against its neighbour",
            expected="slices stacked along their normal",
            got=f"{sideways[at]:.1f} mm between slices {at + 1} and {at + 2}",
            remedy=_REMEDY,
        )


def _check_gaps(ordered: Sequence[Header], depth: NDArray[np.float64]) -> None:
    gaps = np.diff(depth)
    usual = float(np.median(gaps))
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
        )
    raise GeometryError(
        "The slices are not evenly spaced",
        expected=f"{usual:.2f} mm throughout",
        got=f"{gaps[at]:.2f} mm {between}",
        remedy=_REMEDY,
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


def _cosines(values: NDArray[np.float64]) -> str:
    return "(" + ", ".join(f"{v:.3f}" for v in values) + ")"


def _name(headers: Sequence[Header]) -> str:
    return f'series "{headers[0].description or headers[0].series_uid}" of {len(headers)} files'


def _triple(values: NDArray[np.float64]) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])
