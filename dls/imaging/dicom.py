"""Writing a volume as a series of classic MR Image Storage files.

The phantom cohort and the tests go through real files, so that everyone's images take one way in.
Source: DICOM PS3.3 A.4 (MR Image IOD), C.7.6.2 (Image Plane), C.8.3.1 (MR Image); PS3.10.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

from dls.errors import GeometryError, InputError
from dls.geometry import Geometry

NEEDED_TAGS = ("PatientID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID")


def write_series(
    folder: Path, voxels: NDArray[Any], geometry: Geometry, tags: Mapping[str, object]
) -> list[Path]:
    """Write one file a slice, named by its SOP instance UID; returns the paths in slice order.

    Parameters
    ----------
    folder : made when it does not exist
    voxels : (slices, rows, columns) int16 or uint16, stored as they are
    geometry : the grid; gives Image Position, Image Orientation, Pixel Spacing, Spacing Between Slices
    tags : DICOM keyword -> value, the same in every slice; `NEEDED_TAGS` must be among them.  They win over
        the defaults (ImageType, Modality, SliceThickness, rescale), not over geometry and pixels.

    Raises
    ------
    InputError
        when a needed tag is missing or the voxels are not 16-bit integers.
    GeometryError
        when the shape of the voxels is not that of the grid.
    """
    missing = [name for name in NEEDED_TAGS if not tags.get(name)]
    if missing:
        raise InputError(
            "A series cannot be written without its identifiers",
            expected=", ".join(NEEDED_TAGS),
            got=f"no {', '.join(missing)}",
        )
    if voxels.dtype not in (np.dtype(np.int16), np.dtype(np.uint16)):
        raise InputError("Voxels cannot be written", expected="int16 or uint16", got=str(voxels.dtype))
    if voxels.shape != geometry.shape:
        raise GeometryError(
            "The voxels do not fill their grid", expected=f"{geometry.shape}", got=f"{voxels.shape}"
        )
    folder.mkdir(parents=True, exist_ok=True)
    common = _common(voxels, geometry, tags)
    positions = geometry.to_patient([(0, 0, k) for k in range(len(voxels))])
    return [_write_slice(folder, common, k, position, voxels[k]) for k, position in enumerate(positions)]


def _common(voxels: NDArray[Any], geometry: Geometry, tags: Mapping[str, object]) -> Dataset:
    """Elements that every slice of the series shares."""
    common = Dataset()
    common.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND"]
    common.SOPClassUID = MRImageStorage
    common.Modality = "MR"
    common.SliceThickness = _decimal(geometry.spacing[2])
    for keyword, value in tags.items():
        setattr(common, keyword, value)
    cosines = geometry.cosines
    common.SpacingBetweenSlices = _decimal(geometry.spacing[2])
    common.ImageOrientationPatient = [_decimal(c) for c in (*cosines[:, 0], *cosines[:, 1])]
    common.PixelSpacing = [_decimal(geometry.spacing[1]), _decimal(geometry.spacing[0])]
    common.Rows, common.Columns = voxels.shape[1:]
    common.SamplesPerPixel = 1
    common.PhotometricInterpretation = "MONOCHROME2"
    common.BitsAllocated = common.BitsStored = 16
    common.HighBit = 15
    common.PixelRepresentation = int(voxels.dtype == np.int16)
    return common


def _write_slice(
    folder: Path, common: Dataset, k: int, position: NDArray[np.float64], pixels: NDArray[Any]
) -> Path:
    """Write slice k at a position (3,) mm; returns the path."""
    dataset = Dataset()
    dataset.update(common)
    where = [_decimal(x) for x in position]
    source = [str(common), str(k), *where]
    dataset.SOPInstanceUID = generate_uid(entropy_srcs=source)
    dataset.ImagePositionPatient = where
    dataset.InstanceNumber = k + 1
    dataset.add_new(
        0x7FE00010, "OW", np.ascontiguousarray(pixels).astype(pixels.dtype.newbyteorder("<")).tobytes()
    )
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    path = folder / f"{dataset.SOPInstanceUID}.dcm"
    dataset.save_as(path, enforce_file_format=True)
    return path


def _decimal(value: float) -> str:
    """A number as a decimal string of at most 16 characters (PS3.5 6.2, VR DS)."""
    for digits in range(12, 3, -1):
        text = f"{value:.{digits}g}"
        if len(text) <= 16:
            return text
    raise InputError("A number does not fit a DICOM decimal string", got=repr(value))
