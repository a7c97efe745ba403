"""What is read of a DICOM file before any pixel: one small record a file.

Source: DICOM PS3.3 C.7.6.1 to C.7.6.3 (image, plane, pixel), C.8.3.1 (MR Image); PS3.5 7.1 (data elements).
"""

from __future__ import annotations

import struct
import warnings
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import pydicom
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError

from dls.errors import InputError
from dls.imaging import diffusion, enhanced, mosaic
from dls.imaging.admission import Kind
from dls.imaging.completeness import (
    BoundedReader,
    NotAnImageError,
    check_deflated,
    pixel_offset,
    truncated,
)
from dls.imaging.elements import UNREADABLE, floats, integer, number, seconds, text, texts
from dls.imaging.enhanced import frames_of, has_functional_groups
from dls.imaging.sources import Incoming, LeftOut, folder_files
from dls.progress import Progress

# fmt: off
_KEYWORDS = (
    "SpecificCharacterSet", "ImageType", "SOPClassUID", "SOPInstanceUID", "AcquisitionTime",
    "ContentTime", "Modality", "Manufacturer", "SeriesDescription", "PatientID", "BodyPartExamined",
    "ScanningSequence", "MRAcquisitionType", "SequenceName", "ContrastBolusAgent",
    "ContrastBolusStartTime", "RepetitionTime", "EchoTime", "InversionTime", "EchoNumbers", "FlipAngle",
    "TriggerTime", "ProtocolName", "StudyInstanceUID", "SeriesInstanceUID", "SeriesNumber",
    "AcquisitionNumber", "InstanceNumber", "ImagePositionPatient", "ImageOrientationPatient",
    "FrameOfReferenceUID", "TemporalPositionIdentifier", "SamplesPerPixel", "PhotometricInterpretation",
    "NumberOfFrames", "Rows", "Columns", "PixelSpacing", "BitsAllocated", "BitsStored",
    "PixelRepresentation", "WindowCenter", "WindowWidth", "RescaleIntercept", "RescaleSlope",
    "BurnedInAnnotation", "ConversionType",
)
# fmt: on
_TAGS: list[Any] = [*_KEYWORDS, *enhanced.TAGS, *diffusion.TAGS, mosaic.IMAGES_IN_MOSAIC]


@dataclass(frozen=True, slots=True)
class Header:
    """The elements of one image, or of one frame of an enhanced image, that decide about geometry, type and
    decoding.

    Times are seconds after midnight (`acquisition_time`, `content_time`, `contrast_start`) or milliseconds
    after the trigger (`trigger_time`); lengths mm; b s/mm².  None stands for an element that is absent or
    empty. `pixel_offset` is where the raw pixels start, None unless they are stored plainly, little-endian.
    `frame` counts from 0; `frames` is 1 where each frame has a header of its own.  `mosaic`: the pixels are
    tiles of several slices.
    """

    path: Path
    transfer_syntax: str
    pixel_offset: int | None
    sop_class: str
    sop_uid: str
    patient_id: str
    study_uid: str
    series_uid: str
    series_number: int | None
    instance_number: int | None
    frame_of_reference: str
    modality: str
    manufacturer: str
    image_type: tuple[str, ...]
    description: str
    burned_in: str
    conversion: str
    mosaic: bool
    frames: int
    frame: int
    stack_id: str
    rows: int
    columns: int
    samples: int
    bits: int
    bits_stored: int
    signed: bool
    photometric: str
    pixel_spacing: tuple[float, float] | None
    position: tuple[float, float, float] | None
    orientation: tuple[float, ...] | None
    slope: float
    intercept: float
    window: tuple[float, float] | None
    scanning_sequence: tuple[str, ...]
    acquisition_type: str
    sequence_name: str
    b_value: float | None
    echo_time: float | None
    echo_number: int | None
    repetition_time: float | None
    inversion_time: float | None
    flip_angle: float | None
    contrast_agent: str
    contrast_start: float | None
    acquisition_time: float | None
    content_time: float | None
    trigger_time: float | None
    temporal_position: int | None
    acquisition_number: int | None

    @property
    def kind(self) -> Kind:
        """How the image came about, for `admission.admit`."""
        how = (self.sop_class, self.modality, self.image_type, self.burned_in, self.conversion)
        return Kind(*how, self.samples, self.photometric)


