"""A model against the mean of the readers: the test that takes the place of McNemar's for an average."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dls.analysis.system import System
from dls.errors import StatisticsError
from dls.stats.crossed import CrossedRatings
from dls.stats.standalone import StandaloneResult, standalone


def against_mean(ratings: dict[System, pd.Series], model: System, positive: pd.Series) -> StandaloneResult:
    """One-treatment Obuchowski-Rockette analysis, in the cases that all of them rated.

    Of calls (0 and 1) the area under the ROC curve is (sensitivity + specificity) / 2.

    Parameters
    ----------
    ratings : by system; a series by case, larger for positive
    positive : by case

    Raises
    ------
    StatisticsError
        when nobody else rated, no case is common to all, or as `standalone`.
    """
    if len(ratings) < 2:
        raise StatisticsError("There is no reader to compare with")
    table = pd.DataFrame({s.name: r for s, r in ratings.items()}).dropna()
    if table.empty:
        raise StatisticsError("No case was rated by everybody")
    crossed = CrossedRatings(
        modalities=("all",),
        readers=tuple(table.columns),
        cases=tuple(str(i) for i in table.index),
        positive=positive.loc[table.index].to_numpy(bool),
        rating=table.to_numpy(float).T[np.newaxis],
        excluded=tuple(str(i) for i in positive.index.difference(table.index)),
    )
    return standalone(crossed, model.name)
