"""What is read of a DICOM file before any pixel: one small record a file.

Source: DICOM PS3.3 C.7.6.1 to C.7.6.3 (image, plane, pixel), C.8.3.1 (MR Image); PS3.5 7.1 (data elements).
"""

from __future__ import annotations

import re
import struct
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import pydicom
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError

from dls.errors import InputError
from dls.imaging import diffusion

Progress = Callable[[int, int, str], None]

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
_TAGS: list[Any] = [*_KEYWORDS, *diffusion.TAGS]
_PIXEL_DATA = b"\xe0\x7f\x10\x00"
_BIG_ENDIAN = "1.2.840.10008.1.2.2"
_IMPLICIT = "1.2.840.10008.1.2"
_DEFLATED = "1.2.840.10008.1.2.1.99"
_LITTER = {"dicomdir", "thumbs.db", "desktop.ini"}


@dataclass(frozen=True, slots=True)
class Header:
    """The elements of one file that decide about geometry, type and decoding.

    Times are seconds after midnight (`acquisition_time`, `content_time`, `contrast_start`) or milliseconds
    after the trigger (`trigger_time`); lengths mm; b s/mm².  None stands for an element that is absent or
    empty. `pixel_offset` is where the raw pixels start, None unless they are stored plainly, little-endian.
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
    frames: int
    frame: int
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


def read_headers(folder: Path, progress: Progress | None = None) -> tuple[Header, ...]:
    """Headers of every DICOM image below a folder, in order of path.

    Hidden files and the litter of operating systems and CDs (DICOMDIR, Thumbs.db, desktop.ini) are left out;
    objects that are no images (reports, presentation states) are too.

    Raises
    ------
    InputError
        when the folder does not exist or holds no image, or a file is no DICOM file or is cut short.
    """
    if not folder.is_dir():
        raise InputError("There is no such folder", got=str(folder), remedy="give the folder of one study")
    paths = [p for p in sorted(folder.rglob("*")) if _wanted(p, folder)]
    headers = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom warns of harmless deviations; what matters is checked here
        for done, path in enumerate(paths):
            header = _read(path)
            if header is not None:
                headers.append(header)
            if progress is not None:
                progress(done + 1, len(paths), "reading headers")
    if not headers:
        raise InputError(
            "The folder holds no DICOM image",
            got=f"{len(paths)} files in {folder}",
            remedy="give a folder of one study",
        )
    return tuple(headers)


def read_header(path: Path) -> Header:
    """Header of one image.

    Raises
    ------
    InputError
        when the file is no DICOM file, is cut short or is no image.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        header = _read(path)
    if header is None:
        raise InputError("The DICOM file is no image", got=str(path))
    return header


