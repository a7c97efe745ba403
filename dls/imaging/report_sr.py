"""What the models say of a patient, as a DICOM structured report that a PACS keeps beside the images.

One measurement group a model with the probability of each class, and one a lesion that refers to its segment.
Source: DICOM PS3.16 TID 1500 (Measurement Report), TID 1501 and 1411 (measurement groups), TID 4019
(algorithm identification); PS3.3 A.35.13 (Comprehensive 3D SR).
"""

from __future__ import annotations

import re
from collections.abc import Sequence as Listed
from dataclasses import dataclass
from typing import Any

import highdicom
from highdicom import sr
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

import dls
from dls.domain import MODELS, LesionClass, model_spec
from dls.errors import InputError
from dls.imaging.segmentation import (
    MANUFACTURER,
    SegmentationReference,
    SegmentReference,
    reference,
    with_type_2,
)

RESEARCH_USE_ONLY = (
    "RESEARCH USE ONLY. Output of experimental models that are no medical device; "
    "not to be used for diagnosis or treatment."
)
SCHEME = "99DLS"
"""Coding scheme of the concepts that no standard has a code for (PS3.3 8.2: 99 marks a private scheme)."""

DEVICE_UID = "2.25.309347571190573106823861906043226461093"
SUM_TOLERANCE = 1e-3

_SHORT = {c.label: c.name for c in LesionClass} | {"benign": "BENIGN", "malignant": "MALIGNANT"}
"""Class -> code value; with its prefix at most 16 characters (PS3.3 8.1)."""


