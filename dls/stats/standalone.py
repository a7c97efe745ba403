"""A standalone model against the average of readers, by the one-treatment Obuchowski-Rockette analysis.

The model's score is one fixed column, the readers are a sample: psi_j = area of reader j - area of the model
is treated as one modality, whose mean over readers is tested against zero.

References
----------
Hillis, Obuchowski, Schartz & Berbaum 2005, Stat Med 24:1579, equation 23, and Hillis 2014, Stat Med 33:330:
the mean of random readers in one modality.
Hupse et al. 2013, Eur Radiol 23:93: a standalone program against radiologists.
Chakraborty 2017, Observer Performance Methods, chapter 22: 1T-RRRC and 1T-RRFC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dls.errors import StatisticsError
from dls.stats.area_covariance import COVARIANCE_SOURCES, CovarianceMethod, area_covariance
from dls.stats.crossed import CrossedRatings
from dls.stats.interval import ConfidenceInterval
from dls.stats.mrmc import GENERALISES_TO, NO_VARIANCE, mean_area_variance, undefined_with
from dls.stats.proportions import check_level
from dls.stats.student import quantile, two_sided

ONE_TREATMENT = "Hillis 2014, Stat Med 33:330; Chakraborty 2017, Observer Performance Methods, chapter 22"


@dataclass(frozen=True, slots=True)
class StandaloneAnalysis:
    """Test of readers' mean - model for one choice of what is random; `df` is infinite for a z test."""

    name: str
    difference: float
    standard_error: float
    statistic: float
    df: float
    pvalue: float
    interval: ConfidenceInterval

    @property
    def generalises_to(self) -> str:
        """What the conclusion extends to, in words."""
        return GENERALISES_TO[self.name]


@dataclass(frozen=True, slots=True)
class StandaloneResult:
    """A model against the mean of readers: difference = mean of the readers - model.

    `reader_auc` is (n_readers,).  `analyses` holds RRRC, FRRC and RRFC as far as they are defined;
    `undefined` says of the others why they are not.
    """

    model: str
    readers: tuple[str, ...]
    n_positive: int
    n_negative: int
    n_excluded: int
    model_auc: float
    reader_auc: NDArray[np.float64]
    reader_mean_auc: float
    difference: float
    ms_reader: float
    var: float
    cov2: float
    covariance: CovarianceMethod
    analyses: Mapping[str, StandaloneAnalysis]
    undefined: Mapping[str, str]
    confidence_level: float
    method: str
    reference: str

    @property
    def summary(self) -> pd.DataFrame:
        """One row an analysis: difference, se, low, high, t, df, p."""
        rows = [
            {
                "analysis": a.name,
                "difference": a.difference,
                "se": a.standard_error,
                "low": a.interval.low,
                "high": a.interval.high,
                "t": a.statistic,
                "df": a.df,
                "p": a.pvalue,
            }
            for a in self.analyses.values()
        ]
        return pd.DataFrame(rows)


def standalone(
    ratings: CrossedRatings,
    model: str,
    covariance: CovarianceMethod = "jackknife",
    confidence_level: float = 0.95,
) -> StandaloneResult:
    """Compare a model, named among the readers of one modality, with the mean of the others.

    Parameters
    ----------
    ratings : of one modality; larger ratings speak for a positive case.  The scales may differ, since only
        the order within a reader counts.
    model : the name of the model among `ratings.readers`

    Raises
    ------
    StatisticsError
        when there is more than one modality, the model is not among the readers or is alone, or a class has
        fewer than two cases.
    """
    level = check_level(confidence_level)
    _check(ratings, model)
    areas, spread = area_covariance(ratings.positive, ratings.rating[0].T, covariance)
    at = ratings.readers.index(model)
    others = np.arange(areas.size) != at
    psi = areas[others] - areas[at]
    contrast = np.eye(areas.size)[others]
    contrast[:, at] = -1.0
    spread_psi = contrast @ spread @ contrast.T
    r = psi.size
    analyses, undefined = _analyses(psi, spread_psi, level)
    return StandaloneResult(
        model=model,
        readers=tuple(name for name in ratings.readers if name != model),
        n_positive=ratings.n_positive,
        n_negative=ratings.n_negative,
        n_excluded=len(ratings.excluded),
        model_auc=float(areas[at]),
        reader_auc=areas[others],
        reader_mean_auc=float(areas[others].mean()),
        difference=float(psi.mean()),
        ms_reader=float(psi.var(ddof=1)) if r > 1 else 0.0,
        var=float(np.diag(spread_psi).mean()),
        cov2=float(spread_psi[~np.eye(r, dtype=bool)].mean()) if r > 1 else 0.0,
        covariance=covariance,
        analyses=MappingProxyType(analyses),
        undefined=MappingProxyType(undefined),
        confidence_level=level,
        method=f"{covariance} covariance, Hillis degrees of freedom, Cov2 truncated at zero",
        reference=f"{ONE_TREATMENT}; {COVARIANCE_SOURCES[covariance]}",
    )


def _check(ratings: CrossedRatings, model: str) -> None:
    if len(ratings.modalities) != 1:
        raise StatisticsError(
            "A standalone analysis takes one modality",
            expected="one modality",
            got=f"{len(ratings.modalities)} ({', '.join(ratings.modalities)})",
            remedy="select one modality, or compare modalities with the multi-reader analysis",
        )
    if model not in ratings.readers or len(ratings.readers) < 2:
        raise StatisticsError(
            "The model must be one of the readers, beside at least one other",
            expected=f"{model!r} and one reader or more",
            got="readers " + ", ".join(ratings.readers),
            remedy="name the model as it is written in the reader column",
        )


def _analyses(
    psi: NDArray[np.float64], spread: NDArray[np.float64], level: float
) -> tuple[dict[str, StandaloneAnalysis], dict[str, str]]:
    """The analyses of psi (r,) that are defined, and why the others are not."""
    analyses, undefined = {}, undefined_with(psi.size)
    for name in GENERALISES_TO:
        if name in undefined:
            continue
        analysis = _analysis(name, psi, spread, level)
        if analysis is None:
            undefined[name] = "every reader differs from the model by exactly the same amount: no variance"
        else:
            analyses[name] = analysis
    return analyses, undefined


def _analysis(
    name: str, psi: NDArray[np.float64], spread: NDArray[np.float64], level: float
) -> StandaloneAnalysis | None:
    """Test of the mean of psi (r,), or None where it differs from zero without variance."""
    difference, variance, df = mean_area_variance(name, psi, spread)
    if variance < NO_VARIANCE:
        if difference**2 >= NO_VARIANCE:
            return None
        return StandaloneAnalysis(name, 0.0, 0.0, 0.0, df, 1.0, ConfidenceInterval(0.0, 0.0))
    error = sqrt(variance)
    half = quantile(level, df) * error
    statistic = difference / error
    return StandaloneAnalysis(
        name=name,
        difference=difference,
        standard_error=error,
        statistic=statistic,
        df=df,
        pvalue=two_sided(statistic, df),
        interval=ConfidenceInterval(difference - half, difference + half),
    )
