"""Coordinates are counted by hand; a naive mapping is the oracle for the one in use."""

import json

import numpy as np
import pytest

from dls.errors import GeometryError
from dls.geometry import Geometry
from dls.imaging.roi import Outline, carry, mask, propagate
from tests.imaging.series import OBLIQUE

AXIAL = Geometry((10, 8, 4), (100.0, -50.0, 20.0), (2.0, 3.0, 7.0), (1, 0, 0, 0, 1, 0, 0, 0, 1))


def outline_on(geometry: Geometry, *contours) -> Outline:
    """Outline from contours in voxel indices (i, j, k)."""
    return Outline(tuple(geometry.to_patient(np.array(c, dtype=float)) for c in contours))


def rectangle(i0, i1, j0, j1, k):
    return [(i0, j0, k), (i1, j0, k), (i1, j1, k), (i0, j1, k)]


def circle(centre, radius, k, n=40):
    angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
    return np.column_stack(
        [centre[0] + radius * np.cos(angle), centre[1] + radius * np.sin(angle), 0 * angle + k]
    )


class TestMask:
    def test_rectangle_in_millimetres(self):
        """Points (103, -48.5) to (109, -42.5) mm on z = 34 mm enclose the centres i 2-4 (104, 106, 108 mm),
        j 1-2 (-47, -44 mm) of slice 2.
        """
        points = [(103, -48.5, 34), (109, -48.5, 34), (109, -42.5, 34), (103, -42.5, 34)]
        marked = mask(Outline((np.array(points, dtype=float),)), AXIAL)
        assert sorted(map(tuple, np.argwhere(marked))) == [(2, j, i) for j in (1, 2) for i in (2, 3, 4)]

    @pytest.mark.parametrize("geometry", [AXIAL, OBLIQUE])
    @pytest.mark.parametrize("reverse", [False, True])
    def test_direction_of_drawing_and_obliquity_do_not_matter(self, geometry, reverse):
        points = rectangle(1.5, 4.5, 2.5, 5.5, 3)
        marked = mask(outline_on(geometry, points[::-1] if reverse else points), geometry)
        expected = np.zeros(geometry.shape, bool)
        expected[3, 3:6, 2:5] = True
        np.testing.assert_array_equal(marked, expected)

    def test_area_of_a_circle(self):
        grid = Geometry((200, 200, 2), (0, 0, 0), (0.5, 0.5, 7), (1, 0, 0, 0, 1, 0, 0, 0, 1))
        marked = mask(outline_on(grid, circle((100, 100), 60, 1, 400)), grid)
        assert marked.sum() == pytest.approx(np.pi * 60**2, rel=0.005)
        assert not marked[0].any()

    def test_a_contour_inside_another_is_a_hole(self):
        outer, inner = rectangle(0.5, 8.5, 0.5, 6.5, 1), rectangle(2.5, 4.5, 2.5, 4.5, 1)
        assert mask(outline_on(AXIAL, outer, inner), AXIAL).sum() == 8 * 6 - 2 * 2

    def test_two_contours_on_one_slice(self):
        marked = mask(
            outline_on(AXIAL, rectangle(0.5, 2.5, 0.5, 2.5, 1), rectangle(5.5, 7.5, 0.5, 2.5, 1)), AXIAL
        )
        assert marked.sum() == 8

    def test_a_lesion_smaller_than_a_voxel_marks_one(self):
        marked = mask(outline_on(AXIAL, rectangle(3.1, 3.4, 2.6, 2.9, 2)), AXIAL)
        assert np.argwhere(marked).tolist() == [[2, 3, 3]]

    def test_up_to_the_outer_face_is_inside(self):
        assert mask(outline_on(AXIAL, rectangle(-0.5, 9.5, -0.5, 7.5, 0)), AXIAL)[0].all()


