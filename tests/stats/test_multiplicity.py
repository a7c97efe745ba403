import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dls.errors import StatisticsError
from dls.stats.multiplicity import holm


def test_holm_by_hand():
    # R 4.2.2: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])


def test_nothing_to_adjust():
    assert holm([]).size == 0
    assert holm([0.2]).tolist() == [0.2]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_adjusted_values_keep_the_order_and_lie_between_p_and_bonferroni(pvalues):
    p = np.array(pvalues)
    adjusted = holm(p)
    assert np.all(adjusted >= p)
    assert np.all(adjusted <= np.minimum(1, p * p.size) + 1e-15)
    assert np.all(np.diff(adjusted[np.argsort(p, kind="stable")]) >= 0)


@pytest.mark.parametrize("bad", [-0.1, 1.1, np.nan])
def test_what_is_no_probability_is_refused(bad):
    with pytest.raises(StatisticsError, match="probabilities"):
        holm([0.5, bad])