def read_headers(folder: Path, progress: Progress | None = None) -> tuple[Header, ...]:
    """Headers of every DICOM image below a folder, in order of path and frame.

    Hidden files and the litter of operating systems and CDs (DICOMDIR, Thumbs.db, desktop.ini) are left out;
    objects that are no images (reports, presentation states) are too.

    Raises
    ------
    InputError
        when the folder does not exist, holds no image or a symbolic link, or a file is no DICOM file, is cut
        short or cannot be read.
    """
    files = folder_files(folder)
    headers: list[Header] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom warns of harmless deviations; what matters is checked here
        for done, file in enumerate(files):
            headers += _read(_path_of(file))
            if progress is not None:
                progress(done + 1, len(files), "reading headers")
    if not headers:
        raise InputError(
            "The folder holds no DICOM image",
            got=f"{len(files)} files in {folder}",
            remedy="give a folder of one study",
            code="no-image",
        )
    return tuple(headers)


def read_header(path: Path) -> Header:
    """Header of one image; of its first frame where it has several.

    Raises
    ------
    InputError
        when the file is no DICOM file, is cut short or is no image.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        headers = _read(path)
    if not headers:
        raise InputError("The DICOM file is no image", got=str(path), code="no-image")
    return headers[0]


def headers_in(content: bytes, path: Path) -> tuple[Header, ...]:
    """Headers of the images in a file's bytes; none for a complete DICOM object without pixels.

    Parameters
    ----------
    content : the whole file
    path : what the file is called in messages and in `Header.path`; not opened

    Raises
    ------
    InputError
        when the bytes are no DICOM file or are cut short.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _read_stream(path, BytesIO(content), len(content))


def _path_of(file: Incoming) -> Path:
    """Path of a file of a folder; what cannot be taken is refused, not passed over."""
    if isinstance(file.content, Path):
        return file.content
    reason = file.content.reason if isinstance(file.content, LeftOut) else "no file"
    raise InputError(
        f"{file.name} cannot be taken",
        expected="a folder of regular files",
        got=reason,
        remedy="copy the files themselves into the folder",
        code="not-a-file",
    )


def _read(path: Path) -> tuple[Header, ...]:
    with path.open("rb") as stream:
        return _read_stream(path, stream, path.stat().st_size)


def _read_stream(path: Path, stream: BinaryIO, size: int) -> tuple[Header, ...]:
    """Headers of an open file of a size in bytes, one a frame; the path is for messages."""
    try:
        check_deflated(path, stream)
        dataset = pydicom.dcmread(BoundedReader(stream), stop_before_pixels=True, specific_tags=_TAGS)
        offset = pixel_offset(path, stream, dataset, size)
        if not has_functional_groups(dataset):
            return (_header(path, dataset, offset),)
        step = int(dataset.Rows) * int(dataset.Columns) * int(dataset.BitsAllocated) // 8
        return tuple(
            replace(_header(path, frame, None if offset is None else offset + k * step), frames=1, frame=k)
            for k, frame in enumerate(frames_of(dataset))
        )
    except InvalidDicomError as error:
        raise InputError(
            f"{path.name} is not a DICOM file",
            expected='the letters "DICM" at byte 128 (PS3.10)',
            got=f"{size} bytes without them",
            remedy=f"take {path} out of the folder, or export it again",
            code="not-dicom",
        ) from error
    except NotAnImageError:
        return ()
    except InputError:
        raise
    except (EOFError, struct.error) as error:
        raise truncated(path, str(error)) from error
    except UNREADABLE as error:
        raise InputError(
            f"{path.name} has a header that cannot be read",
            got=f"{type(error).__name__}: {error}",
            remedy=f"export {path} again",
            code="unreadable-header",
        ) from error


