"""Groups from volumes that are simple functions of the place in the patient, so that every pixel is known."""

import numpy as np
import pytest

from dls.domain import ALL_SEQUENCES, UNENHANCED, Sequence
from dls.errors import GeometryError, InputError
from dls.geometry import Geometry
from dls.imaging.groups import common_grid, image_groups
from dls.imaging.roi import Outline
from dls.imaging.volume import Volume

S = Sequence
ANGLE = np.deg2rad(8)
T2 = Geometry(
    (100, 90, 12),
    (-80.0, -70.0, -40.0),
    (1.4, 1.4, 7.0),
    (1, 0, 0, 0, np.cos(ANGLE), -np.sin(ANGLE), 0, np.sin(ANGLE), np.cos(ANGLE)),
)
OTHER = Geometry((90, 90, 20), (-85.0, -75.0, -45.0), (1.7, 1.7, 5.0), (1, 0, 0, 0, 1, 0, 0, 0, 1))
CENTRE = T2.to_patient((50, 45, 6))


def field(geometry, offset=0.0):
    """Signal falling from the lesion's centre, the same at any point of the patient on any grid."""
    k, j, i = np.indices(geometry.shape)
    distance = np.linalg.norm(geometry.to_patient(np.stack([i, j, k], -1)) - CENTRE, axis=-1)
    return Volume((900 - 6 * distance + offset).astype(np.float32), geometry)


def volumes(geometry=OTHER):
    return {s: field(T2 if s is S.T2 else geometry) for s in S}


def outline(radius=(10.0, 14.0, 10.0), slices=(5, 6, 7)):
    """Circles of the given radii in mm around the centre."""
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    return Outline(
        tuple(
            T2.to_patient(
                np.column_stack([50 + r / 1.4 * np.cos(angle), 45 + r / 1.4 * np.sin(angle), 0 * angle + k])
            )
            for r, k in zip(radius, slices, strict=True)
        )
    )


class TestCommonGrid:
    def test_spacing_and_outer_corner(self):
        grid = common_grid(T2)
        assert grid.spacing == (0.7, 0.7, 7.0)
        assert grid.size == (200, 180, 12)
        np.testing.assert_allclose(
            grid.to_patient((-0.5, -0.5, 0)), T2.to_patient((-0.5, -0.5, 0)), atol=1e-9
        )

    def test_slices_of_another_spacing(self):
        """20 slices of 5 mm: first at 0, last face at 97.5 mm; slices of 7 mm at 0, 7, ..., 91."""
        assert common_grid(OTHER).size[2] == 14


def test_one_group_a_slice_with_all_sequences():
    groups = image_groups(volumes(), outline(), size=60)
    assert groups.pixels.shape == (3, 60, 60, 6)
    assert groups.pixels.dtype == np.float32
    assert groups.sequences == ALL_SEQUENCES
    assert len(groups.frames) == 3
    assert groups.pixels.min() >= 0
    assert groups.pixels.max() < 1


def test_side_is_twice_the_largest_extent():
    """Largest radius 14 mm: extent 28 mm, side 56 mm, within a voxel of T2 on either side."""
    frame = image_groups(volumes(), outline(), size=64).frames[0]
    assert 64 * frame.spacing[0] == pytest.approx(56, abs=2 * 2 * 0.7)


@pytest.mark.parametrize(("radius", "side"), [(3.0, 42.0), (55.0, 168.0)])
def test_side_is_kept_within_limits(radius, side):
    frame = image_groups(volumes(), outline((radius,), (6,)), size=64).frames[0]
    assert 64 * frame.spacing[0] == pytest.approx(side, abs=0.01)


def test_frames_lie_on_the_lesion():
    groups = image_groups(volumes(), outline(), size=64)
    middle = groups.frames[1].to_patient((31.5, 31.5, 0))
    np.testing.assert_allclose(middle, CENTRE, atol=0.8)
    steps = np.diff([f.origin for f in groups.frames], axis=0)
    np.testing.assert_allclose(np.linalg.norm(steps, axis=1), 7, atol=1e-6)


