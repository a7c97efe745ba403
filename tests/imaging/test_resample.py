import numpy as np
import pytest
from PIL import Image

from dls.errors import GeometryError
from dls.geometry import Geometry
from dls.imaging.resample import frames_to_sequence, onto, resize
from tests.imaging.series import OBLIQUE

RNG = np.random.default_rng(3)
TURNED = Geometry((11, 9, 5), (-23.0, -24.0, 14.0), (1.3, 1.7, 5.1), (0.8, 0.6, 0, -0.6, 0.8, 0, 0, 0, 1))


def trilinear(voxels, source, point):
    """Naive trilinear interpolation at a patient point."""
    index = source.to_index(point)
    low = np.floor(index).astype(int)
    total = 0.0
    for corner in np.ndindex(2, 2, 2):
        place = np.clip(low + corner, 0, np.array(source.size) - 1)
        weight = np.prod(np.where(corner, index - low, 1 - (index - low)))
        total += weight * voxels[place[2], place[1], place[0]]
    return total


class TestOnto:
    def test_onto_itself_nothing_changes(self):
        voxels = RNG.integers(0, 900, OBLIQUE.shape).astype(np.int16)
        np.testing.assert_allclose(onto(voxels, OBLIQUE, OBLIQUE), voxels, atol=1e-3)

    def test_like_a_voxel_by_voxel_interpolation(self):
        voxels = RNG.normal(100, 30, OBLIQUE.shape).astype(np.float32)
        result = onto(voxels, OBLIQUE, TURNED, outside=-7)
        inside = 0
        for k, j, i in np.ndindex(TURNED.shape):
            point = TURNED.to_patient((i, j, k))
            if OBLIQUE.contains(point):
                inside += 1
                assert result[k, j, i] == pytest.approx(trilinear(voxels, OBLIQUE, point), abs=1e-2)
            else:
                assert result[k, j, i] == -7
        assert 0 < inside < result.size

    def test_a_linear_field_in_the_patient_stays_one(self):
        """Intensity = x + 2y - z in mm on one grid is the same on any other."""

        def field(g):
            k, j, i = np.indices(g.shape)
            return (g.to_patient(np.stack([i, j, k], -1)) @ [1, 2, -1]).astype(np.float32)

        small = Geometry((5, 5, 3), (-10.0, -20.0, 25.0), (1.1, 0.9, 3.0), TURNED.direction)
        np.testing.assert_allclose(onto(field(OBLIQUE), OBLIQUE, small), field(small), atol=1e-3)

    def test_nowhere_near(self):
        far = Geometry((3, 3, 2), (0, 0, 900), (1, 1, 1), (1, 0, 0, 0, 1, 0, 0, 0, 1))
        assert (onto(np.ones(OBLIQUE.shape, np.float32), OBLIQUE, far, outside=5) == 5).all()


class TestResize:
    @pytest.mark.parametrize(("n", "size"), [(60, 299), (240, 64), (60, 64), (7, 3), (5, 5)])
    def test_like_pillow(self, n, size):
        image = RNG.random((n, n)).astype(np.float32)
        expected = Image.fromarray(image).resize((size, size), Image.Resampling.BILINEAR)
        np.testing.assert_allclose(resize(image, size), np.asarray(expected), atol=1e-5)

    def test_stacks_and_means(self):
        images = RNG.random((4, 60, 60)).astype(np.float32)
        small = resize(images, 20)
        assert small.shape == (4, 20, 20)
        np.testing.assert_allclose(small[2], resize(images[2], 20), atol=1e-6)
        np.testing.assert_allclose(resize(np.ones((60, 60), np.float32), 299), 1, atol=1e-5)


class TestFramesToSequence:
    FRAMES = tuple(
        Geometry((6, 6, 1), tuple(OBLIQUE.to_patient((4, 3, k))), (2.0, 2.5, 7.0), OBLIQUE.direction)
        for k in (2, 3, 5)
    )

    def test_frames_on_voxels_go_back_to_their_voxels(self):
        maps = RNG.random((3, 6, 6)).astype(np.float32)
        expected = np.zeros(OBLIQUE.shape, np.float32)
        for number, k in enumerate((2, 3, 5)):
            expected[k, 3:9, 4:10] = maps[number]
        np.testing.assert_allclose(frames_to_sequence(maps, self.FRAMES, OBLIQUE), expected, atol=1e-5)

    def test_order_of_frames_does_not_matter(self):
        maps = RNG.random((3, 6, 6)).astype(np.float32)
        np.testing.assert_array_equal(
            frames_to_sequence(maps[::-1], self.FRAMES[::-1], OBLIQUE),
            frames_to_sequence(maps, self.FRAMES, OBLIQUE),
        )

    def test_a_peak_stays_at_its_place_in_the_patient(self):
        fine = Geometry((40, 40, 10), (-30, -30, 0), (1.5, 1.5, 5), (1, 0, 0, 0, 1, 0, 0, 0, 1))
        maps = np.zeros((3, 6, 6), np.float32)
        maps[1, 2, 4] = 1
        found = frames_to_sequence(maps, self.FRAMES, fine)
        k, j, i = np.unravel_index(found.argmax(), found.shape)
        assert np.abs(fine.to_patient((i, j, k)) - OBLIQUE.to_patient((8, 5, 3))).max() < 3.5

    def test_refusals(self):
        with pytest.raises(GeometryError, match="do not fit"):
            frames_to_sequence(np.zeros((2, 6, 6), np.float32), self.FRAMES, OBLIQUE)
        moved = Geometry((6, 6, 1), (0, 0, 0), (2.0, 2.5, 7.0), OBLIQUE.direction)
        with pytest.raises(GeometryError, match="no stack"):
            frames_to_sequence(np.zeros((2, 6, 6), np.float32), (self.FRAMES[0], moved), OBLIQUE)
