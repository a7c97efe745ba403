"""Nominal ratings as integer codes, and their cross table: the input of every agreement statistic."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dls.errors import StatisticsError
from dls.stats.numeric import as_numbers

MISSING = -1


@dataclass(frozen=True, slots=True)
class Ratings:
    """Ratings of subjects by raters.

    Attributes
    ----------
    codes : (n_subjects, n_raters) int array of indices into `categories`; -1 where a rating is missing
    categories : the category values, in the order of the codes
    """

    codes: NDArray[np.intp]
    categories: tuple[Hashable, ...]

    @property
    def counts(self) -> NDArray[np.float64]:
        """(n_subjects, n_categories) number of raters who put a subject into a category."""
        n, k = len(self.codes), len(self.categories)
        subject, rater = np.nonzero(self.codes != MISSING)
        cells = subject * k + self.codes[subject, rater]
        return np.bincount(cells, minlength=n * k).reshape(n, k).astype(float)

    @property
    def n_missing(self) -> int:
        """Number of missing ratings."""
        return int((self.codes == MISSING).sum())


def encode(ratings: Any, categories: Sequence[Hashable] | None = None) -> Ratings:
    """Codes of a table of ratings.

    Parameters
    ----------
    ratings : (n_subjects, n_raters) array or frame; None, NaN, NA and the empty string are missing
    categories : the category values in their order; found in the data and sorted if not given

    Raises
    ------
    StatisticsError
        when the table is not two-dimensional or empty, holds an infinity, or a value outside `categories`.
    """
    values = pd.DataFrame(ratings).to_numpy()
    if values.size == 0:
        raise StatisticsError("There are no ratings", expected="at least one subject and one rater")
    found, distinct = pd.factorize(values.ravel())  # -1 for None, NaN and NA
    present = [value for value in distinct.tolist() if value != ""]
    if any(isinstance(value, float) and np.isinf(value) for value in present):
        raise StatisticsError("A rating is infinite", expected="categories", got="inf")
    named = tuple(_ordered(present) if categories is None else categories)
    index: dict[Hashable, int] = {value: k for k, value in enumerate(named)}
    if len(index) != len(named):
        raise StatisticsError("A category is named twice", got=", ".join(map(str, named)))
    unknown = sorted(str(value) for value in present if value not in index)
    if unknown:
        raise StatisticsError(
            "A rating is not one of the categories",
            expected=", ".join(map(str, named)),
            got=", ".join(unknown),
            remedy="correct the rating or name the category",
        )
    position = np.array([index.get(value, MISSING) for value in distinct.tolist()] + [MISSING], dtype=np.intp)
    return Ratings(position[found].reshape(values.shape), named)


def cross_table(a: Any, b: Any, categories: Sequence[Hashable] | None = None) -> NDArray[np.float64]:
    """Cross table of two raters; subjects that either of them did not rate are left out.

    Parameters
    ----------
    a, b : array-like of shape (n_subjects,)
    categories : the category values in their order; found in the data and sorted if not given

    Returns
    -------
    (k, k) counts, a in rows and b in columns

    Raises
    ------
    StatisticsError
        when the lengths differ, or on what `encode` refuses.
    """
    return table_of(encode_pair(a, b, categories))


def encode_pair(a: Any, b: Any, categories: Sequence[Hashable] | None = None) -> Ratings:
    """Codes of two raters' columns; see `encode`."""
    if max(np.ndim(a), np.ndim(b)) > 1:
        raise StatisticsError(
            "The two raters' columns are not one-dimensional",
            expected="(n_subjects,) twice",
            got=f"{np.shape(a)} and {np.shape(b)}",
        )
    first, second = (pd.Series(column).reset_index(drop=True) for column in (a, b))
    if len(first) != len(second):
        raise StatisticsError(
            "The two raters' columns differ in length",
            expected="one value a subject from each, missing ones as NaN or None",
            got=f"{len(first)} and {len(second)}",
        )
    return encode(pd.DataFrame({"a": first, "b": second}), categories)


def table_of(pair: Ratings) -> NDArray[np.float64]:
    """(k, k) cross table of the first two raters' codes, without subjects that either did not rate."""
    k = len(pair.categories)
    both = (pair.codes[:, :2] != MISSING).all(axis=1)
    first, second = pair.codes[both, 0], pair.codes[both, 1]
    return np.bincount(first * k + second, minlength=k * k).reshape(k, k).astype(float)


def square_table(table: Any) -> NDArray[np.float64]:
    """A square table of counts, checked.

    Raises
    ------
    StatisticsError
        when it is not square, or an entry is negative, not finite or no number, or all are zero.
    """
    counts = as_numbers(table, "table")
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        raise StatisticsError("The table is not square", expected="(k, k) counts", got=str(counts.shape))
    if not np.isfinite(counts).all() or (counts < 0).any():
        raise StatisticsError("The table holds an entry that is no count", expected="finite, at least zero")
    if counts.sum() == 0:
        raise StatisticsError("No subject was rated by both raters", expected="at least one", got="0")
    return counts


def _ordered(values: Iterable[Any]) -> list[Any]:
    distinct = set(values)
    try:
        return sorted(distinct)
    except TypeError:
        return sorted(distinct, key=lambda v: (type(v).__name__, str(v)))
