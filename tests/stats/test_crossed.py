import numpy as np
import pandas as pd
import pytest

from dls.errors import StatisticsError
from dls.stats.crossed import CrossedRatings, crossed_ratings
from tests.stats.reference import vandyke


def readings():
    """2 readers x 2 modalities x 3 cases, rating = 100 modality + 10 reader + case."""
    rows = [
        {"reader": r, "modality": m, "case": c, "truth": int(c > 1), "rating": 100 * m + 10 * r + c}
        for m in (1, 2)
        for r in (1, 2)
        for c in (1, 2, 3)
    ]
    return pd.DataFrame(rows)


def test_cells_are_put_in_place_whatever_the_order_of_rows():
    crossed = crossed_ratings(readings().sample(frac=1, random_state=3))
    assert crossed.modalities == ("1", "2")
    assert crossed.cases == ("1", "2", "3")
    assert crossed.rating[1, 0].tolist() == [211, 212, 213]
    assert crossed.positive.tolist() == [False, True, True]
    assert (crossed.n_positive, crossed.n_negative) == (2, 1)


def test_numbers_sort_as_numbers():
    frame = readings()
    frame["reader"] = frame["reader"].map({1: 10, 2: 9})
    assert crossed_ratings(frame).readers == ("9", "10")


def test_vandyke():
    crossed = crossed_ratings(vandyke(), modality="treatment")
    assert crossed.rating.shape == (2, 5, 114)
    assert (crossed.n_positive, crossed.n_negative) == (45, 69)


def test_one_modality_needs_no_column():
    crossed = crossed_ratings(readings().query("modality == 2").drop(columns="modality"), modality=None)
    assert crossed.rating.shape == (1, 2, 3)


def test_a_missing_reading_is_refused_or_its_case_left_out_and_named():
    frame = readings().drop(index=[5])
    with pytest.raises(StatisticsError, match=r"not fully crossed.*1 cases incomplete"):
        crossed_ratings(frame)
    assert crossed_ratings(frame, incomplete="exclude").excluded == ("3",)
    empty = readings().astype({"rating": float})
    empty.loc[5, "rating"] = np.nan
    assert crossed_ratings(empty, incomplete="exclude").excluded == ("3",)


def test_a_case_without_any_rating_is_missing_and_not_forgotten():
    frame = readings().astype({"rating": float})
    frame.loc[frame["case"] == 3, "rating"] = np.nan
    with pytest.raises(StatisticsError, match=r"not fully crossed.*1 cases incomplete"):
        crossed_ratings(frame)
    crossed = crossed_ratings(frame, incomplete="exclude")
    assert (crossed.cases, crossed.excluded) == (("1", "2"), ("3",))


@pytest.mark.parametrize("column", ["reader", "modality"])
def test_a_reader_or_modality_without_any_rating_is_not_forgotten(column):
    frame = readings().astype({"rating": float})
    frame.loc[frame[column] == 2, "rating"] = np.nan
    with pytest.raises(StatisticsError, match="not fully crossed"):
        crossed_ratings(frame)
    with pytest.raises(StatisticsError, match="without any rating"):
        crossed_ratings(frame, incomplete="exclude")


def test_an_empty_row_is_no_reading():
    frame = readings().astype({"rating": "Float64"})
    assert crossed_ratings(pd.concat([frame, frame.iloc[[0]].assign(rating=pd.NA)])).rating[0, 0, 0] == 111
    empty = pd.DataFrame([dict.fromkeys(frame.columns)])
    assert crossed_ratings(pd.concat([frame.astype(object), empty])).cases == ("1", "2", "3")


def test_readers_without_a_common_case():
    frame = readings()
    frame = frame[(frame["reader"] == 1) == (frame["case"] == 1)]
    with pytest.raises(StatisticsError, match="read by every reader"):
        crossed_ratings(frame, incomplete="exclude")


def broken(change):
    frame = readings().astype({"truth": float, "rating": float})
    return change(frame)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.drop(columns="case"), "column .* missing"),
        (lambda f: pd.concat([f, f.iloc[[0]]]), "read a case twice"),
        (lambda f: f.assign(truth=[1.0, *f["truth"][1:]]), "positive in one row"),
        (lambda f: f.assign(truth=0.0), "positive value never occurs"),
        (lambda f: f.assign(truth=1.0), "both classes"),
        (lambda f: f.assign(truth=[np.nan, *f["truth"][1:]]), "does not say whose"),
        (lambda f: f.assign(rating=[np.inf, *f["rating"][1:]]), "infinite"),
        (lambda f: f.assign(rating=["likely", *f["rating"][1:]]), "`rating` holds a value that is no number"),
    ],
)
def test_what_is_wrong_is_named(change, message):
    with pytest.raises(StatisticsError, match=message):
        crossed_ratings(broken(change))


def test_incomplete_cases_are_refused_or_excluded():
    with pytest.raises(StatisticsError, match="refuse or exclude"):
        crossed_ratings(readings(), incomplete="impute")


def test_ratings_must_fit_their_names():
    with pytest.raises(StatisticsError, match="fit their names"):
        CrossedRatings(("a",), ("r",), ("1", "2"), np.array([True, False]), np.zeros((1, 2, 2)))
