import numpy as np
import pandas as pd
import pytest

from dls.errors import StatisticsError
from dls.stats.ratings import MISSING, cross_table, encode, square_table


def test_codes_counts_and_missing_by_hand():
    ratings = encode([["b", "a", None], ["a", "", "a"], [np.nan, pd.NA, None]])
    assert ratings.categories == ("a", "b")
    assert ratings.codes.tolist() == [[1, 0, MISSING], [0, MISSING, 0], [MISSING] * 3]
    assert ratings.counts.tolist() == [[1, 1], [2, 0], [0, 0]]
    assert ratings.n_missing == 5


def test_numbers_sort_as_numbers_and_mixed_values_by_type():
    assert encode([[10, 9], [2, 10]]).categories == (2, 9, 10)
    assert encode(pd.DataFrame({"a": ["x", 3], "b": [1, "x"]})).categories == (1, 3, "x")


def test_given_categories_keep_their_order_and_may_be_unused():
    ratings = encode([["low", "high"]], ["low", "middle", "high"])
    assert ratings.codes.tolist() == [[0, 2]]
    assert ratings.counts.tolist() == [[1, 0, 1]]


def test_cross_table_has_the_first_rater_in_rows():
    assert cross_table([0, 0, 1, 1, None], [0, 1, 1, None, 0]).tolist() == [[1, 1], [0, 1]]


@pytest.mark.parametrize(
    ("ratings", "categories", "message"),
    [
        ([], None, "no ratings"),
        ([[1.0, np.inf]], None, "infinite"),
        ([[1, 2]], [1, 1, 2], "named twice"),
        ([[1, 3]], [1, 2], "not one of the categories"),
    ],
)
def test_what_is_no_rating_is_refused(ratings, categories, message):
    with pytest.raises(StatisticsError, match=message):
        encode(ratings, categories)


def test_tables_are_no_columns():
    with pytest.raises(StatisticsError, match="one-dimensional"):
        cross_table([[1], [2]], [[1], [2]])


def test_columns_of_different_length_are_refused():
    with pytest.raises(StatisticsError, match="2 and 1"):
        cross_table([1, 2], [1])


@pytest.mark.parametrize(
    "table",
    [
        [[1, 2]],
        [[1, -1], [0, 1]],
        [[np.nan, 1], [0, 1]],
        [[None, 1], [0, 1]],
        [[0, 0], [0, 0]],
        [["a", "b"]] * 2,
        [1, 2],
    ],
)
def test_what_is_no_square_table_of_counts_is_refused(table):
    with pytest.raises(StatisticsError):
        square_table(table)
