from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from dls.errors import StatisticsError
from dls.stats.numeric import as_numbers


@pytest.mark.parametrize(
    "values",
    [
        [1, 2.5, None],
        [True, 2.5, np.nan],
        np.array([Fraction(1), 2.5, pd.NA], dtype=object),
        pd.array([1, 2.5, None], dtype="Float64"),
        pd.Series([1, 2.5, np.nan], index=[7, 7, 9]),
    ],
)
def test_what_is_missing_is_nan(values):
    np.testing.assert_array_equal(as_numbers(values, "values"), [1, 2.5, np.nan])


def test_the_shape_stays():
    assert as_numbers(3, "value").shape == ()
    assert as_numbers(pd.DataFrame([[1, None], [2, 3]], dtype="Int64"), "table").tolist()[1] == [2, 3]


@pytest.mark.parametrize(
    "values", [["a", 1.0], ["0.5"], [1 + 2j], pd.date_range("2020", periods=2), [None, "x"], ["b", None]]
)
def test_what_is_no_number_is_refused(values):
    with pytest.raises(StatisticsError, match="`time` holds a value that is no number"):
        as_numbers(values, "time")
