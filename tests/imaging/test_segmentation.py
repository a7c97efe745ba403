"""Segmentations are read back by highdicom and by dcmtk, which share no code with the reader under test."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import highdicom
import numpy as np
import pydicom
import pytest

from dls.domain import Sequence
from dls.errors import GeometryError, InputError
from dls.geometry import Geometry
from dls.imaging.regions import Lesion, Regions
from dls.imaging.roi import Outline, mask
from dls.imaging.segmentation import make_segmentation, read_segmentation, reference
from tests.imaging.series import OBLIQUE, change, uid, write_sequence


def circle(x: float, y: float, radius: float, *slices: int) -> Outline:
    """Circles in voxels of the oblique grid."""
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    index = np.column_stack([x + radius * np.cos(angle), y + radius * np.sin(angle)])
    return Outline(tuple(OBLIQUE.to_patient(np.column_stack([index, 0 * angle + k])) for k in slices))


@pytest.fixture
def regions() -> Regions:
    """Two lesions that overlap on slice 4; the second touches the edge of the image."""
    return Regions(
        (Lesion.new("Lesion 1", circle(6, 5, 2.6, 3, 4)), Lesion.new("S8, 肝右叶", circle(10, 5, 5.4, 4)))
    )


@pytest.fixture
def source(tmp_path: Path) -> list[pydicom.Dataset]:
    return [pydicom.dcmread(p, stop_before_pixels=True) for p in write_sequence(tmp_path / "t2", Sequence.T2)]


@pytest.fixture
def written(tmp_path: Path, regions: Regions, source: list[pydicom.Dataset]) -> Path:
    path = tmp_path / "lesions.dcm"
    make_segmentation(regions, source[::-1], OBLIQUE).save_as(path)
    return path


def test_round_trip_gives_every_voxel_back(written: Path, regions: Regions) -> None:
    back = read_segmentation(written, OBLIQUE)
    for before, after in zip(regions.lesions, back.lesions, strict=True):
        np.testing.assert_array_equal(mask(after.outline, OBLIQUE), mask(before.outline, OBLIQUE))
        assert (after.id, after.name) == (before.id, before.name)


def test_highdicom_finds_the_same_voxels_by_source_instance(
    written: Path, regions: Regions, source: list[pydicom.Dataset]
) -> None:
    uids = [one.SOPInstanceUID for one in source]
    pixels = highdicom.seg.segread(written).get_pixels_by_source_instance(
        uids, ignore_spatial_locations=False
    )
    for number, lesion in enumerate(regions.lesions):
        np.testing.assert_array_equal(pixels[..., number], mask(lesion.outline, OBLIQUE))


def test_highdicom_places_it_as_the_volume(written: Path, regions: Regions) -> None:
    """highdicom's affine takes (slice, row, column) to LPS; its first marked slice is slice 3 of T2."""
    volume = highdicom.seg.segread(written).get_volume(segment_numbers=[1])
    place = volume.affine @ [0, 5, 6, 1]
    expected = [OBLIQUE.to_patient((6, 5, k)) for k in (3, 4)]
    assert min(np.abs(place[:3] - point).max() for point in expected) < 1e-6


def test_dcmtk_reads_it(written: Path, regions: Regions) -> None:
    text = subprocess.run(["dcmdump", written], capture_output=True, text=True, check=True).stdout
    assert "=SegmentationStorage" in text
    assert f"[{regions.lesions[0].tracking_uid}]" in text
    assert f"[{uid(Sequence.T2)}]" in text
    assert "(0028,0008) IS [3]" in text


def test_reference_names_study_series_and_segments(regions: Regions, source: list[pydicom.Dataset]) -> None:
    made = reference(
        make_segmentation(regions, source, OBLIQUE, series_instance_uid="1.2.7", sop_instance_uid="1.2.8")
    )
    assert (made.series_instance_uid, made.sop_instance_uid, made.study_instance_uid) == (
        "1.2.7",
        "1.2.8",
        "1.2.3",
    )
    assert (made.source_series_uid, made.frame_of_reference_uid) == (uid(Sequence.T2), "1.2.3.9")
    assert set(made.source_instance_uids) <= {one.SOPInstanceUID for one in source}
    assert [(s.number, s.tracking_uid) for s in made.segments] == [
        (n, lesion.tracking_uid) for n, lesion in enumerate(regions.lesions, start=1)
    ]