class TestRefusals:
    @pytest.mark.parametrize(
        "points",
        [
            rectangle(-0.6, 3, 1, 3, 1),
            rectangle(1, 9.6, 1, 3, 1),
            rectangle(1, 3, 1, 8, 1),
            rectangle(1, 3, 1, 3, 4),
        ],
    )
    def test_outside_the_volume(self, points):
        with pytest.raises(
            GeometryError, match=r"outside the volume.*x 99 to 119 mm, y -52 to -28 mm, z 16 to 44 mm"
        ):
            outline_on(AXIAL, points).validate(AXIAL)

    def test_on_two_slices(self):
        with pytest.raises(
            GeometryError, match=r"does not stay on one slice.*contour 1 from slice 1\.0 to 2\.0"
        ):
            outline_on(AXIAL, [(1, 1, 1), (3, 1, 1), (3, 3, 2)]).validate(AXIAL)

    @pytest.mark.parametrize(
        "contours",
        [
            [],
            [[]],
            [[(1, 2, 3), (4, 5, 6)]],
            [[(1, 2), (3, 4), (5, 6)]],
            [[(1, 2, 3), (4, 5, 6), (7, 8, np.nan)]],
        ],
    )
    def test_no_polygon(self, contours):
        with pytest.raises(GeometryError, match=r"not a polygon|is empty"):
            Outline.of(contours)

    @pytest.mark.parametrize("contours", [["abc"], [[(1, 2, 3), (4, 5)]], [{"x": 1}]])
    def test_no_points(self, contours):
        with pytest.raises(GeometryError, match=r"does not hold points|not a polygon"):
            Outline.of(contours)


def test_json_keeps_every_digit():
    outline = outline_on(OBLIQUE, circle((7, 6), 3.3, 2), circle((7, 6), 2.1, 3))
    back = Outline.of(json.loads(json.dumps(outline.to_lists())))
    assert all((a == b).all() for a, b in zip(outline.contours, back.contours, strict=True))


class TestPropagate:
    def test_onto_itself_it_is_the_mask(self):
        outline = outline_on(OBLIQUE, circle((7, 6), 3.3, 2), circle((7, 6), 2.1, 3))
        np.testing.assert_array_equal(propagate(outline, OBLIQUE, OBLIQUE), mask(outline, OBLIQUE))

    @pytest.mark.parametrize("degrees", [0, 7.7, -25, 90])
    def test_like_a_voxel_by_voxel_mapping(self, degrees):
        angle = np.deg2rad(degrees)
        turned = Geometry(
            (20, 18, 12),
            (-28, -36, -8),
            (1.7, 1.9, 4.4),
            (np.cos(angle), -np.sin(angle), 0, np.sin(angle), np.cos(angle), 0, 0, 0, 1),
        )
        if degrees == 90:
            turned = Geometry(turned.size, (12, -36, -8), turned.spacing, turned.direction)
        outline = outline_on(OBLIQUE, circle((7, 6), 4, 2), circle((7, 6), 3, 3))
        marked = mask(outline, OBLIQUE)
        expected = np.zeros(turned.shape, bool)
        for k, j, i in np.ndindex(turned.shape):
            x, y, z = np.rint(OBLIQUE.to_index(turned.to_patient((i, j, k)))).astype(int)
            inside = 0 <= x < OBLIQUE.size[0] and 0 <= y < OBLIQUE.size[1] and 0 <= z < OBLIQUE.size[2]
            expected[k, j, i] = inside and marked[z, y, x]
        assert expected.any()
        np.testing.assert_array_equal(propagate(outline, OBLIQUE, turned), expected)

    def test_direction_cosines_are_used(self):
        """On a grid tilted by 7.7 degrees, origin and spacing alone put a lesion 100 mm away 13 mm off."""
        angle = np.deg2rad(7.7)
        tilted = Geometry(
            (60, 60, 20),
            (-60, -60, -70),
            (2, 2, 7),
            (1, 0, 0, 0, np.cos(angle), -np.sin(angle), 0, np.sin(angle), np.cos(angle)),
        )
        straight = Geometry((60, 60, 20), (-60, -60, -70), (2, 2, 7), (1, 0, 0, 0, 1, 0, 0, 0, 1))
        carried = propagate(outline_on(tilted, circle((30, 50), 4, 10)), tilted, straight)
        centre = straight.to_patient(np.argwhere(carried)[:, ::-1].mean(axis=0))
        expected = tilted.to_patient((30, 50, 10))
        assert np.linalg.norm(centre - expected) < 3.5  # within half a slice
        assert np.linalg.norm(expected - straight.to_patient((30, 50, 10))) > 13

    def test_outside_the_target(self):
        elsewhere = Geometry(AXIAL.size, (500, 0, 0), AXIAL.spacing, AXIAL.direction)
        with pytest.raises(GeometryError, match="outside a sequence"):
            propagate(outline_on(AXIAL, rectangle(1, 3, 1, 3, 1)), AXIAL, elsewhere)

    def test_nothing_marked_carries_nothing(self):
        assert not carry(np.zeros(AXIAL.shape, bool), AXIAL, OBLIQUE).any()
