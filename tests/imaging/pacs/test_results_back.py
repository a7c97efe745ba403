"""Results of a case go to a real server and come back to an independent reader."""

from __future__ import annotations

import shutil
from pathlib import Path

import highdicom
import numpy as np
import pydicom
import pytest

from dls.domain import Sequence
from dls.errors import GeometryError, InputError
from dls.imaging.importer import import_study
from dls.imaging.pacs.peers import Retrieval
from dls.imaging.pacs.transfer import connected, fetch, send
from dls.imaging.regions import Lesion, Regions
from dls.imaging.report_sr import RESEARCH_USE_ONLY, ModelOutput
from dls.imaging.results_back import write_results
from dls.imaging.roi import Outline, mask
from tests.imaging.pacs.orthanc import Pacs
from tests.imaging.series import OBLIQUE, write_study
from tests.imaging.test_report_sr import dcmtk

OUTPUTS = [ModelOutput("C", "ef" * 32, (0.25, 0.75))]
REGIONS = Regions(
    (Lesion.new("Lesion 1", Outline.of([OBLIQUE.to_patient([(3, 3, 2), (9, 3, 2), (6, 9, 2)])])),)
)


@pytest.fixture
def results(small: Path, tmp_path: Path) -> tuple[Path, ...]:
    return write_results(small, tmp_path / "results", OUTPUTS, REGIONS, OBLIQUE)


@pytest.mark.parametrize("way", ["stow", "store"])
def test_results_are_stored_beside_the_images_and_read_back(
    pacs: Pacs, small: Path, results: tuple[Path, ...], tmp_path: Path, way: str
) -> None:
    peer, other = (pacs.web, pacs.dimse()) if way == "stow" else (pacs.dimse(), pacs.web)
    send(peer, results)
    send(peer, results)
    found = fetch(other, "1.2.3", tmp_path / "back", modalities=("SEG", "SR"))
    assert sorted(s.modality for s in found.series) == ["SEG", "SR"]
    assert [s.instance_count for s in found.series] == [1, 1]
    segmentation, report = sorted(found.files, key=lambda p: pydicom.dcmread(p).Modality)
    shown = dcmtk("dsrdump", "+Pl", "+Pu", str(report))
    assert '"Probability of malignant")="0.75"' in shown
    assert f"sha256:{'ef' * 32}" in shown
    assert RESEARCH_USE_ONLY in shown
    assert pydicom.dcmread(segmentation).SOPInstanceUID in shown
    assert "SegmentationStorage" in dcmtk("dcmdump", "--search", "0008,0016", str(segmentation))
    slices = highdicom.seg.segread(segmentation).get_volume(combine_segments=True).array
    np.testing.assert_array_equal(slices.sum(), mask(REGIONS.lesions[0].outline, OBLIQUE).sum())
    assert import_study(small).series.keys() == set(Sequence)


def test_the_same_results_are_the_same_objects(
    small: Path, results: tuple[Path, ...], tmp_path: Path
) -> None:
    again = write_results(small, tmp_path / "again", OUTPUTS, REGIONS, OBLIQUE)
    other = write_results(
        small, tmp_path / "other", [ModelOutput("C", "ef" * 32, (0.5, 0.5))], REGIONS, OBLIQUE
    )
    uids = [[pydicom.dcmread(p).SOPInstanceUID for p in paths] for paths in (results, again, other)]
    assert uids[0] == uids[1]
    assert uids[2][0] == uids[0][0]
    assert uids[2][1] != uids[0][1]


def test_images_of_another_case_are_refused(tmp_path: Path) -> None:
    folder = write_study(tmp_path / "study")
    shifted = Regions(REGIONS.lesions)
    other = type(OBLIQUE)(OBLIQUE.size, (0.0, 0.0, 0.0), OBLIQUE.spacing, OBLIQUE.direction)
    with pytest.raises(GeometryError):
        write_results(folder, tmp_path / "out", OUTPUTS, shifted, other)
    shutil.rmtree(folder / "t2")
    with pytest.raises(InputError):
        write_results(folder, tmp_path / "out", OUTPUTS, REGIONS, OBLIQUE)


def test_a_move_brings_results_back_too(pacs: Pacs, results: tuple[Path, ...], tmp_path: Path) -> None:
    send(pacs.web, results)
    found = fetch(pacs.dimse(Retrieval.MOVE), "1.2.3", tmp_path / "moved", modalities=("SEG", "SR"))
    assert len(found.files) == 2
    with connected(pacs.web) as connection:
        assert {s.modality for s in connection.series("1.2.3")} == {"MR", "SEG", "SR"}
