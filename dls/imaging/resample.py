"""Resampling between grids in patient space: linear for images, never without direction cosines.

Source: DICOM PS3.3 C.7.6.2.1.1 (the mapping); ITK Software Guide, resampling.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import SimpleITK
from numpy.typing import NDArray

from dls.errors import GeometryError
from dls.geometry import Geometry


def to_image(voxels: NDArray[Any], geometry: Geometry) -> SimpleITK.Image:
    """SimpleITK image of voxels (nz, ny, nx) on their grid."""
    image = SimpleITK.GetImageFromArray(voxels)
    image.SetOrigin(geometry.origin)
    image.SetSpacing(geometry.spacing)
    image.SetDirection(geometry.direction)
    return image


def onto(
    voxels: NDArray[Any], source: Geometry, target: Geometry, *, outside: float = 0.0
) -> NDArray[np.float32]:
    """Voxels (nz, ny, nx) of the source at the centres of the target's grid, by trilinear interpolation.

    Only the slab of source slices that the target meets is handed over.

    Parameters
    ----------
    outside : value where the target lies beyond the outer faces of the source's voxels
    """
    first, last = _slab(source, target)
    if last <= first:
        return np.full(target.shape, outside, np.float32)
    corner = source.to_patient((0, 0, first))
    slab = Geometry(
        (source.size[0], source.size[1], last - first),
        (float(corner[0]), float(corner[1]), float(corner[2])),
        source.spacing,
        source.direction,
    )
    resampled = SimpleITK.Resample(
        to_image(voxels[first:last], slab),
        target.size,
        SimpleITK.Transform(),
        SimpleITK.sitkLinear,
        target.origin,
        target.spacing,
        target.direction,
        outside,
        SimpleITK.sitkFloat32,
    )
    result: NDArray[np.float32] = SimpleITK.GetArrayFromImage(resampled)
    return result


def resize(images: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Square images (..., n, n) as (..., size, size) over the same field of view.

    Linear interpolation when enlarging; when shrinking, the triangle widens with the step, so that noise is
    averaged and nothing aliases (as `PIL.Image.resize` with BILINEAR does).
    """
    weights = _triangle_weights(images.shape[-1], size)
    return np.ascontiguousarray(weights @ images @ weights.T)


def frames_to_sequence(
    maps: NDArray[np.float32], frames: Sequence[Geometry], target: Geometry
) -> NDArray[np.float32]:
    """Maps drawn on image groups, on a sequence's own grid: (nz, ny, nx) float32, 0 where no group reaches.

    Parameters
    ----------
    maps : (n, s, s), one a group
    frames : n grids of one slice each, as `ImageGroups.frames`; parallel, in one crop, a whole number of
        slice spacings apart (groups in between may be missing and count as 0)
    target : grid of the sequence

    Raises
    ------
    GeometryError
        when maps and frames do not fit each other or the frames are no stack.
    """
    shapes = [frame.shape[1:] for frame in frames]
    if not frames or maps.shape != (len(frames), *shapes[0]) or len(set(shapes)) > 1:
        raise GeometryError(
            "Maps and frames do not fit",
            expected="one map a frame",
            got=f"{maps.shape} for {len(frames)} frames",
        )
    first = frames[0]
    index = np.array([first.to_index(frame.origin) for frame in frames])
    steps = np.rint(index[:, 2]).astype(int)
    if np.abs(index - np.column_stack([0 * steps, 0 * steps, steps])).max() > 0.01:
        raise GeometryError(
            "The frames are no stack",
            expected="crops one above the other, whole slices apart",
            got=f"{index.tolist()}",
        )
    low = int(steps.min())
    stack = np.zeros((int(steps.max()) - low + 1, *shapes[0]), np.float32)
    stack[steps - low] = maps
    origin = first.to_patient((0, 0, low))
    grid = Geometry(
        (first.size[0], first.size[1], len(stack)),
        (float(origin[0]), float(origin[1]), float(origin[2])),
        first.spacing,
        first.direction,
    )
    return onto(stack, grid, target)


def _slab(source: Geometry, target: Geometry) -> tuple[int, int]:
    """First and one past last slice of the source that the target needs."""
    ends = [(0, n - 1) for n in target.size]
    depth = source.to_index(target.to_patient(np.array(np.meshgrid(*ends)).reshape(3, -1).T))[:, 2]
    first = max(int(np.floor(depth.min())) - 1, 0)
    last = min(int(np.ceil(depth.max())) + 2, source.size[2])
    return first, last


def _triangle_weights(n: int, size: int) -> NDArray[np.float32]:
    """(size, n) matrix of interpolation weights; rows sum to 1."""
    step = n / size
    centre = (np.arange(size) + 0.5) * step - 0.5
    distance = np.abs(np.arange(n)[None, :] - centre[:, None]) / max(step, 1.0)
    weights = np.maximum(0.0, 1.0 - distance)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