@pytest.mark.parametrize("size", [64, 299])
def test_every_sequence_shows_the_same_place(size):
    """The signal is a function of the place, so each channel equals it at the frame's own pixel centres."""
    groups = image_groups(volumes(), outline(), size)
    frame = groups.frames[0]
    j, i = np.mgrid[4 : size - 4, 4 : size - 4]
    points = frame.to_patient(np.stack([i, j, 0 * i], -1))
    falling = -np.linalg.norm(points - CENTRE, axis=-1)
    for channel in range(6):
        pixels = groups.pixels[0, 4:-4, 4:-4, channel]
        shown = pixels / (1 - pixels)  # signal in body levels
        slope, intercept = np.polyfit(falling.ravel(), shown.ravel(), 1)
        assert slope > 0
        np.testing.assert_allclose(shown, slope * falling + intercept, atol=0.02)
    peak = np.unravel_index(groups.pixels[1, ..., 3].argmax(), (size, size))
    assert np.linalg.norm(groups.frames[1].to_patient((peak[1], peak[0], 0)) - CENTRE) < 3


def test_slices_of_5_mm_make_groups_every_7_mm():
    """Slices of 5 mm at 20 to 40 mm cover 17.5 to 42.5 mm: of 0, 7, ... they meet 21, 28, 35 and 42."""
    angle = np.linspace(0, 2 * np.pi, 30, endpoint=False)
    contours = tuple(
        OTHER.to_patient(np.column_stack([45 + 8 * np.cos(angle), 45 + 8 * np.sin(angle), 0 * angle + k]))
        for k in range(4, 9)
    )
    groups = image_groups({s: field(OTHER) for s in S}, Outline(contours), 32)
    assert [round(f.origin[2] + 45.0, 6) for f in groups.frames] == [21, 28, 35, 42]


def test_a_slice_in_between_without_lesion_makes_no_group():
    groups = image_groups(volumes(), outline((10, 10), (4, 7)), 32)
    gap = np.linalg.norm(np.subtract(groups.frames[1].origin, groups.frames[0].origin))
    assert (len(groups.frames), gap) == (2, pytest.approx(21))


def test_a_lesion_between_the_common_slices_still_makes_a_group():
    thin = Geometry((90, 90, 60), (-85.0, -75.0, -45.0), (1.7, 1.7, 1.5), (1, 0, 0, 0, 1, 0, 0, 0, 1))
    angle = np.linspace(0, 2 * np.pi, 30, endpoint=False)
    contour = thin.to_patient(
        np.column_stack([45 + 5 * np.cos(angle), 45 + 5 * np.sin(angle), 0 * angle + 21])
    )
    groups = image_groups({s: field(thin) for s in S}, Outline((contour,)), 32)  # 31.5 mm: between 28 and 35
    assert len(groups.frames) == 1


def test_at_the_edge_of_the_volume_the_background_is_added():
    edge = Outline((T2.to_patient([(0, 0, 6), (8, 0, 6), (8, 8, 6), (0, 8, 6)]),))
    groups = image_groups({s: field(T2) for s in S}, edge, 64)
    assert groups.pixels.shape == (1, 64, 64, 6)
    assert not groups.pixels[0, :10, :10].any()


def test_the_same_input_gives_the_same_pixels():
    first, second = (image_groups(volumes(), outline(), 32).pixels for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_three_sequences():
    unenhanced = {s: v for s, v in volumes().items() if s in UNENHANCED}
    three = image_groups(unenhanced, outline(), 32, UNENHANCED)
    np.testing.assert_array_equal(three.pixels, image_groups(volumes(), outline(), 32).pixels[..., :3])


def test_refusals():
    with pytest.raises(InputError, match="no Late arterial"):
        image_groups({s: v for s, v in volumes().items() if s is not S.ARTERIAL}, outline(), 32)
    elsewhere = Geometry(OTHER.size, (200.0, 0, 0), OTHER.spacing, OTHER.direction)
    with pytest.raises(GeometryError, match="The lesion lies outside DWI"):
        image_groups(volumes() | {S.DWI: field(elsewhere)}, outline(), 32)
    with pytest.raises(GeometryError, match="outside the volume"):
        image_groups(volumes(), Outline((outline().contours[0] + 500,)), 32)
