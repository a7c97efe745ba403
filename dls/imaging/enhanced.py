"""Enhanced MR: the frames of one object, each as if it were a classic MR image of its own.

Elements of the functional groups, shared and per frame, are laid over those of the object; where the enhanced
object has another element for the same thing, it gets the classic one's name.  What splits a series of
classic files into volumes (plane, b-value, echo, phase) then splits frames as well.
Source: DICOM PS3.3 C.7.6.16 (multi-frame functional groups), C.8.13 (Enhanced MR), A.70 (legacy converted).
"""

from __future__ import annotations

from collections.abc import Iterator

from pydicom.dataset import Dataset

from dls.errors import GeometryError
from dls.imaging.admission import ENHANCED_MR, LEGACY_ENHANCED_MR
from dls.imaging.elements import integer, text

CLASSES = frozenset({ENHANCED_MR, LEGACY_ENHANCED_MR})
TAGS = (
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
    "PulseSequenceName",
    "EchoPulseSequence",
    "EchoPlanarPulseSequence",
    "AcquisitionDateTime",
    "ContrastBolusAgentSequence",
)
"""Elements that this module needs beside those of classic images."""

_GROUPS = (
    "PixelMeasuresSequence",
    "PlanePositionSequence",
    "PlaneOrientationSequence",
    "PixelValueTransformationSequence",
    "FrameVOILUTSequence",
    "MRImageFrameTypeSequence",
    "MRTimingAndRelatedParametersSequence",
    "MREchoSequence",
    "MRDiffusionSequence",
    "TemporalPositionSequence",
    "FrameContentSequence",
    "UnassignedSharedConvertedAttributesSequence",
    "UnassignedPerFrameConvertedAttributesSequence",
)
_CLASSIC_NAMES = {
    "EffectiveEchoTime": "EchoTime",
    "FrameType": "ImageType",
    "TemporalPositionIndex": "TemporalPositionIdentifier",
    "FrameAcquisitionNumber": "AcquisitionNumber",
    "InStackPositionNumber": "InstanceNumber",
    "PulseSequenceName": "SequenceName",
}
_DATE_TIMES = ("FrameAcquisitionDateTime", "FrameReferenceDateTime", "AcquisitionDateTime")


def has_functional_groups(dataset: Dataset) -> bool:
    """Whether the object is an enhanced one that says where its frames lie."""
    return text(dataset, "SOPClassUID") in CLASSES and bool(dataset.get("PerFrameFunctionalGroupsSequence"))


def frames_of(dataset: Dataset) -> Iterator[Dataset]:
    """One flat dataset a frame, in order; pixels are not looked at.

    Parameters
    ----------
    dataset : an object with functional groups

    Raises
    ------
    GeometryError
        with code `frames-mismatch` when the object says that it has another number of frames.
    """
    per_frame = dataset.PerFrameFunctionalGroupsSequence
    count = integer(dataset, "NumberOfFrames") or 1
    if len(per_frame) != count:
        raise GeometryError(
            "The enhanced image does not describe each of its frames",
            expected=f"{count} items in Per-frame Functional Groups Sequence",
            got=str(len(per_frame)),
            remedy="export the series again",
            code="frames-mismatch",
        )
    common = Dataset()
    for element in dataset:
        if element.keyword not in TAGS[:2]:
            common.add(element)
    _lay_over(common, dataset)
    for item in dataset.get("SharedFunctionalGroupsSequence") or ():
        _add_groups(common, item)
    _add_kind(common, dataset)
    for item in per_frame:
        frame = Dataset()
        frame.update(common)
        frame.file_meta = dataset.file_meta
        _add_groups(frame, item)
        yield frame


def _add_groups(frame: Dataset, item: Dataset) -> None:
    for group in _GROUPS:
        for inner in item.get(group) or ():
            _lay_over(frame, inner)


def _lay_over(frame: Dataset, source: Dataset) -> None:
    """Elements of an item, and again under the classic names."""
    for element in source:
        if element.VR != "SQ":
            frame.add(element)
    for keyword, classic in _CLASSIC_NAMES.items():
        value = source.get(keyword)
        if value not in (None, ""):
            setattr(frame, classic, value)
    for keyword in _DATE_TIMES:
        moment = text(source, keyword)
        if len(moment) > 8:
            frame.AcquisitionTime = moment[8:].partition("+")[0].partition("-")[0]
            break


def _add_kind(frame: Dataset, dataset: Dataset) -> None:
    """Scanning Sequence in the classic terms, and whether contrast agent was given."""
    kinds = {"SPIN": ["SE"], "GRADIENT": ["GR"], "BOTH": ["SE", "GR"]}
    scanning = list(kinds.get(text(dataset, "EchoPulseSequence"), []))
    if text(dataset, "EchoPlanarPulseSequence") == "YES":
        scanning.append("EP")
    if scanning and "ScanningSequence" not in dataset:
        frame.ScanningSequence = scanning
    agents = dataset.get("ContrastBolusAgentSequence") or ()
    if agents and "ContrastBolusAgent" not in dataset:
        frame.ContrastBolusAgent = text(agents[0], "CodeMeaning") or "contrast agent"
