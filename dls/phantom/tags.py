"""DICOM attributes of a phantom series, as a scanner of that make would write them.

Source: DICOM PS3.3 C.7.1-C.8.3 for the attributes.  Dates and times are invented, and consistent in a study.
"""

from __future__ import annotations

from hashlib import sha256

from dls.domain import Sequence
from dls.phantom.cohort import PhantomPatient
from dls.phantom.scanner import DYNAMIC, SCANNERS

_SERIES_NUMBER = {
    Sequence.T2: 4,
    Sequence.DWI: 6,
    Sequence.PRE: 9,
    Sequence.ARTERIAL: 11,
    Sequence.PORTAL: 12,
    Sequence.EQUILIBRIUM: 13,
}
_DELAY_S = {
    Sequence.T2: -900,
    Sequence.DWI: -540,
    Sequence.PRE: -120,
    Sequence.ARTERIAL: 15,
    Sequence.PORTAL: 60,
    Sequence.EQUILIBRIUM: 180,
}
"""Start of the acquisition after the start of the injection, seconds."""


def uid(*parts: object) -> str:
    """A UID under 2.25 (PS3.5 B.2) that depends on nothing but the parts."""
    digest = sha256("/".join(map(str, ("dls phantom", *parts))).encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"


def series_tags(patient: PhantomPatient, sequence: Sequence) -> dict[str, object]:
    """Keyword -> value of the attributes that are the same in every slice of a series."""
    scanner = SCANNERS[patient.scanner]
    protocol = scanner.protocol(sequence)
    injection = 9 * 3600 + 1200 + patient.seed % (8 * 3600)
    start = injection + _DELAY_S[sequence] + patient.seed // 7 % 5
    date = f"20{16 + patient.seed % 4:02d}{1 + patient.seed // 11 % 12:02d}{1 + patient.seed // 131 % 28:02d}"
    record = patient.clinical
    tags: dict[str, object] = {
        "PatientName": f"PHANTOM^{patient.code}",
        "PatientID": patient.code,
        "PatientSex": {"male": "M", "female": "F"}.get(record.sex or "", "O"),
        "PatientAge": "" if record.age is None else f"{int(record.age):03d}Y",
        "PatientPosition": "HFS",
        "StudyInstanceUID": uid(patient.code, "study"),
        "SeriesInstanceUID": uid(patient.code, "series", sequence.slug),
        "FrameOfReferenceUID": uid(patient.code, "frame of reference"),
        "StudyID": "1",
        "StudyDate": date,
        "SeriesDate": date,
        "AcquisitionDate": date,
        "ContentDate": date,
        "StudyTime": _time(injection - 1200),
        "SeriesTime": _time(start),
        "AcquisitionTime": _time(start),
        "ContentTime": _time(start + 2),
        "StudyDescription": "MR liver with contrast",
        "SeriesDescription": scanner.descriptions[sequence],
        "ProtocolName": scanner.descriptions[sequence],
        "SeriesNumber": _SERIES_NUMBER[sequence],
        "Modality": "MR",
        "BodyPartExamined": "ABDOMEN",
        "Manufacturer": scanner.manufacturer,
        "ManufacturerModelName": scanner.model,
        "SoftwareVersions": scanner.software,
        "MagneticFieldStrength": scanner.field,
        "ImagingFrequency": round(42.577 * scanner.field, 3),
        "ImagedNucleus": "1H",
        "RepetitionTime": protocol.repetition_time,
        "EchoTime": protocol.echo_time,
        "FlipAngle": protocol.flip_angle,
        "SliceThickness": protocol.thickness,
        "SpacingBetweenSlices": protocol.slice_spacing,
        "ImageComments": "procedural phantom, not a patient",
    }
    tags |= _acquisition(sequence, scanner.manufacturer)
    if sequence in DYNAMIC[1:]:
        tags |= {
            "ContrastBolusAgent": "Gadopentetate dimeglumine",
            "ContrastBolusRoute": "IV",
            "ContrastBolusVolume": 14.0,
            "ContrastBolusStartTime": _time(injection),
        }
    return tags


def _acquisition(sequence: Sequence, manufacturer: str) -> dict[str, object]:
    """What kind of acquisition it is, by the attributes and private habits of the vendor."""
    siemens = manufacturer == "SIEMENS"
    if sequence is Sequence.T2:
        tags: dict[str, object] = {
            "ScanningSequence": "SE",
            "SequenceVariant": ["SK", "SP", "OSP"] if siemens else "SK",
            "ScanOptions": ["FS", "RG"],
            "MRAcquisitionType": "2D",
            "EchoTrainLength": 17,
            "ImageType": ["ORIGINAL", "PRIMARY", "M", "ND"],
        }
        name = "*tse2d1_17"
    elif sequence is Sequence.DWI:
        tags = {
            "ScanningSequence": ["EP", "SE"],
            "SequenceVariant": "SK",
            "ScanOptions": ["FS", "RG"],
            "MRAcquisitionType": "2D",
            "EchoTrainLength": 60,
            "DiffusionBValue": 800.0,
            "ImageType": ["DERIVED", "PRIMARY", "DIFFUSION", "TRACEW", "ND"]
            if siemens
            else ["ORIGINAL", "PRIMARY", "M", "ND"],
        }
        name = "*ep_b800t"
    else:
        tags = {
            "ScanningSequence": "GR",
            "SequenceVariant": ["SP", "OSP"] if siemens else ["SS", "SP"],
            "ScanOptions": "FS",
            "MRAcquisitionType": "3D",
            "EchoTrainLength": 1,
            "ImageType": ["ORIGINAL", "PRIMARY", "M", "ND"],
        }
        name = "*fl3d1"
    if siemens:
        tags["SequenceName"] = name
    return tags


def _time(seconds: int) -> str:
    """Time of day as DICOM TM."""
    return f"{seconds // 3600 % 24:02d}{seconds // 60 % 60:02d}{seconds % 60:02d}.000000"
