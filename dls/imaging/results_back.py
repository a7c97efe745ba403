"""A case's outlines and model outputs as DICOM objects of the study that the images came from.

The UIDs follow from the content, so that the same results sent again are the same objects to a PACS.
Source: DICOM PS3.3 A.51 (Segmentation), A.35.13 (Comprehensive 3D SR).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence as Listed
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from dls.domain import Sequence
from dls.geometry import Geometry
from dls.imaging.importer import survey
from dls.imaging.regions import Regions
from dls.imaging.report_sr import ModelOutput, make_report
from dls.imaging.segmentation import make_segmentation
from dls.imaging.sequence_choice import choose

SEGMENTATION_FILE, REPORT_FILE = "segmentation.dcm", "report.dcm"


def write_results(
    images: Path, out: Path, outputs: Listed[ModelOutput], regions: Regions, t2: Geometry
) -> tuple[Path, ...]:
    """Write the segmentation, where lesions are outlined, and the report; returns their paths.

    Parameters
    ----------
    images : folder of the study's original images, as they are in the PACS
    out : folder for the files; made when it does not exist
    t2 : grid of the T2 volume on which the lesions are outlined

    Raises
    ------
    InputError
        when the folder holds no such study, T2 is not certain in it, or there is no output.
    GeometryError
        when its T2 series is not the one that was outlined.
    """
    found, typing = survey(images)
    chosen = choose(typing, found, (Sequence.T2,))
    headers = {s: [_header(h.path) for h in stack.headers] for s, stack in chosen.items()}
    study = str(headers[Sequence.T2][0].StudyInstanceUID)
    out.mkdir(parents=True, exist_ok=True)
    paths = []
    segmentation: Dataset | None = None
    if regions.lesions:
        segmentation = make_segmentation(
            regions,
            headers[Sequence.T2],
            t2,
            series_instance_uid=generate_uid(entropy_srcs=[study, "segmentation"]),
            sop_instance_uid=generate_uid(entropy_srcs=[study, "segmentation", str(regions.to_record())]),
        )
        paths.append(_written(segmentation, out / SEGMENTATION_FILE))
    content = [study, "report", *map(repr, outputs)]
    content += [] if segmentation is None else [str(segmentation.SOPInstanceUID)]
    report = make_report(
        outputs,
        [one for series in headers.values() for one in series],
        segmentation,
        series_instance_uid=generate_uid(entropy_srcs=[study, "report"]),
        sop_instance_uid=generate_uid(entropy_srcs=content),
    )
    paths.append(_written(report, out / REPORT_FILE))
    return tuple(paths)


def _header(path: Path) -> Dataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of harmless deviations; the survey has checked the file
        return pydicom.dcmread(path, stop_before_pixels=True)


def _written(dataset: Dataset, path: Path) -> Path:
    dataset.save_as(path, enforce_file_format=True)
    return path
