"""Outlines as a DICOM Segmentation object, and back.

One binary segment a lesion, on the grid of the T2 series that it was drawn on and with references to its
instances.  The tracking UID of a segment is the lesion's own id, so that a structured report can name the
same lesion.  Source: DICOM PS3.3 A.51 and C.8.20 (Segmentation), C.7.6.16 (functional groups).
"""

from __future__ import annotations

from collections.abc import Sequence as Listed
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import highdicom
import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.sr.codedict import codes
from pydicom.uid import SegmentationStorage

import dls
from dls.errors import GeometryError, InputError
from dls.geometry import Geometry
from dls.imaging.elements import UNREADABLE
from dls.imaging.regions import Lesion, Regions
from dls.imaging.roi import mask
from dls.imaging.tracing import outline_of

MANUFACTURER = "dls"
TYPE_2 = (
    "PatientID",
    "PatientName",
    "PatientBirthDate",
    "PatientSex",
    "StudyID",
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "ReferringPhysicianName",
)
"""Elements of the patient and study modules that may be empty but not absent (PS3.3 C.7.1.1, C.7.2.1);
de-identified images often lack them."""
UNICODE = "ISO_IR 192"
OFF_GRID = 0.02
"""A frame may lie this part of a voxel beside the slice it belongs to (headers round)."""


@dataclass(frozen=True, slots=True)
class SegmentReference:
    """One segment of a segmentation object, as a structured report refers to it.

    Parameters
    ----------
    number : Segment Number (0062,0004), from 1
    label : Segment Label (0062,0005), the lesion's name
    tracking_uid, tracking_id : Tracking UID and ID (0062,0021), (0062,0020)
    """

    number: int
    label: str
    tracking_uid: str
    tracking_id: str


@dataclass(frozen=True, slots=True)
class SegmentationReference:
    """What another DICOM object needs in order to refer to a segmentation.

    Parameters
    ----------
    source_series_uid : the T2 series that was segmented
    source_instance_uids : its instances that show a lesion
    segments : one a lesion, in the order of `Regions.lesions`
    """

    sop_class_uid: str
    sop_instance_uid: str
    series_instance_uid: str
    study_instance_uid: str
    frame_of_reference_uid: str
    source_series_uid: str
    source_instance_uids: tuple[str, ...]
    segments: tuple[SegmentReference, ...]


def make_segmentation(
    regions: Regions,
    source: Listed[Dataset],
    geometry: Geometry,
    *,
    series_instance_uid: str | None = None,
    sop_instance_uid: str | None = None,
    series_number: int = 9001,
) -> highdicom.seg.Segmentation:
    """DICOM Segmentation of all lesions of a case.

    Parameters
    ----------
    source : headers of the T2 series' single-frame instances, in any order; pixels are not needed.  Patient
        and study of the object are theirs
    geometry : the T2 volume's grid
    series_instance_uid, sop_instance_uid : UIDs of the object; new ones when None

    Returns
    -------
    a dataset: `save_as(path)` writes it, `reference(dataset)` says how to refer to it

    Raises
    ------
    InputError
        when there is no lesion.
    GeometryError
        when the instances are not the slices of the grid, or an outline lies outside it.
    """
    if not regions.lesions:
        raise InputError("There is no lesion to write", expected="at least one outline")
    ordered = _slices(source, geometry)
    masks = np.stack([mask(lesion.outline, geometry) for lesion in regions.lesions], axis=-1)
    made = highdicom.seg.Segmentation(
        source_images=ordered,
        pixel_array=masks.astype(np.uint8),
        segmentation_type=highdicom.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[_description(n, lesion) for n, lesion in enumerate(regions.lesions, start=1)],
        series_instance_uid=series_instance_uid or highdicom.UID(),
        series_number=series_number,
        sop_instance_uid=sop_instance_uid or highdicom.UID(),
        instance_number=1,
        manufacturer=MANUFACTURER,
        manufacturer_model_name="dls",
        software_versions=dls.__version__,
        device_serial_number="1",
        content_label="LESIONS",
        content_description="Liver lesions outlined on T2",
        series_description="Lesion outlines",
    )
    made.SpecificCharacterSet = UNICODE
    return made


