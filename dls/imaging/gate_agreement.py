"""What all slices of a volume must share: kind, matrix, spacing, plane, b-value.  The gate's first half.

Sources: DICOM PS3.3 C.7.6.2 (image plane), C.7.6.3 (image pixel), C.8.3.1 (MR Image).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dls.errors import GeometryError
from dls.imaging.admission import admit
from dls.imaging.enhanced import CLASSES as ENHANCED
from dls.imaging.headers import Header

COSINE_TOLERANCE = 1e-3
EXPORT_AGAIN = "export the series again from the scanner or PACS"


def check_kind(headers: Sequence[Header]) -> None:
    """An image as the scanner made it, one slice a header, no mosaic."""
    for header in headers:
        admit(header.kind, header.path.name)
        if header.mosaic:
            raise GeometryError(
                "The series is a mosaic: each image holds many slices as tiles",
                expected="one slice an image",
                got=f"ImageType {'/'.join(header.image_type)} in {header.path.name}",
                remedy="export it as single slices or as Enhanced MR",
                code="mosaic",
            )
        if header.frames != 1 and header.sop_class in ENHANCED:
            raise GeometryError(
                "The enhanced image does not say where its frames lie",
                expected="functional groups with position and orientation of every frame",
                got=f"{header.frames} frames without, in {header.path.name}",
                remedy="import the original image; some conversions drop the functional groups",
                code="enhanced-without-geometry",
            )
        if header.frames != 1:
            raise GeometryError(
                "The file holds several frames",
                expected="one slice a file, or Enhanced MR",
                got=f"{header.frames} frames in {header.path.name}",
                remedy="export as classic or Enhanced MR images",
                code="multi-frame",
            )


def check_matrix(headers: Sequence[Header]) -> tuple[float, float]:
    """Pixel spacing (between rows, between columns) in mm that all slices share with one matrix."""
    sizes = sorted({(h.rows, h.columns) for h in headers})
    if len(sizes) > 1 or min(sizes[0]) < 1:
        raise GeometryError(
            "The slices differ in rows or columns",
            expected="one matrix in a series",
            got=", ".join(f"{r}x{c}" for r, c in sizes) + f" in {series_name(headers)}",
            remedy=EXPORT_AGAIN,
            code="mixed-matrix",
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
            code="no-geometry",
        )
    numbers = np.array([(*(h.pixel_spacing or ()), *(h.position or ())) for h in headers])
    if not np.isfinite(numbers).all() or (numbers[:, :2] <= 0).any():
        raise GeometryError(
            "The geometry holds impossible numbers",
            got=series_name(headers),
            remedy=EXPORT_AGAIN,
            code="impossible-geometry",
        )
    if np.ptp(numbers[:, :2], axis=0).max() > 1e-3 * numbers[0, :2].min():
        raise GeometryError(
            "The slices differ in pixel spacing",
            expected=f"{numbers[0, 0]:g} x {numbers[0, 1]:g} mm throughout",
            got=f"up to {numbers[:, 0].max():g} x {numbers[:, 1].max():g} mm in {series_name(headers)}",
            remedy=EXPORT_AGAIN,
            code="mixed-spacing",
        )
    return float(numbers[0, 0]), float(numbers[0, 1])


def check_orientation(
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
            got=f"{cosines[0].tolist()} in {series_name(headers)}",
            remedy=EXPORT_AGAIN,
            code="bad-orientation",
        )
    _check_planes(headers, cosines)
    row = row / np.linalg.norm(row)
    normal = np.cross(row, column)
    normal /= np.linalg.norm(normal)
    return row, np.cross(normal, row), normal


def _check_planes(headers: Sequence[Header], cosines: NDArray[np.float64]) -> None:
    """One plane; cosines (slices, 6).  Rotating projections have a plane each, about one axis."""
    deviation = np.abs(cosines - cosines[0]).max(axis=1)
    if deviation.max() <= COSINE_TOLERANCE:
        return
    other = int(deviation.argmax())
    apart = np.diff(cosines, axis=0)
    rotating = len(headers) > 3 and bool((np.abs(apart).max(axis=1) > COSINE_TOLERANCE).all())
    raise GeometryError(
        "Each image has a plane of its own: rotating projections or radial slices"
        if rotating
        else "The series mixes orientations",
        expected=f"{_cosines(cosines[0])} in every slice",
        got=f"{_cosines(cosines[other])} in {headers[other].path.name}",
        remedy="import the slices that the projections were made of"
        if rotating
        else "import each plane as a series of its own",
        code="rotating-planes" if rotating else "mixed-orientations",
    )


def check_b_values(headers: Sequence[Header]) -> None:
    """Refuse several b-values, one of which may be none, in one volume."""
    values = {h.b_value for h in headers}
    if len(values) > 1:
        listed = sorted(-1.0 if v is None else v for v in values)
        raise GeometryError(
            "Several b-values are in one stack",
            expected="one b-value in a volume",
            got="b = "
            + ", ".join("none" if v < 0 else f"{v:g}" for v in listed)
            + f" s/mm² in {series_name(headers)}",
            remedy="import each b-value as a series of its own",
            code="mixed-b-values",
        )


def _cosines(values: NDArray[np.float64]) -> str:
    return "(" + ", ".join(f"{v:.3f}" for v in values) + ")"


def series_name(headers: Sequence[Header]) -> str:
    """Description and number of files for messages."""
    return f'series "{headers[0].description or headers[0].series_uid}" of {len(headers)} files'