def _header(path: Path, dataset: Dataset, offset: int | None) -> Header:
    described = " | ".join(str(dataset.get(k, "") or "") for k in ("SeriesDescription", "ProtocolName"))
    window = floats(dataset, "WindowCenter", 1), floats(dataset, "WindowWidth", 1)
    spacing, position = floats(dataset, "PixelSpacing", 2), floats(dataset, "ImagePositionPatient", 3)
    slope, intercept = floats(dataset, "RescaleSlope", 1), floats(dataset, "RescaleIntercept", 1)
    return Header(
        path=path,
        transfer_syntax=str(dataset.file_meta.get("TransferSyntaxUID", "")),
        pixel_offset=offset,
        sop_class=text(dataset, "SOPClassUID"),
        sop_uid=text(dataset, "SOPInstanceUID"),
        patient_id=text(dataset, "PatientID"),
        study_uid=text(dataset, "StudyInstanceUID"),
        series_uid=text(dataset, "SeriesInstanceUID"),
        series_number=integer(dataset, "SeriesNumber"),
        instance_number=integer(dataset, "InstanceNumber"),
        frame_of_reference=text(dataset, "FrameOfReferenceUID"),
        modality=text(dataset, "Modality"),
        manufacturer=text(dataset, "Manufacturer"),
        image_type=texts(dataset, "ImageType"),
        description=described.strip(" |"),
        burned_in=text(dataset, "BurnedInAnnotation"),
        conversion=text(dataset, "ConversionType"),
        frames=integer(dataset, "NumberOfFrames") or 1,
        mosaic=mosaic.is_mosaic(dataset),
        frame=0,
        stack_id=text(dataset, "StackID"),
        rows=integer(dataset, "Rows") or 0,
        columns=integer(dataset, "Columns") or 0,
        samples=integer(dataset, "SamplesPerPixel") or 1,
        bits=integer(dataset, "BitsAllocated") or 0,
        bits_stored=integer(dataset, "BitsStored") or integer(dataset, "BitsAllocated") or 0,
        signed=integer(dataset, "PixelRepresentation") == 1,
        photometric=text(dataset, "PhotometricInterpretation"),
        pixel_spacing=None if spacing is None else (spacing[0], spacing[1]),
        position=None if position is None else (position[0], position[1], position[2]),
        orientation=floats(dataset, "ImageOrientationPatient", 6),
        slope=1.0 if slope is None else slope[0],
        intercept=0.0 if intercept is None else intercept[0],
        window=None if window[0] is None or window[1] is None else (window[0][0], window[1][0]),
        scanning_sequence=texts(dataset, "ScanningSequence"),
        acquisition_type=text(dataset, "MRAcquisitionType"),
        sequence_name=text(dataset, "SequenceName"),
        b_value=diffusion.b_value(dataset),
        echo_time=number(dataset, "EchoTime"),
        echo_number=integer(dataset, "EchoNumbers"),
        repetition_time=number(dataset, "RepetitionTime"),
        inversion_time=number(dataset, "InversionTime"),
        flip_angle=number(dataset, "FlipAngle"),
        contrast_agent=text(dataset, "ContrastBolusAgent"),
        contrast_start=seconds(dataset, "ContrastBolusStartTime"),
        acquisition_time=seconds(dataset, "AcquisitionTime"),
        content_time=seconds(dataset, "ContentTime"),
        trigger_time=number(dataset, "TriggerTime"),
        temporal_position=integer(dataset, "TemporalPositionIdentifier"),
        acquisition_number=integer(dataset, "AcquisitionNumber"),
    )
