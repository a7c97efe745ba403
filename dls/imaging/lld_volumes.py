"""Images of an LLD-MMRI case: true grids, outline on T2, shifts from the boxes of each phase.

The lesion was boxed in every phase, so that its centre is known in each: the difference to T2's centre is the
phase's shift.  Some series are stored from head to feet and others from feet to head, and nothing in the data
says which; a series is turned over where it then looks more like T2 around the lesion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK
from numpy.typing import NDArray

from dls.domain import Sequence
from dls.errors import GeometryError, InputError
from dls.geometry import Geometry
from dls.imaging.lld import Box, LldCase, Phase
from dls.imaging.mismatch import binned, similarity
from dls.imaging.nifti import read_image, volume_of
from dls.imaging.regions import LONGEST_SHIFT, Lesion, Regions, Shift, moved
from dls.imaging.resample import onto
from dls.imaging.roi import Outline, mask
from dls.imaging.tracing import outline_of
from dls.imaging.volume import Volume

LEVEL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
"""The challenge gives no directions ("orthonormal"): columns to the left, rows to the back, slices up."""
TURN_GAIN = 1.1
"""How much more similar to T2, above the 1 of independence, a series must be when it is turned over."""
COMPARED_MM, COMPARED_STEP, COMPARED_SLICES = 200.0, 4.0, 9
MASK_BESIDE_MM = 10.0
ELLIPSE = np.linspace(0, 2 * np.pi, 48, endpoint=False)


@dataclass(frozen=True, slots=True, eq=False)
class LldImages:
    """A case ready for the archive.

    Parameters
    ----------
    volumes : in channel order, turned over where that was needed
    regions : lesions on T2, the one that the case is about marked; shifts of the other sequences
    remarks : what was found and done, for the report
    """

    volumes: Mapping[Sequence, Volume]
    regions: Regions
    remarks: tuple[str, ...]


def load_case(case: LldCase) -> LldImages:
    """Read the images of a case and lay them over each other.

    Raises
    ------
    InputError
        when a file cannot be read, or the lesion is not boxed in a phase.
    GeometryError
        when a series repeats a slice, a box lies outside it, or the phases lie too far apart.
    """
    volumes: dict[Sequence, Volume] = {}
    centres: dict[Sequence, NDArray[np.float64]] = {}
    remarks = []
    for sequence, phase in case.phases.items():
        boxes = phase.boxes.get("0")
        if not boxes:
            raise InputError(f"{case.patient}: the lesion is not boxed in {sequence}")
        volume = _volume(case.patient, sequence, phase)
        _check_boxes(case.patient, sequence, phase, volume)
        centre = _centre(boxes, volume.geometry)
        if sequence is not Sequence.T2:
            turned, place = _turned_over(volume, centre)
            if _looks_turned(volumes[Sequence.T2], centres[Sequence.T2], (volume, centre), (turned, place)):
                volume, centre = turned, place
                remarks.append(f"{sequence} turned over from head to feet")
        volumes[sequence], centres[sequence] = volume, centre
    t2 = case.phases[Sequence.T2]
    lesions, found = _lesions(case.patient, t2, volumes[Sequence.T2].geometry)
    shifts: dict[Sequence, Shift] = {
        s: _shift(case.patient, s, centre - centres[Sequence.T2])
        for s, centre in centres.items()
        if s is not Sequence.T2
    }
    return LldImages(volumes, Regions(lesions, lesions[0].id, shifts), (*remarks, *found))


def _volume(patient: str, sequence: Sequence, phase: Phase) -> Volume:
    """A series on its true grid: the file's where its header says more than 1 x 1 x 1 mm, else the JSON's."""
    image = read_image(phase.path)
    volume = volume_of(image, None if _real_header(image) else _json_grid(image, phase))
    repeated = np.flatnonzero((volume.voxels[1:] == volume.voxels[:-1]).all(axis=(1, 2)))
    if repeated.size:
        raise GeometryError(
            f"{patient}: {sequence} repeats slices",
            got=f"slices {(repeated + 1).tolist()} equal the next one",
        )
    return volume


def _real_header(image: SimpleITK.Image) -> bool:
    return not np.allclose(image.GetSpacing(), 1.0)


def _json_grid(image: SimpleITK.Image, phase: Phase) -> Geometry:
    return Geometry(image.GetSize(), phase.origin, phase.spacing, LEVEL)


def _check_boxes(patient: str, sequence: Sequence, phase: Phase, volume: Volume) -> None:
    nx, ny, nz = volume.geometry.size
    for box in (b for boxes in phase.boxes.values() for b in boxes):
        fits = 0 <= box.slice < nz and 0 <= box.x_min <= box.x_max <= nx and 0 <= box.y_min <= box.y_max <= ny
        if not fits:
            raise GeometryError(
                f"{patient}: a box lies outside {sequence}",
                expected=f"within {nx} columns, {ny} rows, {nz} slices",
                got=f"slice {box.slice}, columns to {box.x_max:g}, rows to {box.y_max:g}",
            )


def _centre(boxes: tuple[Box, ...], geometry: Geometry) -> NDArray[np.float64]:
    """Centre (3,) mm of the box around all boxes."""
    ends = [(b.x_min, b.y_min, b.slice) for b in boxes] + [(b.x_max, b.y_max, b.slice) for b in boxes]
    index = np.array(ends, dtype=float)
    return geometry.to_patient((index.min(axis=0) + index.max(axis=0)) / 2)


def _turned_over(volume: Volume, centre: NDArray[np.float64]) -> tuple[Volume, NDArray[np.float64]]:
    """The series with its slices in the opposite order, and where the lesion's centre then lies."""
    g = volume.geometry
    index = g.to_index(centre)
    index[2] = g.size[2] - 1 - index[2]
    return Volume(np.ascontiguousarray(volume.voxels[::-1]), g, volume.window), g.to_patient(index)


