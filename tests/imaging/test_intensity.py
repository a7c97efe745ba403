import numpy as np
import pytest

from dls.geometry import Geometry
from dls.imaging.intensity import body_range, default_window, normalise
from dls.imaging.volume import Volume

GRID = Geometry((60, 60, 4), (0, 0, 0), (2, 2, 7), (1, 0, 0, 0, 1, 0, 0, 0, 1))


def body(gain=1.0, window=None, dtype=np.int16):
    """Noise of 10 around a body of 100 to 500 with a liver of 200."""
    rng = np.random.default_rng(0)
    voxels = rng.integers(0, 20, GRID.shape).astype(float)
    voxels[:, 10:50, 10:50] = rng.integers(100, 500, (4, 40, 40))
    voxels[:, 15:30, 15:30] = 200
    return Volume((gain * voxels).astype(dtype), GRID, window)


def test_percentiles_are_those_of_the_body():
    scale = body_range(body())
    assert scale.background < 20
    assert 100 <= scale.p1 < 110
    assert scale.p50 > 150
    assert 480 < scale.p99 <= scale.p995 < 500


def test_the_unit_of_the_signal_does_not_matter():
    dim, bright = body(), body(gain=7.3, dtype=np.float32)
    a = normalise(dim.voxels.astype(np.float32), body_range(dim))
    b = normalise(bright.voxels, body_range(bright))
    np.testing.assert_allclose(a, b, atol=2e-2)
    assert a.min() == 0
    assert np.quantile(a[:, 10:50, 10:50], 0.99) == pytest.approx(1, abs=0.03)


def test_normalised_values_are_cut():
    scale = body_range(body())
    assert normalise(np.array([-1e6, 1e6], np.float32), scale).tolist() == [0.0, 2.0]


def test_a_flat_volume_gives_zeros():
    flat = Volume(np.full(GRID.shape, 7, np.int16), GRID)
    assert not normalise(flat.voxels.astype(np.float32), body_range(flat)).any()
    assert default_window(flat)[1] >= 1


def test_the_liver_is_neither_black_nor_white():
    centre, width = default_window(body())
    grey = (200 - (centre - width / 2)) / width
    assert 0.2 < grey < 0.8


@pytest.mark.parametrize(
    ("window", "kept"),
    [
        ((250.0, 450.0), True),
        ((0.0, 0.0), False),
        ((5000.0, 100.0), False),
        ((250.0, 20.0), False),
        ((2000.0, 9000.0), False),
    ],
)
def test_the_scanners_window_where_it_makes_sense(window, kept):
    assert (default_window(body(window=window)) == window) is kept
