"""Numbers of saliency maps, on maps small enough to count by hand."""

import numpy as np
import pytest

from dls.domain import Sequence
from dls.nn.lesion_saliency import lesion_saliency, pointing_game


def test_pointing_game_counts_the_maps_whose_peak_lies_inside():
    maps = np.zeros((3, 2, 2), np.float32)
    maps[0, 0, 1] = maps[1, 1, 1] = 5.0
    inside = np.zeros((3, 2, 2), bool)
    inside[:, 0, :] = True
    assert pointing_game(maps, inside) == pytest.approx(1 / 3)


def test_shares_of_the_lesion_and_of_the_sequences():
    maps = np.zeros((1, 2, 2, 2), np.float32)
    maps[0, :, :, 0] = [[6, 0], [2, 0]]
    maps[0, :, :, 1] = [[0, 0], [0, 4]]
    inside = np.array([[[True, False], [False, False]]])
    found = lesion_saliency((Sequence.T2, Sequence.DWI), maps, inside)
    assert found.area == 0.25
    assert found.energy == {"t2": 0.75, "dwi": 0.0, "all": 0.5}
    assert found.pointing == {"t2": 1.0, "dwi": 0.0, "all": 1.0}
    assert found.share == pytest.approx({"t2": 2 / 3, "dwi": 1 / 3})
    dark = lesion_saliency((Sequence.T2, Sequence.DWI), 0 * maps, inside)
    assert set(dark.energy.values()) | set(dark.pointing.values()) | set(dark.share.values()) == {0.0}