def test_a_slice_that_is_missing_is_refused(regions: Regions, source: list[pydicom.Dataset]) -> None:
    with pytest.raises(GeometryError, match="one for each of 8 slices"):
        make_segmentation(regions, source[1:], OBLIQUE)


def test_another_grid_is_refused(written: Path) -> None:
    other = Geometry((16, 12, 8), (-20.0, -30.0, 5.0), (2.0, 2.0, 7.0), OBLIQUE.direction)
    with pytest.raises(GeometryError, match="another grid"):
        read_segmentation(written, other)


def test_segments_of_other_programs_get_ids(written: Path, tmp_path: Path) -> None:
    dataset = pydicom.dcmread(written)
    for one in dataset.SegmentSequence:
        one.TrackingUID = "1.3.6.1.4.1.5962.1"
    dataset.save_as(tmp_path / "theirs.dcm")
    assert len({one.id for one in read_segmentation(tmp_path / "theirs.dcm", OBLIQUE).lesions}) == 2


@pytest.mark.parametrize(("keyword", "value"), [("SegmentationType", "FRACTIONAL"), ("SOPClassUID", "1.2.3")])
def test_other_objects_are_refused(written: Path, keyword: str, value: str) -> None:
    change(written, **{keyword: value})
    with pytest.raises(InputError, match="no binary DICOM Segmentation"):
        read_segmentation(written, OBLIQUE)


def test_a_file_that_is_not_dicom_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.dcm").write_text("hello")
    with pytest.raises(InputError, match="cannot be read"):
        read_segmentation(tmp_path / "x.dcm", OBLIQUE)


def elements(dataset: pydicom.Dataset) -> Iterator[tuple[pydicom.Dataset, pydicom.DataElement]]:
    """Every element with the dataset that holds it, those of the first two items of a sequence included."""
    for element in dataset:
        yield dataset, element
        if element.VR == "SQ":
            for item in element.value[:2]:
                yield from elements(item)


def removed(holder: pydicom.Dataset, element: pydicom.DataElement) -> None:
    del holder[element.tag]


def emptied(_: pydicom.Dataset, element: pydicom.DataElement) -> None:
    element.value = [] if element.VR == "SQ" else None


def made_odd(_: pydicom.Dataset, element: pydicom.DataElement) -> None:
    odd = {
        "SQ": [pydicom.Dataset()],
        "UI": "2.25.abc",
        "US": 3,
        "IS": "99",
        "CS": "ODD",
        "DS": "1",
        "OW": b"\0\0",
    }
    element.value = odd.get(element.VR, element.value)


@pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
@pytest.mark.parametrize("damage", [removed, emptied, made_odd])
def test_damage_to_any_element_is_refused_or_does_no_harm(
    written: Path, regions: Regions, tmp_path: Path, damage: Callable[..., None]
) -> None:
    refused = 0
    whole = [mask(lesion.outline, OBLIQUE) for lesion in regions.lesions]
    for number in range(len(list(elements(pydicom.dcmread(written))))):
        dataset = pydicom.dcmread(written)
        damage(*list(elements(dataset))[number])
        dataset.save_as(tmp_path / "damaged.dcm")
        try:
            back = read_segmentation(tmp_path / "damaged.dcm", OBLIQUE)
        except (InputError, GeometryError):
            refused += 1
            continue
        for lesion, before in zip(back.lesions, whole, strict=True):
            np.testing.assert_array_equal(mask(lesion.outline, OBLIQUE), before)
    assert refused > 10


@pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
def test_a_segmentation_that_is_cut_short_is_refused(written: Path) -> None:
    content = written.read_bytes()
    for size in range(100, len(content) - 100, 97):
        written.write_bytes(content[:size])
        with pytest.raises((InputError, GeometryError)):
            read_segmentation(written, OBLIQUE)


def test_nothing_outlined_is_refused(source: list[pydicom.Dataset]) -> None:
    with pytest.raises(InputError, match="no lesion"):
        make_segmentation(Regions(), source, OBLIQUE)
