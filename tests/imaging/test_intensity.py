import numpy as np
import pytest

from dls.geometry import Geometry
from dls.imaging.intensity import BodyLevel, body_level, default_window, normalise
from dls.imaging.volume import Volume

GRID = Geometry((60, 60, 4), (0, 0, 0), (2, 2, 7), (1, 0, 0, 0, 1, 0, 0, 0, 1))


def body(gain=1.0, window=None, dtype=np.int16):
    """Noise of 10 around a body of 100 to 500 with a liver of 200."""
    rng = np.random.default_rng(0)
    voxels = rng.integers(0, 20, GRID.shape).astype(float)
    voxels[:, 10:50, 10:50] = rng.integers(100, 500, (4, 40, 40))
    voxels[:, 15:30, 15:30] = 200
    return Volume((gain * voxels).astype(dtype), GRID, window)


def test_levels_are_those_of_the_body():
    """Body 100 to 499, of which 14 % liver at 200: the upper quartile is near 385."""
    level = body_level(body())
    assert level.background < 5
    assert level.background + level.body == pytest.approx(385, abs=6)


def test_the_unit_of_the_signal_does_not_matter():
    dim, bright = body(), body(gain=7.3, dtype=np.float32)
    a = normalise(dim.voxels.astype(np.float32), body_level(dim))
    b = normalise(bright.voxels, body_level(bright))
    np.testing.assert_allclose(a, b, atol=1e-3)


def test_normalised_values_counted_by_hand():
    level = BodyLevel(background=20.0, body=200.0, bright=900.0)
    values = np.array([-50, 20, 120, 220, 1220], np.float32)
    np.testing.assert_allclose(normalise(values, level), [0, 0, 1 / 3, 1 / 2, 6 / 7], rtol=1e-6)


def test_a_flat_volume_gives_zeros():
    flat = Volume(np.full(GRID.shape, 7, np.int16), GRID)
    assert not normalise(flat.voxels.astype(np.float32), body_level(flat)).any()
    assert default_window(flat) == (7.9, 1.8)


def test_bright_fluid_does_not_change_the_level():
    wet = body()
    voxels = wet.voxels.copy()
    voxels[:, 40:45, 40:45] = 4000
    assert body_level(Volume(voxels, GRID)).body == pytest.approx(body_level(wet).body, rel=0.05)


def test_the_liver_is_neither_black_nor_white():
    centre, width = default_window(body())
    grey = (200 - (centre - width / 2)) / width
    assert 0.2 < grey < 0.6


@pytest.mark.parametrize(
    ("window", "kept"),
    [
        ((400.0, 800.0), True),
        ((0.0, 0.0), False),
        ((5000.0, 1000.0), False),
        ((400.0, 20.0), False),
        ((2000.0, 9000.0), False),
    ],
)
def test_the_scanners_window_where_it_makes_sense(window, kept):
    assert (default_window(body(window=window)) == window) is kept