def reference(segmentation: Dataset) -> SegmentationReference:
    """How to refer to a segmentation object, made here or read from a file."""
    series = segmentation.ReferencedSeriesSequence[0]
    return SegmentationReference(
        sop_class_uid=str(segmentation.SOPClassUID),
        sop_instance_uid=str(segmentation.SOPInstanceUID),
        series_instance_uid=str(segmentation.SeriesInstanceUID),
        study_instance_uid=str(segmentation.StudyInstanceUID),
        frame_of_reference_uid=str(segmentation.FrameOfReferenceUID),
        source_series_uid=str(series.SeriesInstanceUID),
        source_instance_uids=tuple(
            str(one.ReferencedSOPInstanceUID) for one in series.ReferencedInstanceSequence
        ),
        segments=tuple(
            SegmentReference(
                int(one.SegmentNumber),
                str(one.SegmentLabel),
                str(one.get("TrackingUID", "")),
                str(one.get("TrackingID", "")),
            )
            for one in segmentation.SegmentSequence
        ),
    )


def read_segmentation(path: Path, geometry: Geometry) -> Regions:
    """Lesions of a segmentation file, whoever wrote it; segments without any pixel are left out.

    Parameters
    ----------
    geometry : the T2 volume's grid; every frame must lie on one of its slices

    Raises
    ------
    InputError
        when the file is no binary DICOM Segmentation, or lacks what makes one.
    GeometryError
        when a frame lies on another grid, or no pixel is marked.
    """
    dataset = _segmentation(path)
    try:
        lesions = _lesions(dataset, geometry)
    except UNREADABLE as error:
        raise InputError(
            "The segmentation is damaged",
            expected="every element that DICOM asks of a segmentation (PS3.3 A.51)",
            got=f"{path}: {type(error).__name__}: {error}",
            remedy="export it again",
        ) from error
    if not lesions:
        raise GeometryError("The segmentation is empty", got=str(path))
    return Regions(lesions)


def _lesions(dataset: Dataset, geometry: Geometry) -> tuple[Lesion, ...]:
    """One a segment with pixels; raises one of `UNREADABLE` for an element that is missing or odd."""
    masks = {int(one.SegmentNumber): np.zeros(geometry.shape, bool) for one in dataset.SegmentSequence}
    pixels = dataset.pixel_array.reshape(-1, dataset.Rows, dataset.Columns).astype(bool)
    for frame, groups in zip(pixels, dataset.PerFrameFunctionalGroupsSequence, strict=True):
        number = int(_group(dataset, groups, "SegmentIdentificationSequence").ReferencedSegmentNumber)
        masks[number][_slice(dataset, groups, geometry)] |= frame
    return tuple(
        Lesion(_id(one), str(one.SegmentLabel), outline_of(masks[int(one.SegmentNumber)], geometry))
        for one in dataset.SegmentSequence
        if masks[int(one.SegmentNumber)].any()
    )


def _slices(source: Listed[Dataset], geometry: Geometry) -> list[Dataset]:
    """The instances in the order of the grid's slices."""
    depth = {}
    for one in source:
        place = geometry.to_index([float(x) for x in one.ImagePositionPatient])
        k = round(float(place[2]))
        if np.abs(place - (0, 0, k)).max() > OFF_GRID:
            raise GeometryError(
                "An instance is no slice of the T2 grid",
                expected="(0, 0, k)",
                got=str(place.round(3).tolist()),
            )
        depth[k] = one
    if sorted(depth) != list(range(geometry.size[2])) or len(source) != len(depth):
        raise GeometryError(
            "The instances are not the slices of the T2 grid",
            expected=f"one for each of {geometry.size[2]} slices",
            got=f"{len(source)} instances on {len(depth)} slices",
        )
    return [with_type_2(depth[k]) for k in sorted(depth)]


def with_type_2(source: Dataset) -> Dataset:
    """A copy whose type 2 elements of patient and study are there, if only empty (PS3.5 7.4.3)."""
    copy = Dataset()
    copy.update(source)
    for keyword in TYPE_2:
        if keyword not in copy:
            setattr(copy, keyword, None)
    return copy


