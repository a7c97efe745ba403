"""Family-wise adjustment of p values."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dls.errors import StatisticsError


def holm(pvalues: ArrayLike) -> NDArray[np.float64]:
    """Step-down adjusted p values, in the order given.

    Parameters
    ----------
    pvalues : array-like of shape (k,), each in [0, 1]

    Raises
    ------
    StatisticsError
        when a value is not a probability.

    Source: Holm 1979, Scand J Stat 6:65, adjusted as max over j <= i of (k - j + 1) p_(j), at most 1.
    """
    p = np.asarray(pvalues, dtype=np.float64).reshape(-1)
    if not np.all((p >= 0) & (p <= 1)):
        raise StatisticsError(
            "Holm's adjustment needs probabilities",
            expected="values from 0 to 1",
            got=str(p[~((p >= 0) & (p <= 1))][:5].tolist()),
            remedy="adjust only tests that have a defined p value",
        )
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted
