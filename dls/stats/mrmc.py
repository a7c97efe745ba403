"""Multi-reader multi-case comparison of modalities by Obuchowski and Rockette, with Hillis' degrees of
freedom.

theta_ij is the area of modality i read by reader j; t modalities, r readers.  The covariances of two areas
are averaged by what they share: Var (both), Cov1 (the reader), Cov2 (the modality), Cov3 (neither but the
cases). Cov2 - Cov3 is truncated at zero throughout.

References
----------
Obuchowski & Rockette 1995, Commun Stat Simul Comput 24:285: the model.
Hillis 2007, Stat Med 26:596: degrees of freedom, analyses with readers or cases fixed.
Hillis 2014, Stat Med 33:330: marginal-mean formulation and intervals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, isinf, sqrt
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import chi2
from scipy.stats import f as snedecor_f

from dls.errors import StatisticsError
from dls.stats.area_covariance import COVARIANCE_SOURCES, CovarianceMethod, area_covariance
from dls.stats.crossed import CrossedRatings
from dls.stats.interval import ConfidenceInterval
from dls.stats.multiplicity import holm
from dls.stats.proportions import check_level
from dls.stats.student import quantile, two_sided

OBUCHOWSKI_ROCKETTE = (
    "Obuchowski & Rockette 1995, Commun Stat Simul Comput 24:285; Hillis 2007, Stat Med 26:596"
)

GENERALISES_TO = MappingProxyType(
    {
        "RRRC": "random readers, random cases",
        "FRRC": "fixed readers, random cases",
        "RRFC": "random readers, fixed cases",
    }
)

NO_VARIANCE = 1e-28
"""Squared areas below this are rounding: two different areas of 10^6 cases differ by far more than 1e-14."""


@dataclass(frozen=True, slots=True)
class VarianceComponents:
    """Mean squares and variance components of an Obuchowski-Rockette analysis, all in squared AUC.

    `cov2_minus_cov3` is the truncated difference, `truncated` says whether it was negative.  `reader` and
    `modality_reader` are the variances of the random reader effect and its interaction with the modality;
    they may be negative, as moment estimates are.
    """

    n_modalities: int
    n_readers: int
    n_positive: int
    n_negative: int
    ms_modality: float
    ms_reader: float
    ms_modality_reader: float
    var: float
    cov1: float
    cov2: float
    cov3: float

    @property
    def cov2_minus_cov3(self) -> float:
        """max(Cov2 - Cov3, 0)."""
        return max(self.cov2 - self.cov3, 0.0)

    @property
    def truncated(self) -> bool:
        """Whether Cov2 - Cov3 was negative and set to zero."""
        return self.cov2 < self.cov3

    @property
    def reader(self) -> float:
        """Variance of the readers, [MS(R) - MS(TR)] / t - Cov1 + Cov3."""
        return (self.ms_reader - self.ms_modality_reader) / self.n_modalities - self.cov1 + self.cov3

    @property
    def modality_reader(self) -> float:
        """Variance of the interaction, MS(TR) - Var + Cov1 + max(Cov2 - Cov3, 0)."""
        return self.ms_modality_reader - self.var + self.cov1 + self.cov2_minus_cov3


@dataclass(frozen=True, slots=True)
class ModalityDifference:
    """Reader-averaged area of modality a minus that of modality b; `df` is infinite for a normal
    reference."""

    a: str
    b: str
    difference: float
    standard_error: float
    interval: ConfidenceInterval
    statistic: float
    df: float
    pvalue: float
    p_holm: float


@dataclass(frozen=True, slots=True)
class ModalityArea:
    """Reader-averaged area of one modality, with variances from that modality alone.

    The interval is clipped to [0, 1].  Where there is no variance (all areas are 1) it is a point:
    `degenerate`.
    """

    modality: str
    auc: float
    standard_error: float
    df: float
    interval: ConfidenceInterval

    @property
    def degenerate(self) -> bool:
        """Whether the variance is zero and the interval says nothing."""
        return self.standard_error**2 < NO_VARIANCE


@dataclass(frozen=True, slots=True)
class MrmcAnalysis:
    """Test that all modalities have the same area, for one choice of what is random.

    `statistic` is F on (df1, df2), or chi-square on df1 where `df2` is None.  Intervals of differences and of
    single areas are at the result's confidence level.
    """

    name: str
    statistic: float
    df1: int
    df2: float | None
    pvalue: float
    differences: tuple[ModalityDifference, ...]
    areas: tuple[ModalityArea, ...]

    @property
    def generalises_to(self) -> str:
        """What the conclusion extends to, in words."""
        return GENERALISES_TO[self.name]


@dataclass(frozen=True, slots=True)
class MrmcResult:
    """An Obuchowski-Rockette analysis.

    `auc` is (n_modalities, n_readers).  `analyses` holds RRRC, FRRC and RRFC as far as they are defined;
    `undefined` says of the others why they are not.
    """

    modalities: tuple[str, ...]
    readers: tuple[str, ...]
    n_excluded: int
    auc: NDArray[np.float64]
    covariance: CovarianceMethod
    components: VarianceComponents
    analyses: Mapping[str, MrmcAnalysis]
    undefined: Mapping[str, str]
    confidence_level: float
    method: str
    reference: str

    @property
    def summary(self) -> pd.DataFrame:
        """One row for every analysis and pair: difference, se, low, high, statistic, df, p, p_holm."""
        rows = [
            {
                "analysis": analysis.name,
                "a": d.a,
                "b": d.b,
                "difference": d.difference,
                "se": d.standard_error,
                "low": d.interval.low,
                "high": d.interval.high,
                "statistic": d.statistic,
                "df": d.df,
                "p": d.pvalue,
                "p_holm": d.p_holm,
            }
            for analysis in self.analyses.values()
            for d in analysis.differences
        ]
        return pd.DataFrame(rows)


def obuchowski_rockette(
    ratings: CrossedRatings,
    covariance: CovarianceMethod = "jackknife",
    confidence_level: float = 0.95,
) -> MrmcResult:
    """Compare the modalities of a fully crossed reader study.

    Parameters
    ----------
    ratings : larger ratings speak for a positive case
    covariance : how the covariances of the areas over cases are estimated
    confidence_level : of every interval

    Raises
    ------
    StatisticsError
        with fewer than two modalities, or fewer than two cases in a class.
    """
    level = check_level(confidence_level)
    t, r = len(ratings.modalities), len(ratings.readers)
    if t < 2:
        raise StatisticsError(
            "A comparison of modalities needs at least two",
            expected="two modalities or more",
            got=f"{t} ({', '.join(ratings.modalities)})",
            remedy="for one modality compare a model with its readers (standalone analysis)",
        )
    columns = ratings.rating.reshape(t * r, -1).T
    areas, spread = area_covariance(ratings.positive, columns, covariance)
    theta, blocks = areas.reshape(t, r), spread.reshape(t, r, t, r)
    components = _components(theta, blocks, ratings.n_positive, ratings.n_negative)
    undefined = undefined_with(r)
    analyses = {}
    for name in GENERALISES_TO:
        if name in undefined:
            continue
        variance, df2 = _denominator(name, components)
        if variance < NO_VARIANCE and components.ms_modality >= NO_VARIANCE:
            undefined[name] = "the modalities differ by exactly the same amount throughout: no variance"
            continue
        analyses[name] = _analysis(
            name,
            ratings.modalities,
            theta,
            blocks,
            components=components,
            variance=variance,
            df2=df2,
            level=level,
        )
    return MrmcResult(
        modalities=ratings.modalities,
        readers=ratings.readers,
        n_excluded=len(ratings.excluded),
        auc=theta,
        covariance=covariance,
        components=components,
        analyses=MappingProxyType(analyses),
        undefined=MappingProxyType(undefined),
        confidence_level=level,
        method=f"{covariance} covariance, Hillis degrees of freedom, Cov2 - Cov3 truncated at zero",
        reference=f"{OBUCHOWSKI_ROCKETTE}; {COVARIANCE_SOURCES[covariance]}",
    )


def undefined_with(readers: int) -> dict[str, str]:
    """Analyses that so many readers do not allow, and why not."""
    return {} if readers > 1 else dict.fromkeys(("RRRC", "RRFC"), "random readers need at least two readers")


def shared_covariances(blocks: NDArray[np.float64]) -> tuple[float, float, float, float]:
    """Var, Cov1, Cov2, Cov3 from the covariances (t, r, t, r) of areas; 0 where there is no such pair."""
    t, r = blocks.shape[:2]
    same_modality = np.eye(t, dtype=bool)[:, None, :, None]
    same_reader = np.eye(r, dtype=bool)[None, :, None, :]
    kinds = (
        same_modality & same_reader,
        ~same_modality & same_reader,
        same_modality & ~same_reader,
        ~same_modality & ~same_reader,
    )
    means = [blocks[kind].mean() if kind.any() else 0.0 for kind in kinds]
    return float(means[0]), float(means[1]), float(means[2]), float(means[3])


def _components(
    theta: NDArray[np.float64], blocks: NDArray[np.float64], n_positive: int, n_negative: int
) -> VarianceComponents:
    t, r = theta.shape
    by_modality, by_reader, grand = theta.mean(axis=1), theta.mean(axis=0), theta.mean()
    interaction = theta - by_modality[:, None] - by_reader[None, :] + grand
    var, cov1, cov2, cov3 = shared_covariances(blocks)
    return VarianceComponents(
        n_modalities=t,
        n_readers=r,
        n_positive=n_positive,
        n_negative=n_negative,
        ms_modality=float(r * np.sum((by_modality - grand) ** 2) / (t - 1)),
        ms_reader=float(t * np.sum((by_reader - grand) ** 2) / max(r - 1, 1)),
        ms_modality_reader=float(np.sum(interaction**2) / max((t - 1) * (r - 1), 1)),
        var=var,
        cov1=cov1,
        cov2=cov2,
        cov3=cov3,
    )


def _denominator(name: str, c: VarianceComponents) -> tuple[float, float]:
    """What MS(T) is compared with, and its degrees of freedom (Hillis 2007, equations for F and ddf)."""
    interaction_df = (c.n_modalities - 1) * (c.n_readers - 1)
    if name == "RRFC":
        return c.ms_modality_reader, float(interaction_df)
    if name == "FRRC":
        return c.var - c.cov1 + (c.n_readers - 1) * c.cov2_minus_cov3, inf
    variance = c.ms_modality_reader + c.n_readers * c.cov2_minus_cov3
    return variance, _hillis_df(variance, c.ms_modality_reader, interaction_df)


def _hillis_df(variance: float, mean_square: float, df: int) -> float:
    """variance^2 / (mean_square^2 / df); infinite where the mean square has no part in the variance."""
    return df * (variance / mean_square) ** 2 if mean_square >= NO_VARIANCE else inf


def _analysis(
    name: str,
    modalities: tuple[str, ...],
    theta: NDArray[np.float64],
    blocks: NDArray[np.float64],
    *,
    components: VarianceComponents,
    variance: float,
    df2: float,
    level: float,
) -> MrmcAnalysis:
    df1 = components.n_modalities - 1
    ratio = components.ms_modality / variance if variance >= NO_VARIANCE else 0.0
    chi_square = name == "FRRC"
    pvalue = chi2.sf(df1 * ratio, df1) if isinf(df2) else snedecor_f.sf(ratio, df1, df2)
    return MrmcAnalysis(
        name=name,
        statistic=df1 * ratio if chi_square else ratio,
        df1=df1,
        df2=None if chi_square else df2,
        pvalue=float(pvalue),
        differences=_differences(modalities, theta.mean(axis=1), variance / components.n_readers, df2, level),
        areas=tuple(
            _modality_area(name, modality, theta[i], blocks[i, :, i, :], level)
            for i, modality in enumerate(modalities)
        ),
    )


def _differences(
    modalities: tuple[str, ...],
    means: NDArray[np.float64],
    variance: float,
    df: float,
    level: float,
) -> tuple[ModalityDifference, ...]:
    """Every pair of reader-averaged areas, each mean with the same variance and nothing else in common."""
    pairs = [(i, k) for i in range(len(modalities)) for k in range(i + 1, len(modalities))]
    error = sqrt(2 * max(variance, 0.0))
    half = quantile(level, df) * error
    gaps = [float(means[i] - means[k]) for i, k in pairs]
    statistics = [gap / error if error**2 >= NO_VARIANCE else 0.0 for gap in gaps]
    pvalues = [two_sided(statistic, df) for statistic in statistics]
    return tuple(
        ModalityDifference(
            a=modalities[i],
            b=modalities[k],
            difference=gap,
            standard_error=error,
            interval=ConfidenceInterval(gap - half, gap + half),
            statistic=statistic,
            df=df,
            pvalue=pvalue,
            p_holm=float(adjusted),
        )
        for (i, k), gap, statistic, pvalue, adjusted in zip(
            pairs, gaps, statistics, pvalues, holm(pvalues), strict=True
        )
    )


def _modality_area(
    name: str, modality: str, theta: NDArray[np.float64], spread: NDArray[np.float64], level: float
) -> ModalityArea:
    """Interval of one modality's mean area (Hillis 2014), from its areas (r,) and covariances (r, r)."""
    area, variance, df = mean_area_variance(name, theta, spread)
    half = quantile(level, df) * sqrt(variance)
    interval = ConfidenceInterval(max(area - half, 0.0), min(area + half, 1.0))
    return ModalityArea(modality, area, sqrt(variance), df, interval)


def mean_area_variance(
    name: str, theta: NDArray[np.float64], spread: NDArray[np.float64]
) -> tuple[float, float, float]:
    """Mean over readers of theta (r,), its variance and degrees of freedom, for RRRC, FRRC or RRFC.

    `spread` (r, r) is the covariance of theta over cases; its mean off the diagonal, Cov2, is truncated at
    zero. Source: Hillis 2014, Stat Med 33:330, one modality.
    """
    r = theta.size
    cov2 = max(float(spread[~np.eye(r, dtype=bool)].mean()), 0.0) if r > 1 else 0.0
    mean = float(theta.mean())
    if name == "FRRC":
        return mean, (float(np.diag(spread).mean()) + (r - 1) * cov2) / r, inf
    mean_square = float(theta.var(ddof=1))
    if name == "RRFC":
        return mean, mean_square / r, float(r - 1)
    variance = mean_square + r * cov2
    return mean, variance / r, _hillis_df(variance, mean_square, r - 1)
