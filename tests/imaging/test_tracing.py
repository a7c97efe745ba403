"""Every mask comes back from its outline, whatever its form."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dls.errors import GeometryError
from dls.imaging.roi import mask
from dls.imaging.tracing import outline_of
from tests.imaging.series import OBLIQUE


@given(arrays(bool, (2, *OBLIQUE.shape[1:]), elements=st.booleans()))
def test_rasterising_the_border_gives_the_mask(slices: np.ndarray) -> None:
    marked = np.zeros(OBLIQUE.shape, bool)
    marked[3:5] = slices
    if marked.any():
        np.testing.assert_array_equal(mask(outline_of(marked, OBLIQUE), OBLIQUE), marked)


def test_a_ring_at_the_edge_of_the_volume_keeps_its_hole() -> None:
    marked = np.zeros(OBLIQUE.shape, bool)
    marked[0] = True
    marked[0, 4:7, 5:9] = False
    outline = outline_of(marked, OBLIQUE)
    assert len(outline.contours) == 2
    np.testing.assert_array_equal(mask(outline, OBLIQUE), marked)


def test_an_empty_mask_and_one_of_another_shape_are_refused() -> None:
    with pytest.raises(GeometryError, match="empty"):
        outline_of(np.zeros(OBLIQUE.shape, bool), OBLIQUE)
    with pytest.raises(GeometryError, match="fill"):
        outline_of(np.ones((1, 2, 3), bool), OBLIQUE)
