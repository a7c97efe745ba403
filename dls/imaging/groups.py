"""Image groups: one cross section of the lesion in every sequence, stacked as channels.

Training and inference both call `image_groups`; nothing else makes pixels for a network.
Source: Zhen et al., Front Oncol 2020, 10:680, Methods (0.7 x 0.7 x 7 mm, lesion patches, 299 x 299).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dls.domain import ALL_SEQUENCES, IMAGE_SIZE, Sequence
from dls.errors import GeometryError, InputError
from dls.geometry import Geometry
from dls.imaging.intensity import body_level, normalise
from dls.imaging.resample import onto, resize
from dls.imaging.roi import Outline, carry, mask
from dls.imaging.volume import Volume

PREPROCESSING_VERSION = "1"
"""Changes whenever `image_groups` would give other pixels; model packages carry it."""

SPACING = (0.7, 0.7, 7.0)
"""mm between columns, rows and slices of the grid that all sequences are resampled to."""

CROP_MM = (42.0, 168.0)
"""Smallest and largest side of a crop; between them it is twice the lesion's extent."""


@dataclass(frozen=True, slots=True, eq=False)
class ImageGroups:
    """The groups of one patient.

    Parameters
    ----------
    pixels : (n, size, size, channels) float32 in [0, 1), in channel order of `sequences`; 0 background, 0.5
        the upper quartile of the patient's body in that sequence (see `intensity.normalise`)
    frames : n grids of one slice each: where the pixels of a group lie in the patient
    sequences : the channels
    """

    pixels: NDArray[np.float32]
    frames: tuple[Geometry, ...]
    sequences: tuple[Sequence, ...] = ALL_SEQUENCES


def image_groups(
    volumes: Mapping[Sequence, Volume],
    outline: Outline,
    size: int = IMAGE_SIZE,
    sequences: tuple[Sequence, ...] = ALL_SEQUENCES,
) -> ImageGroups:
    """Groups of a lesion: one for each 7-mm slice that meets it.

    The grid has T2's origin and directions and the spacing `SPACING`.  Each group is a square crop around the
    middle of the lesion's extent over all slices, with a side of twice its larger extent in the plane (within
    `CROP_MM`), resized to size x size.

    Parameters
    ----------
    volumes : must hold `sequences`
    outline : drawn on T2
    size : pixels along a side of a group
    sequences : the channels, T2 among them

    Raises
    ------
    InputError
        when a sequence is missing.
    GeometryError
        when the outline lies outside T2 or its centre outside another sequence.
    """
    missing = [s for s in (Sequence.T2, *sequences) if s not in volumes]
    if missing:
        raise InputError(
            "Image groups cannot be made",
            expected=", ".join(sequences),
            got=f"no {', '.join(missing)}",
            remedy="import the missing sequence, or use a model that does not need it",
        )
    t2 = volumes[Sequence.T2].geometry
    marked, grid = _lesion_on_grid(outline, t2)
    crop, slices = _crop(marked, grid)
    _check_coverage(volumes, sequences, crop)
    channels = [_channel(volumes[s], crop)[slices] for s in sequences]
    pixels = np.stack([resize(channel, size) for channel in channels], axis=-1)
    return ImageGroups(pixels, tuple(_frame(crop, k, size) for k in slices), sequences)


def common_grid(t2: Geometry) -> Geometry:
    """T2's field of view at 0.7 x 0.7 x 7 mm, with the same outer corner in the plane and first slice."""
    shift = [(new - old) / (2 * old) for new, old in zip(SPACING[:2], t2.spacing[:2], strict=True)]
    origin = t2.to_patient((*shift, 0.0))
    extent = [n * s for n, s in zip(t2.size, t2.spacing, strict=True)]
    columns, rows = (max(1, round(e / s)) for e, s in zip(extent[:2], SPACING[:2], strict=True))
    slices = int(np.floor((t2.size[2] - 0.5) * t2.spacing[2] / SPACING[2] + 1e-6)) + 1
    return Geometry((columns, rows, slices), _triple(origin), SPACING, t2.direction)


def _lesion_on_grid(outline: Outline, t2: Geometry) -> tuple[NDArray[np.bool_], Geometry]:
    """The lesion on the common grid; a lesion that falls between its slices marks the nearest one."""
    grid = common_grid(t2)
    drawn = mask(outline, t2)
    marked = carry(drawn, t2, grid)
    if not marked.any():
        centre = np.argwhere(drawn)[:, ::-1].mean(axis=0)
        i, j, k = np.clip(
            np.rint(grid.to_index(t2.to_patient(centre))).astype(int), 0, np.asarray(grid.size) - 1
        )
        marked[k, j, i] = True
    return marked, grid


def _crop(marked: NDArray[np.bool_], grid: Geometry) -> tuple[Geometry, list[int]]:
    """The crop as a stack of slices of the grid, and which of them meet the lesion."""
    places = np.argwhere(marked)[:, ::-1]
    low, high = places.min(axis=0), places.max(axis=0)
    extent = float(max(high[:2] - low[:2]) + 1) * SPACING[0]
    side = round(float(np.clip(2 * extent, *CROP_MM)) / SPACING[0])
    centre = (low[:2] + high[:2]) / 2
    corner = np.rint(centre - (side - 1) / 2)
    origin = grid.to_patient((corner[0], corner[1], low[2]))
    crop = Geometry((side, side, int(high[2] - low[2]) + 1), _triple(origin), SPACING, grid.direction)
    return crop, sorted({int(k - low[2]) for k in places[:, 2]})


def _check_coverage(
    volumes: Mapping[Sequence, Volume], sequences: tuple[Sequence, ...], crop: Geometry
) -> None:
    middle = crop.to_patient([(n - 1) / 2 for n in crop.size])
    for sequence in sequences:
        if not volumes[sequence].geometry.contains(middle):
            raise GeometryError(
                f"The lesion lies outside {sequence}",
                expected="every sequence to cover the lesion's centre",
                got="centre at (" + ", ".join(f"{x:.1f}" for x in middle) + ") mm",
                remedy="check that the sequences cover the same part of the liver",
            )


def _channel(volume: Volume, crop: Geometry) -> NDArray[np.float32]:
    """One sequence on the crop, normalised."""
    level = body_level(volume)
    return normalise(onto(volume.voxels, volume.geometry, crop, outside=level.background), level)


def _frame(crop: Geometry, k: int, size: int) -> Geometry:
    """Grid of the resized slice k of the crop: same outer edges, size x size pixels."""
    spacing = crop.size[0] * crop.spacing[0] / size
    shift = (spacing - crop.spacing[0]) / (2 * crop.spacing[0])
    origin = crop.to_patient((shift, shift, k))
    return Geometry((size, size, 1), _triple(origin), (spacing, spacing, crop.spacing[2]), crop.direction)


def _triple(values: NDArray[np.float64]) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])
