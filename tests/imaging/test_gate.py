"""Each defect of a series is refused, with its own reason, before pixels are read."""

import shutil

import numpy as np
import pytest

from dls.domain import Sequence
from dls.errors import GeometryError, InputError
from dls.geometry import Geometry
from dls.imaging.gate import check, in_order
from dls.imaging.headers import read_header, read_headers
from tests.imaging.series import OBLIQUE, change, write_sequence


def gate(paths):
    return check([read_header(p) for p in paths])


def test_written_geometry_comes_back_whatever_the_order_of_files(series):
    geometry = gate(series[::-1])
    assert geometry.size == OBLIQUE.size
    np.testing.assert_allclose(geometry.origin, OBLIQUE.origin, atol=1e-9)
    np.testing.assert_allclose(geometry.spacing, OBLIQUE.spacing, atol=1e-9)
    np.testing.assert_allclose(geometry.direction, OBLIQUE.direction, atol=1e-9)


def test_slices_descending_along_the_normal_are_turned_round(tmp_path):
    """Stored from head to feet: the volume still ascends along row x column, from the last slice written."""
    cosines = OBLIQUE.cosines * [1, 1, -1]
    downwards = Geometry(OBLIQUE.size, OBLIQUE.origin, OBLIQUE.spacing, tuple(cosines.ravel()))
    paths = write_sequence(tmp_path, Sequence.T2, downwards)
    geometry = gate(paths)
    np.testing.assert_allclose(geometry.origin, downwards.to_patient((0, 0, 7)), atol=1e-9)
    np.testing.assert_allclose(np.linalg.det(geometry.cosines), 1)
    assert [h.path for h in in_order([read_header(p) for p in paths])] == paths[::-1]


def test_spacing_comes_from_positions_not_from_tags(series):
    for path in series:
        change(path, SliceThickness="5", SpacingBetweenSlices="2")
    assert gate(series).spacing[2] == pytest.approx(7.0, abs=1e-9)


@pytest.mark.parametrize("removed", [1, 4, 6])
def test_a_missing_slice_is_named(series, removed):
    series.pop(removed)
    with pytest.raises(
        GeometryError, match=r"A slice is missing.*a slice every 7\.00 mm.* gap of 14\.00 mm"
    ) as info:
        gate(series)
    assert f"image {removed} " in str(info.value)
    assert f"image {removed + 2} " in str(info.value)


def test_two_missing_slices_are_counted(series):
    del series[3:5]
    with pytest.raises(GeometryError, match=r"2 slices are missing.* 21\.00 mm"):
        gate(series)


def test_a_duplicated_slice_is_named(series, tmp_path):
    copy = tmp_path / "copy.dcm"
    shutil.copy(series[2], copy)
    with pytest.raises(GeometryError, match=r"Two slices lie at the same position.*copy\.dcm"):
        gate([*series, copy])


def test_uneven_gaps(series):
    change(series[-1], ImagePositionPatient=list(OBLIQUE.to_patient((0, 0, 7.4))))
    with pytest.raises(GeometryError, match=r"not evenly spaced.*7\.00 mm throughout.*9\.80 mm"):
        gate(series)


def test_gaps_within_rounding_are_accepted(series):
    for k, path in enumerate(series):
        change(path, ImagePositionPatient=[round(x, 1) for x in OBLIQUE.to_patient((0, 0, k))])
    assert gate(series).spacing[2] == pytest.approx(7.0, abs=0.02)


def test_mixed_orientation(series):
    change(series[3], ImageOrientationPatient=[1, 0, 0, 0, 0, -1])
    with pytest.raises(GeometryError, match=r"mixes orientations.*own"):
        gate(series)


def test_rotating_projections(series):
    """Rotating maximum intensity projections: each image has a plane of its own."""
    for k, path in enumerate(series):
        angle = np.deg2rad(6 * k)
        change(path, ImageOrientationPatient=[np.cos(angle), np.sin(angle), 0, 0, 0, -1])
    with pytest.raises(GeometryError, match="a plane of its own: rotating"):
        gate(series)


def test_several_b_values(tmp_path):
    low = write_sequence(tmp_path, Sequence.DWI, DiffusionBValue=0.0)
    high = write_sequence(tmp_path, Sequence.DWI, DiffusionBValue=800.0)
    with pytest.raises(GeometryError, match=r"Several b-values are in one stack.*b = 0, 800 s/mm²"):
        gate([*low, *high])