def _looks_turned(
    t2: Volume,
    place: NDArray[np.float64],
    as_stored: tuple[Volume, NDArray[np.float64]],
    turned: tuple[Volume, NDArray[np.float64]],
) -> bool:
    """Whether the turned series is clearly more similar to T2, lesion upon lesion."""
    n = round(COMPARED_MM / COMPARED_STEP)
    step = (COMPARED_STEP, COMPARED_STEP, t2.geometry.spacing[2])
    corner = place - t2.geometry.cosines @ (np.array([n - 1, n - 1, COMPARED_SLICES - 1]) / 2 * step)
    x, y, z = (float(c) for c in corner)
    box = Geometry((n, n, COMPARED_SLICES), (x, y, z), step, t2.geometry.direction)
    fixed = binned(onto(t2.voxels, t2.geometry, box))

    def gain(volume: Volume, centre: NDArray[np.float64]) -> float:
        dx, dy, dz = (float(d) for d in centre - place)
        return similarity(fixed, binned(onto(volume.voxels, moved(volume.geometry, (dx, dy, dz)), box))) - 1

    return gain(*turned) > TURN_GAIN * gain(*as_stored)


def _lesions(patient: str, t2: Phase, geometry: Geometry) -> tuple[tuple[Lesion, ...], tuple[str, ...]]:
    """Outlines on T2, the case's lesion first: its mask where there is one that lies in its box."""
    names = sorted(t2.boxes, key=lambda number: (number != "0", number))
    drawn = [Lesion.new(f"Lesion {int(n) + 1}", _ellipses(t2.boxes[n], geometry)) for n in names]
    if t2.mask is None:
        return tuple(drawn), ()
    traced = _from_mask(t2.mask, geometry)
    centre = _centre(t2.boxes["0"], geometry)
    if traced is None or np.linalg.norm(_middle(traced, geometry) - centre) > MASK_BESIDE_MM:
        return tuple(drawn), ("the mask on T2 is empty or not where the box is; the box is used",)
    return (Lesion(drawn[0].id, drawn[0].name, traced), *drawn[1:]), ()


def _ellipses(boxes: tuple[Box, ...], geometry: Geometry) -> Outline:
    """The ellipse in each slice's box, to the outer faces of its first and last voxel, within the slice."""
    contours = []
    for box in boxes:
        middle = np.array([box.x_min + box.x_max, box.y_min + box.y_max]) / 2
        half = np.array([box.x_max - box.x_min + 1, box.y_max - box.y_min + 1]) / 2
        points = middle + half * np.column_stack([np.cos(ELLIPSE), np.sin(ELLIPSE)])
        points = np.clip(points, -0.49, np.array(geometry.size[:2]) - 0.51)
        contours.append(geometry.to_patient(np.column_stack([points, np.full(len(points), box.slice)])))
    return Outline(tuple(contours))


def _from_mask(path: Path, geometry: Geometry) -> Outline | None:
    """Outline of a mask stored voxel for voxel as its image."""
    labels = SimpleITK.GetArrayFromImage(read_image(path)) > 0
    if labels.shape != geometry.shape or not labels.any():
        return None
    return outline_of(labels, geometry)


def _middle(outline: Outline, geometry: Geometry) -> NDArray[np.float64]:
    places = np.argwhere(mask(outline, geometry))[:, ::-1]
    return geometry.to_patient((places.min(axis=0) + places.max(axis=0)) / 2)


def _shift(patient: str, sequence: Sequence, offset: NDArray[np.float64]) -> Shift:
    if np.abs(offset).max() > LONGEST_SHIFT:
        raise GeometryError(
            f"{patient}: {sequence} shows the lesion elsewhere than T2",
            expected=f"within {LONGEST_SHIFT:g} mm",
            got=f"{np.round(offset).tolist()} mm away",
        )
    x, y, z = (round(float(v), 2) for v in offset)
    return x, y, z