def _description(number: int, lesion: Lesion) -> highdicom.seg.SegmentDescription:
    return highdicom.seg.SegmentDescription(
        segment_number=number,
        segment_label=lesion.name[:64],
        segmented_property_category=codes.SCT.MorphologicallyAbnormalStructure,
        segmented_property_type=codes.SCT.Lesion,
        algorithm_type=highdicom.seg.SegmentAlgorithmTypeValues.MANUAL,
        tracking_uid=lesion.tracking_uid,
        tracking_id=lesion.name[:64],
        anatomic_regions=[codes.SCT.Liver],
    )


def _segmentation(path: Path) -> Dataset:
    try:
        dataset = pydicom.dcmread(path)
    except (InvalidDicomError, *UNREADABLE) as error:
        raise InputError(
            "The segmentation cannot be read", expected="a DICOM file", got=f"{path}: {error}"
        ) from error
    kind = (str(dataset.get("SOPClassUID", "")), str(dataset.get("SegmentationType", "")))
    if kind != (SegmentationStorage, "BINARY"):
        raise InputError(
            "The file is no binary DICOM Segmentation",
            expected=f"SOP class {SegmentationStorage}, type BINARY",
            got=f"{kind[0] or 'none'}, {kind[1] or 'none'}",
            remedy="export the segmentation as binary",
        )
    return dataset


def _group(dataset: Dataset, groups: Dataset, name: str) -> Dataset:
    """An item of a functional group: of this frame, or shared by all."""
    found = groups.get(name) or dataset.SharedFunctionalGroupsSequence[0].get(name)
    if not found:
        raise InputError("The segmentation lacks a functional group", expected=name)
    item: Dataset = found[0]
    return item


def _slice(dataset: Dataset, groups: Dataset, geometry: Geometry) -> int:
    """Which slice of the grid a frame covers."""
    corner = [float(x) for x in _group(dataset, groups, "PlanePositionSequence").ImagePositionPatient]
    cosines = [float(x) for x in _group(dataset, groups, "PlaneOrientationSequence").ImageOrientationPatient]
    rows, columns = (float(x) for x in _group(dataset, groups, "PixelMeasuresSequence").PixelSpacing)
    far = np.asarray(corner) + np.asarray(cosines[:3]) * columns * (dataset.Columns - 1)
    far = far + np.asarray(cosines[3:]) * rows * (dataset.Rows - 1)
    ends = geometry.to_index([corner, far.tolist()])
    k = round(float(ends[0, 2]))
    wanted = _ends(geometry, k)
    if not 0 <= k < geometry.size[2] or np.abs(ends - wanted).max() > 5 * OFF_GRID:
        raise GeometryError(
            "The segmentation lies on another grid than T2",
            expected=f"frames of {geometry.size[1]} x {geometry.size[0]} pixels on the slices of T2",
            got=f"{dataset.Rows} x {dataset.Columns}, corners at voxels {ends.round(2).tolist()}",
            remedy="segment the T2 series that was imported, or resample the segmentation onto it",
        )
    return k


def _ends(geometry: Geometry, k: int) -> NDArray[np.float64]:
    return np.array([(0, 0, k), (geometry.size[0] - 1, geometry.size[1] - 1, k)], dtype=float)


def _id(segment: Dataset) -> str:
    """The lesion's id from its tracking UID; a new one where another program chose the UID."""
    uid = str(segment.get("TrackingUID", ""))
    digits = uid.removeprefix("2.25.")
    number = int(digits) if digits != uid and digits.isascii() and digits.isdecimal() else 0
    return f"{number:032x}" if 0 < number < 2**128 else uuid4().hex


def read_source(folder: Path) -> list[Dataset]:
    """Headers of all DICOM files of a folder, to be the `source` of `make_segmentation`.

    Raises
    ------
    InputError
        when there is none, or a file is not DICOM.
    """
    headers = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        try:
            headers.append(pydicom.dcmread(path, stop_before_pixels=True))
        except (InvalidDicomError, *UNREADABLE) as error:
            raise InputError(
                "A file of the series cannot be read", expected="DICOM files only", got=f"{path}: {error}"
            ) from error
    if not headers:
        raise InputError("The folder holds no DICOM file", got=str(folder))
    return headers
