"""Small written series that the tests share: one study of six sequences, and single series with a defect."""

from pathlib import Path

import numpy as np
import pydicom

from dls.domain import Sequence
from dls.geometry import Geometry
from dls.imaging.dicom import write_series

TILT = np.deg2rad(10)
OBLIQUE = Geometry(
    size=(16, 12, 8),
    origin=(-20.0, -30.0, 5.0),
    spacing=(2.0, 2.5, 7.0),
    direction=(1, 0, 0, 0, np.cos(TILT), -np.sin(TILT), 0, np.sin(TILT), np.cos(TILT)),
)
IDENTIFIERS = {"PatientID": "P1", "StudyInstanceUID": "1.2.3", "FrameOfReferenceUID": "1.2.3.9"}
DYNAMIC = {
    "ScanningSequence": "GR",
    "MRAcquisitionType": "3D",
    "EchoTime": 1.4,
    "RepetitionTime": 3.9,
    "FlipAngle": 10,
    "ContrastBolusStartTime": "100000",
    "SeriesDescription": "T1 VIBE fs",
}
TAGS = {
    Sequence.T2: {"ScanningSequence": "SE", "EchoTime": 90, "SeriesDescription": "T2 TSE fs"},
    Sequence.DWI: {
        "ScanningSequence": "EP",
        "EchoTime": 60,
        "DiffusionBValue": 800.0,
        "SeriesDescription": "DWI",
    },
    Sequence.PRE: DYNAMIC | {"AcquisitionTime": "095800"},
    Sequence.ARTERIAL: DYNAMIC | {"AcquisitionTime": "100018.5"},
    Sequence.PORTAL: DYNAMIC | {"AcquisitionTime": "100101"},
    Sequence.EQUILIBRIUM: DYNAMIC | {"AcquisitionTime": "100305"},
}


def ramp(geometry: Geometry = OBLIQUE) -> np.ndarray:
    """Voxels that are all different, so that any mix-up shows."""
    return np.arange(np.prod(geometry.shape), dtype=np.int16).reshape(geometry.shape)


def uid(sequence: Sequence) -> str:
    return f"1.2.3.{list(Sequence).index(sequence) + 1}"


def write_sequence(
    folder: Path, sequence: Sequence, geometry: Geometry = OBLIQUE, **tags: object
) -> list[Path]:
    """Write one sequence of the study into a subfolder."""
    common = IDENTIFIERS | TAGS[sequence] | {"SeriesInstanceUID": uid(sequence)}
    return write_series(folder / sequence.slug, ramp(geometry), geometry, common | tags)


def write_study(folder: Path, sequences: tuple[Sequence, ...] = tuple(Sequence)) -> Path:
    for sequence in sequences:
        write_sequence(folder, sequence)
    return folder


def change(path: Path, **elements: object) -> None:
    """Overwrite elements of a file; None deletes one."""
    dataset = pydicom.dcmread(path)
    for keyword, value in elements.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    dataset.save_as(path, enforce_file_format=True)
