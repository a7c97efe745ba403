import numpy as np
import pytest

from dls.errors import GeometryError
from dls.imaging.volume import Volume
from tests.imaging.series import OBLIQUE


def test_voxels_must_fill_the_grid():
    with pytest.raises(GeometryError, match=r"\(8, 12, 16\).*\(8, 16, 12\)"):
        Volume(np.zeros((8, 16, 12), np.int16), OBLIQUE)


def test_voxels_must_be_of_a_known_type():
    with pytest.raises(GeometryError, match=r"int16 or float32.*float64"):
        Volume(np.zeros(OBLIQUE.shape), OBLIQUE)
