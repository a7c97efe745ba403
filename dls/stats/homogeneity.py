"""Do two raters use the categories equally often?  Tests on a square table of paired classifications.

Stuart-Maxwell and Bhapkar test that the marginals are equal, Bowker that the whole table is symmetric.
McNemar's test without correction is the two-category case of Stuart-Maxwell and of Bowker.

References
----------
Stuart A. Biometrika 1955;42:412-416.
Maxwell AE. Br J Psychiatry 1970;116:651-655.
Bhapkar VP. J Am Stat Assoc 1966;61:228-235.
Keefe TJ. Biometrika 1982;69:683-684 (Bhapkar's statistic from Stuart's).
Bowker AH. J Am Stat Assoc 1948;43:572-574.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components
from scipy.special import chdtrc

from dls.errors import StatisticsError
from dls.stats.ratings import square_table


@dataclass(frozen=True, slots=True)
class ChiSquareResult:
    """A chi-square test.  Without degrees of freedom (no disagreement at all) the p value is 1."""

    statistic: float
    df: int
    pvalue: float
    n: int
    method: str
    reference: str

    @property
    def summary(self) -> pd.DataFrame:
        """One row: statistic, df, p, n, method."""
        return pd.DataFrame(
            {
                "statistic": [self.statistic],
                "df": [self.df],
                "p": [self.pvalue],
                "n": [self.n],
                "method": [self.method],
            }
        )


def stuart_maxwell(table: Any) -> ChiSquareResult:
    """Test of equal marginals with the variance under equality.

    Categories that are linked by no disagreement carry no information about each other: the degrees of
    freedom are the rank of the covariance, the number of categories less the number of groups of
    categories that disagreements join (k - 1 when all are joined).

    Parameters
    ----------
    table : (k, k) counts, one rater in rows, the other in columns

    Raises
    ------
    StatisticsError
        when the table is not square, empty or holds something else than counts.
    """
    counts = square_table(table)
    statistic, df = _marginal_statistic(counts)
    return _result(
        counts,
        statistic,
        df,
        "Stuart-Maxwell test of marginal homogeneity",
        "Stuart, Biometrika 1955;42:412-416; Maxwell, Br J Psychiatry 1970;116:651-655",
    )


def bhapkar(table: Any) -> ChiSquareResult:
    """Wald test of equal marginals, Q / (1 - Q / n) of the Stuart-Maxwell Q (Keefe 1982).

    Raises
    ------
    StatisticsError
        as `stuart_maxwell`, or when every subject moves in the same direction: the variance is then zero.
    """
    counts = square_table(table)
    statistic, df = _marginal_statistic(counts)
    left = 1 - statistic / counts.sum()
    if left < 1e-12:
        raise StatisticsError(
            "Bhapkar's variance is zero",
            got="every subject changes category in the same direction",
            remedy="use the Stuart-Maxwell test",
        )
    return _result(
        counts,
        float(statistic / left),
        df,
        "Bhapkar test of marginal homogeneity",
        "Bhapkar, J Am Stat Assoc 1966;61:228-235; Keefe, Biometrika 1982;69:683-684",
    )


def bowker(table: Any) -> ChiSquareResult:
    """Test of symmetry; a pair of categories without any exchange gives neither a term nor a degree.

    Raises
    ------
    StatisticsError
        as `stuart_maxwell`.
    """
    counts = square_table(table)
    upper = np.triu_indices(len(counts), 1)
    forth, back = counts[upper], counts.T[upper]
    exchanged = forth + back > 0
    terms = (forth - back)[exchanged] ** 2 / (forth + back)[exchanged]
    return _result(
        counts,
        float(terms.sum()),
        int(exchanged.sum()),
        "Bowker test of symmetry",
        "Bowker, J Am Stat Assoc 1948;43:572-574",
    )


def _marginal_statistic(counts: NDArray[np.float64]) -> tuple[float, int]:
    """Quadratic form of the marginal differences and its rank.

    The covariance is the Laplacian of the graph whose edges are the disagreements; within each connected
    part the differences sum to zero and one category is redundant.
    """
    exchanged = counts + counts.T
    covariance = np.diag(exchanged.sum(axis=1)) - exchanged  # what is on the diagonal cancels
    difference = counts.sum(axis=1) - counts.sum(axis=0)
    n_parts, part = connected_components(exchanged > 0, directed=False)
    statistic = 0.0
    for label in range(n_parts):
        members = np.flatnonzero(part == label)[1:]
        if members.size:
            block = covariance[np.ix_(members, members)]
            statistic += float(difference[members] @ np.linalg.solve(block, difference[members]))
    return statistic, len(counts) - n_parts


def _result(
    counts: NDArray[np.float64], statistic: float, df: int, method: str, reference: str
) -> ChiSquareResult:
    pvalue = float(chdtrc(df, statistic)) if df else 1.0
    return ChiSquareResult(statistic, df, pvalue, round(counts.sum()), method, reference)