@dataclass(frozen=True, slots=True)
class ModelOutput:
    """What one model says of a patient.

    Parameters
    ----------
    letter : of the model, "A" to "G"
    package_sha256 : hash of the model package, 64 hexadecimal digits
    probabilities : (k,), in the order of the task's classes; they sum to 1
    """

    letter: str
    package_sha256: str
    probabilities: tuple[float, ...]

    def __post_init__(self) -> None:
        model_spec(self.letter)
        if not re.fullmatch("[0-9a-f]{64}", self.package_sha256):
            raise InputError("Bad hash of a model package", expected="64 hexadecimal digits")
        if len(self.probabilities) != len(self.classes) or (
            min(self.probabilities) < 0 or abs(sum(self.probabilities) - 1) > SUM_TOLERANCE
        ):
            raise InputError(
                f"The output of model {self.letter} is no probability vector",
                expected=f"{len(self.classes)} numbers of 0 or more that sum to 1",
                got=str(self.probabilities),
            )

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the outputs."""
        return MODELS[self.letter].task.classes

    @property
    def largest(self) -> str:
        """Name of the most probable class."""
        return self.classes[self.probabilities.index(max(self.probabilities))]


def make_report(
    outputs: Listed[ModelOutput],
    images: Listed[Dataset],
    segmentation: Dataset | None,
    *,
    series_instance_uid: str | None = None,
    sop_instance_uid: str | None = None,
    series_number: int = 9002,
) -> sr.Comprehensive3DSR:
    """Structured report of the models' outputs for a patient.

    Parameters
    ----------
    outputs : one a model
    images : headers of the images that the models saw; patient and study of the report are theirs
    segmentation : the outlines of the lesions (see `segmentation.make_segmentation`), or None
    series_instance_uid, sop_instance_uid : UIDs of the object; new ones when None

    Returns
    -------
    a dataset: `save_as(path)` writes it

    Raises
    ------
    InputError
        when there is no output or no image, or they are not all of one study.
    """
    evidence = [*map(with_type_2, images), *([] if segmentation is None else [segmentation])]
    _check(outputs, images, evidence)
    lesions = [] if segmentation is None else _lesions(reference(segmentation))
    content = sr.MeasurementReport(
        observation_context=_observer(),
        procedure_reported=codes.cid100.MRIUnspecifiedBodyRegion,
        imaging_measurements=[*(_group(output) for output in outputs), *lesions],
        title=codes.DCM.ImagingMeasurementReport,
        referenced_images=list(images),
    )
    content[0].ContentSequence.append(
        sr.TextContentItem(codes.DCM.Comment, RESEARCH_USE_ONLY, sr.RelationshipTypeValues.CONTAINS)
    )
    return sr.Comprehensive3DSR(
        evidence=evidence,
        content=content[0],
        series_instance_uid=series_instance_uid or highdicom.UID(),
        series_number=series_number,
        series_description="Research use only: model outputs",
        sop_instance_uid=sop_instance_uid or highdicom.UID(),
        instance_number=1,
        manufacturer=MANUFACTURER,
        manufacturer_model_name="dls",
        software_versions=dls.__version__,
        device_serial_number="1",
        is_complete=True,
        is_final=False,
        is_verified=False,
    )


def _check(outputs: Listed[ModelOutput], images: Listed[Dataset], evidence: Listed[Dataset]) -> None:
    if not outputs or not images:
        raise InputError(
            "A report needs model outputs and the images they are of",
            expected="at least one of each",
            got=f"{len(outputs)} outputs, {len(images)} images",
        )
    studies = {str(one.StudyInstanceUID) for one in evidence}
    if len(studies) > 1:
        raise InputError(
            "Images and outlines are not of one study", expected="one study", got=", ".join(sorted(studies))
        )


def _observer() -> sr.ObservationContext:
    attributes = sr.DeviceObserverIdentifyingAttributes(
        uid=highdicom.UID(DEVICE_UID), name="dls", manufacturer_name=MANUFACTURER, model_name=dls.__version__
    )
    return sr.ObservationContext(observer_device_context=sr.ObserverContext(codes.DCM.Device, attributes))


def _group(output: ModelOutput) -> sr.MeasurementsAndQualitativeEvaluations:
    """Probabilities of one model."""
    model = MODELS[output.letter]
    return sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(highdicom.UID(), model.name),
        algorithm_id=sr.AlgorithmIdentification(
            name=f"{model.name}, {model.task}",
            version=f"sha256:{output.package_sha256}",
            parameters=[RESEARCH_USE_ONLY],
        ),
        finding_type=codes.SCT.Lesion,
        finding_sites=[sr.FindingSite(codes.SCT.Liver)],
        measurements=[
            sr.Measurement(_probability_of(name), p, codes.UCUM.NoUnits)
            for name, p in zip(output.classes, output.probabilities, strict=True)
        ],
        qualitative_evaluations=[
            sr.QualitativeEvaluation(
                sr.CodedConcept("MOST_PROBABLE", SCHEME, "Most probable class"),
                _class_named(output.largest),
            )
        ],
    )


def _lesions(found: SegmentationReference) -> list[sr.VolumetricROIMeasurementsAndQualitativeEvaluations]:
    return [_lesion(found, segment) for segment in found.segments]


def _lesion(
    found: SegmentationReference, segment: SegmentReference
) -> sr.VolumetricROIMeasurementsAndQualitativeEvaluations:
    """One lesion: its segment, and the series on which it was drawn."""
    uid = highdicom.UID(segment.tracking_uid) if segment.tracking_uid else highdicom.UID()
    return sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(uid, segment.tracking_id or segment.label),
        referenced_segment=sr.ReferencedSegment(
            found.sop_class_uid,
            found.sop_instance_uid,
            segment.number,
            source_series=sr.SourceSeriesForSegmentation(found.source_series_uid),
        ),
        finding_type=codes.SCT.Lesion,
        finding_sites=[sr.FindingSite(codes.SCT.Liver)],
    )


def _probability_of(name: str) -> Any:
    return sr.CodedConcept(f"P_{_SHORT[name]}", SCHEME, f"Probability of {name}")


def _class_named(name: str) -> Any:
    return sr.CodedConcept(_SHORT[name], SCHEME, name)
