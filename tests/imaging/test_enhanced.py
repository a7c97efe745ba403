"""Frames of Enhanced MR: where they lie, and how one object falls into volumes."""

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from dls.domain import Sequence
from dls.errors import GeometryError
from dls.imaging.admission import ENHANCED_MR
from dls.imaging.gate import check, in_order
from dls.imaging.headers import read_headers
from dls.imaging.importer import import_study, read_series
from dls.imaging.pixels import decode
from dls.imaging.stacks import stacks
from tests.imaging.series import OBLIQUE, TAGS, ramp, write_sequence


def group(**elements: object) -> list[Dataset]:
    item = Dataset()
    for keyword, value in elements.items():
        setattr(item, keyword, value)
    return [item]


def frame(k: int, *, stack: str, time: int, b: float | None, slope: float) -> Dataset:
    """The functional groups of the frame of slice k."""
    item = Dataset()
    item.PlanePositionSequence = group(ImagePositionPatient=list(OBLIQUE.to_patient((0, 0, k)).round(6)))
    item.FrameContentSequence = group(
        StackID=stack,
        InStackPositionNumber=k + 1,
        TemporalPositionIndex=time,
        FrameAcquisitionDateTime=f"2020010110{time:02d}00.5",
    )
    item.PixelValueTransformationSequence = group(RescaleSlope=slope, RescaleIntercept="0", RescaleType="US")
    if b is not None:
        item.MRDiffusionSequence = group(DiffusionBValue=b, DiffusionDirectionality="ISOTROPIC")
    return item


def write_enhanced(folder: Path, volumes: list[dict[str, object]], **tags: object) -> list[np.ndarray]:
    """One enhanced object of several volumes, their frames interleaved; returns the voxels of each."""
    classic = pydicom.dcmread(write_sequence(folder / "classic", Sequence.T2)[0])
    count = OBLIQUE.shape[0]
    voxels = [ramp() + 1000 * n for n in range(len(volumes))]
    classic.SOPClassUID = classic.file_meta.MediaStorageSOPClassUID = ENHANCED_MR
    cosines = OBLIQUE.cosines
    shared = Dataset()
    shared.PixelMeasuresSequence = group(PixelSpacing=classic.PixelSpacing, SliceThickness="5")
    shared.PlaneOrientationSequence = group(ImageOrientationPatient=list(cosines[:, :2].T.ravel().round(9)))
    shared.MREchoSequence = group(EffectiveEchoTime=90.0)
    shared.MRTimingAndRelatedParametersSequence = group(RepetitionTime="2000", FlipAngle="90")
    classic.SharedFunctionalGroupsSequence = [shared]
    for keyword in (
        "PixelSpacing",
        "ImagePositionPatient",
        "ImageOrientationPatient",
        "EchoTime",
        "InstanceNumber",
    ):
        delattr(classic, keyword)
    plain = {"stack": "1", "time": 1, "b": None, "slope": 1.0}
    classic.PerFrameFunctionalGroupsSequence = [
        frame(k, **(plain | settings)) for k in range(count) for settings in volumes
    ]
    classic.NumberOfFrames = count * len(volumes)
    classic.PixelData = np.stack([v[k] for k in range(count) for v in voxels]).tobytes()
    del classic.ScanningSequence
    classic.EchoPulseSequence, classic.EchoPlanarPulseSequence = "SPIN", "NO"
    for keyword, value in tags.items():
        setattr(classic, keyword, value)
    (folder / "enhanced").mkdir()
    classic.save_as(folder / "enhanced" / "1.dcm")
    return voxels


def test_an_enhanced_object_gives_the_volume_of_the_classic_files(tmp_path):
    (voxels,) = write_enhanced(tmp_path, [{}])
    enhanced, classic = read_series(tmp_path / "enhanced"), read_series(tmp_path / "classic")
    assert enhanced.geometry.size == classic.geometry.size
    np.testing.assert_allclose(enhanced.geometry.origin, classic.geometry.origin, atol=1e-5)
    np.testing.assert_allclose(enhanced.geometry.direction, classic.geometry.direction, atol=1e-6)
    np.testing.assert_array_equal(enhanced.voxels, voxels)


