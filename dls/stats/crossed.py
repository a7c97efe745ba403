"""Ratings of a fully crossed reader study: every reader reads every case in every modality."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dls.errors import StatisticsError
from dls.stats.numeric import as_numbers
from dls.stats.roc import checked_truth

Incomplete = Literal["refuse", "exclude"]
"""What to do with a case that lacks a reading: refuse the analysis, or leave the case out (it is counted)."""


@dataclass(frozen=True, slots=True)
class CrossedRatings:
    """Ratings (n_modalities, n_readers, n_cases) with their names, and the truth (n_cases,).

    `excluded` are the cases left out because a reading was missing.

    Raises
    ------
    StatisticsError
        when the shapes disagree, a rating is not finite or only one class is present.
    """

    modalities: tuple[str, ...]
    readers: tuple[str, ...]
    cases: tuple[str, ...]
    positive: NDArray[np.bool_]
    rating: NDArray[np.float64]
    excluded: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        checked_truth(self.positive)
        expected = (len(self.modalities), len(self.readers), len(self.cases))
        if self.rating.shape != expected or self.positive.shape != expected[2:]:
            raise StatisticsError(
                "The ratings do not fit their names",
                expected=f"ratings of shape {expected} and {expected[2]} truths",
                got=f"ratings {self.rating.shape} and truths {self.positive.shape}",
                remedy="give one rating for every modality, reader and case",
            )
        if not np.all(np.isfinite(self.rating)):
            raise StatisticsError(
                "A rating is missing or infinite",
                expected="finite ratings",
                got=f"{np.count_nonzero(~np.isfinite(self.rating))} that are not",
                remedy="exclude the cases concerned and report how many",
            )

    @property
    def n_positive(self) -> int:
        """Number of positive cases."""
        return int(np.count_nonzero(self.positive))

    @property
    def n_negative(self) -> int:
        """Number of negative cases."""
        return len(self.cases) - self.n_positive


def crossed_ratings(
    frame: pd.DataFrame,
    *,
    reader: str = "reader",
    modality: str | None = "modality",
    case: str = "case",
    truth: str = "truth",
    rating: str = "rating",
    positive: Hashable = 1,
    incomplete: Incomplete = "refuse",
) -> CrossedRatings:
    """Crossed ratings from a long frame: one row a reading.

    Parameters
    ----------
    frame : one row for every (reader, modality, case); a row without a rating is a missing reading, and so is
        a row that is not there
    reader, modality, case, truth, rating : names of the columns; modality None for a study of one modality
    positive : the value of the truth column that marks a positive case
    incomplete : "exclude" leaves out every case that lacks a reading; "refuse" raises

    Names are sorted (as numbers, where all are), so that the order of rows has no influence.

    Raises
    ------
    StatisticsError
        when a column or a label is missing, a rating is no number, a reading is there twice, a case has two
        truths, the positive value never occurs, or readings are missing (unbalanced or non-overlapping
        readers and cases).
    """
    if incomplete not in ("refuse", "exclude"):
        raise StatisticsError(
            "Unknown treatment of incomplete cases", expected="refuse or exclude", got=repr(incomplete)
        )
    wanted = [reader, case, truth, rating] + ([modality] if modality is not None else [])
    table = _readings(frame, wanted, rating)
    modality_at, modalities = (
        _codes(table[modality]) if modality is not None else (np.zeros(len(table), dtype=np.int64), ["all"])
    )
    reader_at, readers = _codes(table[reader])
    case_at, cases = _codes(table[case])
    positive_case = _truth_of_cases(table[truth], case_at, cases, positive)
    cells = np.full((len(modalities), len(readers), len(cases)), np.nan)
    ratings = as_numbers(table[rating], rating)
    read = ~np.isnan(ratings)
    where = (modality_at[read], reader_at[read], case_at[read])
    _refuse_repeats(np.ravel_multi_index(where, cells.shape))
    cells[where] = ratings[read]
    complete = _complete(cells, int(read.sum()), incomplete)
    return CrossedRatings(
        modalities=tuple(modalities),
        readers=tuple(readers),
        cases=tuple(np.asarray(cases, dtype=object)[complete]),
        positive=positive_case[complete],
        rating=cells[:, :, complete],
        excluded=tuple(np.asarray(cases, dtype=object)[~complete]),
    )


def _readings(frame: pd.DataFrame, wanted: list[str], rating: str) -> pd.DataFrame:
    """The rows that say whose they are, with a rating or without; a rating that does not is refused."""
    absent = [name for name in wanted if name not in frame.columns]
    if absent:
        raise StatisticsError(
            "A column of the reader study is missing",
            expected="columns " + ", ".join(wanted),
            got="columns " + ", ".join(map(str, frame.columns)),
            remedy="rename the columns or say what they are called",
        )
    labels = [name for name in wanted if name != rating]
    table = frame[frame[rating].notna() | frame[labels].notna().all(axis=1)]
    if table[labels].isna().to_numpy().any():
        raise StatisticsError(
            "A reading does not say whose it is",
            expected="a value in " + ", ".join(labels),
            got=f"{int(table[labels].isna().any(axis=1).sum())} rows without one",
            remedy="complete or remove those rows",
        )
    return table


def _refuse_repeats(cell: NDArray[np.int64]) -> None:
    """Refuse two rows of one cell, by the number of each row's cell."""
    doubled = cell.size - np.unique(cell).size
    if doubled:
        raise StatisticsError(
            "A reader has read a case twice in the same modality",
            expected="one row for every reader, modality and case",
            got=f"{doubled} repeated readings",
            remedy="keep the first reading; analyse repeats as intra-reader agreement",
        )


