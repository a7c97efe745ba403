"""The report is read back by dcmtk, which shares no code with what wrote it."""

import os
import shutil
import subprocess
from pathlib import Path

import highdicom
import pydicom
import pytest

from dls.domain import MODELS, Sequence
from dls.errors import InputError
from dls.imaging.regions import Lesion, Regions
from dls.imaging.report_sr import RESEARCH_USE_ONLY, ModelOutput, make_report
from dls.imaging.roi import Outline
from dls.imaging.segmentation import make_segmentation
from tests.imaging.series import OBLIQUE, write_sequence

SHA = "ab" * 32
CONTOUR = OBLIQUE.to_patient([(3, 3, 2), (9, 3, 2), (6, 9, 2)])
SEVEN = (0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625, 0.015625)


def dcmtk(program: str, *arguments: str) -> str:
    """Output of one of dcmtk's programs; skips where it is not installed, except under CI."""
    if shutil.which(program) is None and not os.environ.get("CI"):
        pytest.skip("dcmtk is not installed")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=True, timeout=30)
    assert "error" not in done.stderr.casefold()
    return done.stdout + done.stderr


@pytest.fixture
def images(tmp_path: Path) -> list[pydicom.Dataset]:
    paths = write_sequence(tmp_path / "t2", Sequence.T2)
    return [pydicom.dcmread(path, stop_before_pixels=True) for path in paths]


@pytest.fixture
def regions() -> Regions:
    return Regions(
        (Lesion.new("Lesion 1", Outline.of([CONTOUR])), Lesion.new("Lesion 2", Outline.of([CONTOUR + 1])))
    )


@pytest.fixture
def report(images: list[pydicom.Dataset], regions: Regions, tmp_path: Path) -> Path:
    segmentation = make_segmentation(regions, images, OBLIQUE, sop_instance_uid="1.2.3.77")
    outputs = [ModelOutput("A", SHA, SEVEN), ModelOutput("D", "cd" * 32, (2 / 3, 1 / 3))]
    path = tmp_path / "report.dcm"
    make_report(outputs, images, segmentation).save_as(path)
    return path


def test_dcmtk_reads_every_probability_the_package_and_the_warning(report: Path) -> None:
    shown = dcmtk("dsrdump", "+Pc", "+Pl", "+Pu", str(report))
    assert "Comprehensive 3D SR" in shown
    assert "Imaging Measurement Report" in shown
    for name, probability in zip(MODELS["A"].task.classes, SEVEN, strict=True):
        line = next(line for line in shown.splitlines() if f'"Probability of {name}"' in line)
        assert f'"{probability:g}"' in line
        assert "UCUM" in line
    assert "Probability of malignant" in shown
    assert f"sha256:{SHA}" in shown
    assert f"sha256:{'cd' * 32}" in shown
    assert shown.count(RESEARCH_USE_ONLY) == 3
    assert "1.2.3.77" in shown


def test_dcmtk_finds_patient_study_and_evidence(report: Path, images: list[pydicom.Dataset]) -> None:
    shown = dcmtk("dcmdump", "--search", "0008,1155", "--search-all", str(report))
    assert all(image.SOPInstanceUID in shown for image in images)
    assert "1.2.3.77" in shown
    dataset = pydicom.dcmread(report)
    assert (dataset.PatientID, dataset.StudyInstanceUID, dataset.Modality) == ("P1", "1.2.3", "SR")
    assert (dataset.CompletionFlag, dataset.VerificationFlag) == ("COMPLETE", "UNVERIFIED")


def test_highdicom_gives_groups_and_segments_back(report: Path, regions: Regions) -> None:
    content = highdicom.sr.srread(report).content
    models = content.get_image_measurement_groups()
    assert [g.tracking_identifier for g in models] == ["Model A", "Model D"]
    assert [m.value for m in models[0].get_measurements()] == list(SEVEN)
    (largest,) = models[1].get_qualitative_evaluations()
    assert largest.value.meaning == "benign"
    lesions = content.get_volumetric_roi_measurement_groups()
    assert [g.tracking_uid for g in lesions] == [lesion.tracking_uid for lesion in regions.lesions]
    assert [g.referenced_segment.referenced_segment_numbers for g in lesions] == [[1], [2]]


def test_report_without_outlines(images: list[pydicom.Dataset], tmp_path: Path) -> None:
    path = tmp_path / "report.dcm"
    make_report([ModelOutput("D", SHA, (0.5, 0.5))], images, None).save_as(path)
    content = highdicom.sr.srread(path).content
    assert len(content.get_image_measurement_groups()) == 1
    assert content.get_volumetric_roi_measurement_groups() == []


@pytest.mark.parametrize(
    ("letter", "sha", "probabilities"),
    [
        ("X", SHA, (1.0,)),
        ("D", "ab", (0.5, 0.5)),
        ("D", SHA, (0.5,)),
        ("D", SHA, (0.7, 0.7)),
        ("D", SHA, (1.5, -0.5)),
    ],
)
def test_outputs_that_cannot_be_are_refused(letter: str, sha: str, probabilities: tuple[float, ...]) -> None:
    with pytest.raises(InputError):
        ModelOutput(letter, sha, probabilities)


def test_images_of_two_studies_are_refused(images: list[pydicom.Dataset]) -> None:
    images[0].StudyInstanceUID = "9.9"
    with pytest.raises(InputError, match="not of one study"):
        make_report([ModelOutput("D", SHA, (0.5, 0.5))], images, None)
