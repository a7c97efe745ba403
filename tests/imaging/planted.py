"""A study with identifiers planted wherever DICOM lets text stand, and the search for them."""

import warnings
from collections.abc import Iterator
from pathlib import Path

import pydicom
from pydicom.datadict import DicomDictionary
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

WORD = "ZQWORD"
"""Every planted text holds it; numbers and dates hold `NUMBER` or `DATE` instead."""

NUMBER = "8675309"
DATE = "18670401"

FORMS = {
    "AE": f"{WORD}AE",
    "AS": "867Y",
    "CS": f"{WORD}CS",
    "DA": DATE,
    "DS": f"{NUMBER}.5",
    "DT": f"{DATE}123456",
    "IS": NUMBER,
    "LO": f"{WORD}^LO",
    "LT": f"{WORD} lt text",
    "PN": f"{WORD}^Jane^PN",
    "SH": f"{WORD} SH",
    "ST": f"{WORD} st text",
    "TM": "235959.424242",
    "UC": f"{WORD} uc text",
    "UI": f"1.2.{NUMBER}.42",
    "UR": f"https://example.org/{WORD}",
    "UT": f"{WORD} ut text",
}
"""What is planted by value representation."""

MARKS = [
    WORD.encode(),
    WORD.lower().encode(),
    NUMBER.encode(),
    DATE.encode(),
    b".42424",
    b"867Y",
    WORD.encode("utf-16-le"),
    int(NUMBER).to_bytes(4, "little"),
]

_NEEDED = """
    SOPClassUID SOPInstanceUID StudyInstanceUID SeriesInstanceUID FrameOfReferenceUID Modality ImageType
    SpecificCharacterSet BurnedInAnnotation ConversionType SamplesPerPixel PhotometricInterpretation Rows
    Columns NumberOfFrames PixelSpacing ImagePositionPatient ImageOrientationPatient RescaleSlope
    RescaleIntercept WindowCenter WindowWidth SeriesNumber InstanceNumber EchoTime EchoNumbers FlipAngle
    RepetitionTime ScanningSequence MRAcquisitionType AcquisitionTime ContrastBolusStartTime TriggerTime
"""
NEEDED = set(_NEEDED.split())
"""What the files need to be read as the series that they are."""


SEQUENCES = ("RequestAttributesSequence", "ReferencedStudySequence", "SharedFunctionalGroupsSequence")
CREATORS = ((0x0009, "ACME"), (0x0019, "SIEMENS MR HEADER"), (0x0029, "SIEMENS CSA HEADER"))


def places() -> Iterator[tuple[int, str, str]]:
    """Every element of the dictionary that holds text: tag, VR, keyword."""
    for tag, (vr, _, _, _, keyword) in DicomDictionary.items():
        group = tag >> 16
        if vr in FORMS and 0x0008 <= group < 0x7FE0 and keyword not in NEEDED:
            yield tag, vr, keyword


def plant(path: Path, target: Path) -> int:
    """Write a copy of a file with identifiers everywhere; returns how many elements were planted."""
    dataset = pydicom.dcmread(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        count = _fill(dataset)
        for keyword in (
            "RequestAttributesSequence",
            "ReferencedStudySequence",
            "SharedFunctionalGroupsSequence",
        ):
            inner, outer = Dataset(), Dataset()
            count += _fill(inner)
            inner.PatientName = FORMS["PN"]
            outer.PixelMeasuresSequence = [inner]
            outer.FrameContentSequence = [inner]
            count += _fill(outer)
            setattr(dataset, keyword, [outer])
        for group, creator in (
            (0x0009, "ACME"),
            (0x0019, "SIEMENS MR HEADER"),
            (0x0029, "SIEMENS CSA HEADER"),
        ):
            block = dataset.private_block(group, creator, create=True)
            for number, vr in enumerate(FORMS):
                block.add_new(0x40 + number, vr, FORMS[vr])
            block.add_new(0x70, "OB", WORD.encode() + b"ob!")
            block.add_new(0x71, "UN", WORD.encode() + b"un!")
            count += len(FORMS) + 2
        for tag in (0x00181318, 0x00180084, 0x00101030):  # dB/dt, imaging frequency, weight: of a wrong VR
            dataset[tag] = DataElement(tag, "LO", f"{WORD} wrong")
        dataset[0x60003000] = DataElement(0x60003000, "OW", WORD.encode() + b"overlay")
        dataset[0xFFFCFFFC] = DataElement(0xFFFCFFFC, "OB", WORD.encode() + b"pad")
        dataset.add_new(0x00111213, "UN", WORD.encode() + b"x")
        dataset.PixelData += WORD.encode() + b"!"
        dataset.preamble = (WORD.encode() * 26)[:128]
        dataset.file_meta.SourceApplicationEntityTitle = FORMS["AE"]
        dataset.file_meta.PrivateInformationCreatorUID = FORMS["UI"]
        dataset.file_meta.PrivateInformation = WORD.encode() + b"!"
        dataset.save_as(target)
    return count + 12


def _fill(dataset: Dataset) -> int:
    count = 0
    for tag, vr, _ in places():
        dataset[tag] = DataElement(tag, vr, FORMS[vr])
        count += 1
    return count


def found_below(folder: Path) -> list[str]:
    """Where a mark is found in the bytes or names of the files below a folder."""
    hits = []
    for path in folder.rglob("*"):
        name = str(path.relative_to(folder)).encode()
        content = path.read_bytes() if path.is_file() else b""
        hits += [f"{path.name}: {mark!r}" for mark in MARKS if mark in name or mark in content]
    return hits