def test_several_phases_in_one_stack_are_explained(tmp_path):
    first = write_sequence(tmp_path, Sequence.PORTAL, AcquisitionTime="100100")
    second = write_sequence(tmp_path, Sequence.PORTAL, AcquisitionTime="100300")
    with pytest.raises(GeometryError, match=r"same position.*acquisition times differ"):
        gate([*first, *second])


def test_a_tilted_stack(series):
    for k, path in enumerate(series):
        sheared = OBLIQUE.to_patient((0, 0, k)) + np.array([0, 0.7 * k, 0])
        change(path, ImagePositionPatient=list(sheared))
    with pytest.raises(GeometryError, match=r"tilted \(sheared\).*below 2\.6 degrees.*5\.\d degrees"):
        gate(series)


def test_a_slice_shifted_sideways(series):
    change(series[3], ImagePositionPatient=list(OBLIQUE.to_patient((2, 0, 3))))
    with pytest.raises(GeometryError, match=r"shifted sideways.*4\.0 mm between slices 3 and 4"):
        gate(series)


@pytest.mark.parametrize("keyword", ["ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"])
def test_missing_geometry(series, keyword):
    change(series[5], **{keyword: None})
    with pytest.raises(GeometryError, match=r"has no geometry.*1 of 8 files"):
        gate(series)


@pytest.mark.parametrize("orientation", [[1, 0, 0, 0.5, 0.5, 0], [0, 0, 0, 0, 0, 0], [1, 0, 0, 1, 0, 0]])
def test_an_orientation_that_is_none(series, orientation):
    for path in series:
        change(path, ImageOrientationPatient=orientation)
    with pytest.raises(GeometryError, match="not two perpendicular unit vectors"):
        gate(series)


def test_differing_matrix(series):
    change(series[0], Rows=10, Columns=16, PixelData=bytes(320))
    with pytest.raises(GeometryError, match=r"differ in rows or columns.*10x16, 12x16"):
        gate(series)


def test_differing_pixel_spacing(series):
    change(series[0], PixelSpacing=["2.5", "2.1"])
    with pytest.raises(GeometryError, match="differ in pixel spacing"):
        gate(series)


def test_mosaic(series):
    for path in series:
        change(path, ImageType=["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"])
    with pytest.raises(GeometryError, match="mosaic"):
        gate(series)


def test_several_frames_in_a_file(series):
    change(series[0], NumberOfFrames=2, PixelData=bytes(768))
    with pytest.raises(GeometryError, match=r"several frames.*2 frames"):
        gate(series)


def test_one_slice_is_no_volume(series):
    with pytest.raises(GeometryError, match="One slice is no volume"):
        gate(series[:1])


def test_nothing_is_no_volume():
    with pytest.raises(InputError, match="no slices"):
        check([])


def test_another_modality(series):
    change(series[0], Modality="CT")
    with pytest.raises(InputError, match=r"not MR.*CT"):
        gate(series)


def test_colour(series):
    change(
        series[0],
        SamplesPerPixel=3,
        PhotometricInterpretation="RGB",
        PixelData=bytes(1152),
        PlanarConfiguration=0,
    )
    with pytest.raises(InputError, match="in colour"):
        gate(series)


class TestRealSeries:
    """GE oblique fast spin echo: Slice Thickness 5 mm, Spacing Between Slices 2 mm, by position 7.0 mm."""

    @pytest.fixture
    def headers(self, real_data):
        return list(read_headers(real_data / "volume"))

    def test_geometry(self, headers):
        geometry = check(headers)
        assert geometry.size == (256, 256, 20)
        assert geometry.spacing == pytest.approx((0.859375, 0.859375, 7.0), abs=1e-3)
        assert geometry.origin == (-110.5, -78.3063, -72.7575)
        np.testing.assert_allclose(geometry.cosines[:, 2], [0, -0.134158, 0.990960], atol=1e-6)

    @pytest.mark.parametrize("removed", [1, 9, 18])
    def test_a_slice_removed(self, headers, removed):
        del headers[removed]
        with pytest.raises(
            GeometryError, match=r"A slice is missing.*a slice every (6\.9|7\.0)\d mm.*gap of 1[34]\.\d"
        ):
            check(headers)

    @pytest.mark.parametrize("doubled", [0, 9, 19])
    def test_a_slice_duplicated(self, headers, doubled):
        with pytest.raises(GeometryError, match="Two slices lie at the same position"):
            check([*headers, headers[doubled]])