def _wanted(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return path.is_file() and not hidden and path.name.casefold() not in _LITTER


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
        header = _read_stream(path, BytesIO(content), len(content))
    return () if header is None else (header,)


def _read(path: Path) -> Header | None:
    """Header of a file; None for a complete DICOM object without pixels."""
    with path.open("rb") as stream:
        return _read_stream(path, stream, path.stat().st_size)


def _read_stream(path: Path, stream: BinaryIO, size: int) -> Header | None:
    """Header of an open file of a size in bytes; the path is for messages."""
    try:
        dataset = pydicom.dcmread(stream, stop_before_pixels=True, specific_tags=_TAGS)
        return _header(path, dataset, _pixel_offset(path, stream, dataset, size))
    except InvalidDicomError as error:
        raise InputError(
            f"{path.name} is not a DICOM file",
            expected='the letters "DICM" at byte 128 (PS3.10)',
            got=f"{size} bytes without them",
            remedy=f"take {path} out of the folder, or export it again",
        ) from error
    except _NotAnImageError:
        return None
    except InputError:
        raise
    except (EOFError, struct.error) as error:
        raise _truncated(path, str(error)) from error
    except (ValueError, KeyError, TypeError, AttributeError, NotImplementedError, OverflowError) as error:
        raise InputError(
            f"{path.name} has a header that cannot be read",
            got=f"{type(error).__name__}: {error}",
            remedy=f"export {path} again",
        ) from error


class _NotAnImageError(Exception):
    """A DICOM object whose class has no pixels."""


def _truncated(path: Path, detail: str) -> InputError:
    return InputError(
        f"{path.name} is cut short",
        expected="a complete DICOM file",
        got=detail,
        remedy=f"export {path} again",
    )


def _pixel_offset(path: Path, stream: BinaryIO, dataset: Dataset, size: int) -> int | None:
    """Where plainly stored pixels start; checks that all of them are in the file.

    Raises
    ------
    InputError
        when the file ends before its pixels do.
    """
    syntax = str(dataset.file_meta.get("TransferSyntaxUID", ""))
    if syntax == _DEFLATED:
        return None
    if "Rows" not in dataset:
        if "Modality" not in dataset or str(dataset.Modality) == "MR":
            raise _truncated(path, f"{size} bytes, which end before the image's size")
        raise _NotAnImageError
    stream_at = stream.tell()
    head = stream.read(12)
    order = ">" if syntax == _BIG_ENDIAN else "<"
    tag = _PIXEL_DATA if order == "<" else b"\x7f\xe0\x00\x10"
    if head[:4] != tag or len(head) < 8 + 4 * (syntax != _IMPLICIT):
        raise _truncated(path, f"{size} bytes without pixels")
    implicit = syntax == _IMPLICIT
    (length,) = struct.unpack(order + "I", head[4:8] if implicit else head[8:12])
    start = stream_at + (8 if implicit else 12)
    if length == 0xFFFFFFFF:
        return None
    bits, samples = int(dataset.get("BitsAllocated", 16)), int(dataset.get("SamplesPerPixel", 1) or 1)
    frames = int(dataset.get("NumberOfFrames", 1) or 1)
    needed = dataset.Rows * dataset.Columns * samples * frames * bits // 8
    if start + length > size or length < needed:
        raise _truncated(
            path, f"{min(length, size - start)} bytes of pixels where {max(needed, length)} belong"
        )
    return start if order == "<" else None


def _header(path: Path, dataset: Dataset, offset: int | None) -> Header:
    text = " | ".join(str(dataset.get(k, "") or "") for k in ("SeriesDescription", "ProtocolName"))
    window = _floats(dataset, "WindowCenter", 1), _floats(dataset, "WindowWidth", 1)
    spacing, position = _floats(dataset, "PixelSpacing", 2), _floats(dataset, "ImagePositionPatient", 3)
    slope, intercept = _floats(dataset, "RescaleSlope", 1), _floats(dataset, "RescaleIntercept", 1)
    return Header(
        path=path,
        transfer_syntax=str(dataset.file_meta.get("TransferSyntaxUID", "")),
        pixel_offset=offset,
        sop_class=_text(dataset, "SOPClassUID"),
        sop_uid=_text(dataset, "SOPInstanceUID"),
        patient_id=_text(dataset, "PatientID"),
        study_uid=_text(dataset, "StudyInstanceUID"),
        series_uid=_text(dataset, "SeriesInstanceUID"),
        series_number=_integer(dataset, "SeriesNumber"),
        instance_number=_integer(dataset, "InstanceNumber"),
        frame_of_reference=_text(dataset, "FrameOfReferenceUID"),
        modality=_text(dataset, "Modality"),
        manufacturer=_text(dataset, "Manufacturer"),
        image_type=_texts(dataset, "ImageType"),
        description=text.strip(" |"),
        burned_in=_text(dataset, "BurnedInAnnotation"),
        conversion=_text(dataset, "ConversionType"),
        frames=_integer(dataset, "NumberOfFrames") or 1,
        frame=0,
        rows=_integer(dataset, "Rows") or 0,
        columns=_integer(dataset, "Columns") or 0,
        samples=_integer(dataset, "SamplesPerPixel") or 1,
        bits=_integer(dataset, "BitsAllocated") or 0,
        bits_stored=_integer(dataset, "BitsStored") or _integer(dataset, "BitsAllocated") or 0,
        signed=_integer(dataset, "PixelRepresentation") == 1,
        photometric=_text(dataset, "PhotometricInterpretation"),
        pixel_spacing=None if spacing is None else (spacing[0], spacing[1]),
        position=None if position is None else (position[0], position[1], position[2]),
        orientation=_floats(dataset, "ImageOrientationPatient", 6),
        slope=1.0 if slope is None else slope[0],
        intercept=0.0 if intercept is None else intercept[0],
        window=None if window[0] is None or window[1] is None else (window[0][0], window[1][0]),
        scanning_sequence=_texts(dataset, "ScanningSequence"),
        acquisition_type=_text(dataset, "MRAcquisitionType"),
        sequence_name=_text(dataset, "SequenceName"),
        b_value=diffusion.b_value(dataset),
        echo_time=_float(dataset, "EchoTime"),
        echo_number=_integer(dataset, "EchoNumbers"),
        repetition_time=_float(dataset, "RepetitionTime"),
        inversion_time=_float(dataset, "InversionTime"),
        flip_angle=_float(dataset, "FlipAngle"),
        contrast_agent=_text(dataset, "ContrastBolusAgent"),
        contrast_start=_seconds(dataset, "ContrastBolusStartTime"),
        acquisition_time=_seconds(dataset, "AcquisitionTime"),
        content_time=_seconds(dataset, "ContentTime"),
        trigger_time=_float(dataset, "TriggerTime"),
        temporal_position=_integer(dataset, "TemporalPositionIdentifier"),
        acquisition_number=_integer(dataset, "AcquisitionNumber"),
    )


def _text(dataset: Dataset, keyword: str) -> str:
    value = dataset.get(keyword)
    return "" if value is None else str(value).strip()


def _texts(dataset: Dataset, keyword: str) -> tuple[str, ...]:
    value = dataset.get(keyword)
    if value is None:
        return ()
    return (value.strip(),) if isinstance(value, str) else tuple(str(v).strip() for v in value)


def _floats(dataset: Dataset, keyword: str, count: int) -> tuple[float, ...] | None:
    """At least `count` numbers of an element, else None."""
    value = dataset.get(keyword)
    if value is None or value == "":
        return None
    values = tuple(float(v) for v in value) if hasattr(value, "__iter__") else (float(value),)
    return values[:count] if len(values) >= count else None


def _float(dataset: Dataset, keyword: str) -> float | None:
    values = _floats(dataset, keyword, 1)
    return None if values is None else values[0]


def _integer(dataset: Dataset, keyword: str) -> int | None:
    value = _float(dataset, keyword)
    return None if value is None else int(value)


def _seconds(dataset: Dataset, keyword: str) -> float | None:
    """Time of day (VR TM, `HHMMSS.ffffff`, shortened forms allowed) in seconds after midnight."""
    found = re.fullmatch(r"(\d\d):?(\d\d)?:?(\d\d(?:\.\d*)?)?", _text(dataset, keyword))
    if found is None:
        return None
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return 3600 * hours + 60 * minutes + seconds