def _complete(cells: NDArray[np.float64], readings: int, incomplete: Incomplete) -> NDArray[np.bool_]:
    """Which cases (n_cases,) have every reading; refuses what `incomplete` does not allow."""
    complete = np.asarray(~np.isnan(cells).any(axis=(0, 1)))
    if incomplete == "refuse" and not complete.all():
        raise StatisticsError(
            "The study is not fully crossed: readings are missing",
            expected=f"{' x '.join(map(str, cells.shape))} readings (modalities, readers, cases)",
            got=f"{readings}, with {np.count_nonzero(~complete)} cases incomplete",
            remedy="leave incomplete cases out (they are counted), or analyse the readers that overlap",
        )
    if not complete.any():
        raise StatisticsError(
            "No case was read by every reader in every modality",
            expected="readers and cases that overlap",
            got=f"{cells.shape[1]} readers and {cells.shape[2]} cases without a common case",
            remedy="leave out a reader without any rating, or compare separate groups with the unpaired test",
        )
    return complete


def _codes(column: pd.Series[Any]) -> tuple[NDArray[np.int64], list[str]]:
    """Position of every row's label (n_rows,) among the sorted labels, and these as text."""
    at, labels = pd.factorize(column, sort=True)
    return at.astype(np.int64), [str(label) for label in labels]


def _truth_of_cases(
    column: pd.Series[Any], case_at: NDArray[np.int64], cases: list[str], positive: Hashable
) -> NDArray[np.bool_]:
    is_positive = (column == positive).to_numpy(dtype=bool)
    if not is_positive.any():
        raise StatisticsError(
            "The positive value never occurs in the truth column",
            expected=f"rows with truth {positive!r}",
            got="values " + ", ".join(map(repr, pd.unique(column)[:8].tolist())),
            remedy="say which value is positive",
        )
    hits = np.bincount(case_at, weights=is_positive, minlength=len(cases))
    rows = np.bincount(case_at, minlength=len(cases))
    torn = np.flatnonzero((hits > 0) & (hits < rows))
    if torn.size:
        raise StatisticsError(
            "A case is positive in one row and negative in another",
            expected="one truth a case",
            got="cases " + ", ".join(cases[k] for k in torn[:5]) + (" ..." if torn.size > 5 else ""),
            remedy="correct the truth, or give different cases different names",
        )
    return hits > 0