@pytest.mark.parametrize(
    "volumes",
    [
        [{"b": 0.0}, {"b": 400.0}, {"b": 800.0}],
        [{"time": 1}, {"time": 2}, {"time": 3}, {"time": 4}],
        [{"stack": "1"}, {"stack": "2"}],
        [{"b": 0.0, "time": 1}, {"b": 800.0, "time": 1}, {"b": 0.0, "time": 2}, {"b": 800.0, "time": 2}],
    ],
    ids=["b-value", "temporal position", "stack", "b-value and temporal position"],
)
def test_it_falls_into_its_volumes(tmp_path, volumes):
    voxels = write_enhanced(tmp_path, volumes)
    headers = read_headers(tmp_path / "enhanced")
    assert len(headers) == OBLIQUE.shape[0] * len(volumes)
    with pytest.raises(GeometryError):
        check(headers)
    found = stacks(headers)
    assert len(found) == len(volumes)
    for stack in found:
        assert check(stack.headers).size == OBLIQUE.size
        number = stack.first.frame % len(volumes)
        np.testing.assert_array_equal(decode(in_order(stack.headers)), voxels[number])
        assert stack.first.b_value == volumes[number].get("b")
        assert stack.first.temporal_position == volumes[number].get("time", 1)


def test_classic_names_of_enhanced_elements(tmp_path):
    write_enhanced(tmp_path, [{"time": 7}], PulseSequenceName="*tse2d1_15", SeriesDescription="T2")
    first = read_headers(tmp_path / "enhanced")[0]
    assert (first.echo_time, first.repetition_time, first.flip_angle) == (90, 2000, 90)
    assert (first.sequence_name, first.scanning_sequence) == ("*tse2d1_15", ("SE",))
    assert first.acquisition_time == 10 * 3600 + 7 * 60 + 0.5


def test_each_frame_has_its_own_rescale(tmp_path):
    (voxels,) = write_enhanced(tmp_path, [{"slope": 0.5}])
    np.testing.assert_allclose(read_series(tmp_path / "enhanced").voxels, voxels * 0.5)


def test_it_is_typed_and_imported_like_classic_files(tmp_path):
    write_enhanced(
        tmp_path, [{"b": 50.0}, {"b": 800.0}], EchoPlanarPulseSequence="YES", SeriesDescription="DWI"
    )
    imported = import_study(tmp_path / "enhanced", required=(Sequence.DWI,))
    assert imported.series[Sequence.DWI].endswith("#b 800")
    assert TAGS[Sequence.DWI]["DiffusionBValue"] == 800


def test_a_frame_that_is_not_described(tmp_path):
    write_enhanced(tmp_path, [{}], NumberOfFrames=9)
    path = tmp_path / "enhanced" / "1.dcm"
    dataset = pydicom.dcmread(path)
    dataset.PixelData = dataset.PixelData + bytes(2 * dataset.Rows * dataset.Columns)
    dataset.save_as(path)
    with pytest.raises(GeometryError, match=r"does not describe each.*9 items.*Got: 8") as info:
        read_headers(tmp_path / "enhanced")
    assert info.value.code == "frames-mismatch"


def test_a_slice_missing_in_one_volume_is_missed(tmp_path):
    write_enhanced(tmp_path, [{}])
    path = tmp_path / "enhanced" / "1.dcm"
    dataset = pydicom.dcmread(path)
    del dataset.PerFrameFunctionalGroupsSequence[3]
    dataset.NumberOfFrames = 7
    dataset.save_as(path)
    with pytest.raises(GeometryError) as info:
        read_series(tmp_path / "enhanced")
    assert info.value.code == "missing-slice"
