"""Agreement of any number of raters: the kappas of Fleiss, Conger and Light, and Gwet's AC1.

Missing ratings follow Gwet's handbook (2014, chapter 2): observed agreement comes from the subjects
with two ratings or more, each by its own pairs; category prevalences come from every rating.  Nothing is
filled in.  Light's kappa averages Cohen's kappas, each over the subjects that both raters of the pair saw.

Standard errors are linearised over subjects (Gwet 2008; 2014, chapter 5) with t quantiles of n - 1 degrees
of freedom for the interval.  The one under chance agreement is used by the z test of Fleiss' kappa alone;
the other coefficients carry no test.

References
----------
Fleiss JL. Psychol Bull 1971;76:378-382.
Fleiss JL, Nee JCM, Landis JR. Psychol Bull 1979;86:974-977 (variance under chance).
Conger AJ. Psychol Bull 1980;88:322-328.
Light RJ. Psychol Bull 1971;76:365-377.
Gwet KL. Br J Math Stat Psychol 2008;61:29-48 (AC1 and its variance).
Gwet KL. Handbook of Inter-Rater Reliability, 4th ed., 2014 (missing ratings, weights).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from dls.errors import StatisticsError
from dls.stats.agreement import Weights, kappa_from_table, kappa_influence, z_test
from dls.stats.interval import ConfidenceInterval
from dls.stats.proportions import check_level
from dls.stats.ratings import MISSING, Ratings, table_of
from dls.stats.subject_agreement import SubjectAgreement, linearised, null_standard_error, prepare

_HANDBOOK = "Gwet, Handbook of Inter-Rater Reliability, 4th ed., 2014"


@dataclass(frozen=True, slots=True)
class AgreementResult:
    """A chance-corrected coefficient of several raters.

    Attributes
    ----------
    coefficient : (observed - expected) / (1 - expected) agreement; for Light's kappa the mean of the pairs'
    se : linearised standard error, for the interval; never for a test of no agreement
    interval : coefficient -/+ t se, cut at -1 and 1
    se_null, statistic, pvalue : standard error under chance agreement and its two-tailed z test; None where
        no such variance is published
    n : subjects with at least one rating;  n_paired : those with at least two
    n_missing : missing ratings among subjects x raters
    """

    coefficient: float
    se: float
    interval: ConfidenceInterval
    confidence_level: float
    se_null: float | None
    statistic: float | None
    pvalue: float | None
    observed_agreement: float
    expected_agreement: float
    n: int
    n_paired: int
    n_raters: int
    n_missing: int
    weights: str
    method: str
    reference: str

    @property
    def summary(self) -> pd.DataFrame:
        """One row: coefficient, se, limits, z and p where there is a test, and the numbers of ratings."""
        return pd.DataFrame(
            {
                "method": [self.method],
                "coefficient": [self.coefficient],
                "se": [self.se],
                "low": [self.interval.low],
                "high": [self.interval.high],
                "z": [self.statistic],
                "p": [self.pvalue],
                "n": [self.n],
                "n_raters": [self.n_raters],
                "n_missing": [self.n_missing],
            }
        )


def fleiss_kappa(
    ratings: Any,
    categories: Sequence[Hashable] | None = None,
    weights: Weights = None,
    confidence_level: float = 0.95,
) -> AgreementResult:
    """Fleiss' kappa, with the z test under chance agreement (Fleiss, Nee and Landis 1979).

    Parameters
    ----------
    ratings : (n_subjects, n_raters); None, NaN and the empty string are missing
    categories : the values in their order, needed for weights
    weights : None, "linear", "quadratic" or a (k, k) matrix of agreement weights

    Raises
    ------
    StatisticsError
        when no subject has two ratings, there is only one subject, or every rating is in one category.
    """
    data = prepare(ratings, categories, weights)
    share = data.share
    prevalence = share.mean(axis=0)
    mean_weight = data.weights @ prevalence
    expected = float(prevalence @ mean_weight)
    kappa, se = linearised(data, expected, share @ mean_weight)
    se_null = null_standard_error(data, prevalence, expected)
    statistic, pvalue = z_test(kappa, se_null)
    return _result(
        data,
        (kappa, se, expected),
        confidence_level,
        test=(se_null, statistic, pvalue),
        method="Fleiss' kappa; z with the variance under chance",
        reference=f"Fleiss, Psychol Bull 1971;76:378-382; Fleiss et al. 1979;86:974-977; {_HANDBOOK}",
    )


def gwet_ac1(
    ratings: Any,
    categories: Sequence[Hashable] | None = None,
    weights: Weights = None,
    confidence_level: float = 0.95,
) -> AgreementResult:
    """Gwet's AC1 (AC2 with weights), which stays stable when one category prevails.

    `categories` matters: a category that nobody used still counts in the chance agreement.  With every
    rating in one of two or more named categories AC1 is 1.

    Raises
    ------
    StatisticsError
        as `fleiss_kappa`, or when there is a single category.
    """
    data = prepare(ratings, categories, weights)
    k = len(data.ratings.categories)
    if k < 2:
        raise StatisticsError(
            "AC1 needs two categories",
            got=f"{k}",
            remedy="name all the categories that the raters could choose",
        )
    share = data.share
    prevalence = share.mean(axis=0)
    scale = float(data.weights.sum()) / (k * (k - 1))
    expected = scale * float((prevalence * (1 - prevalence)).sum())
    coefficient, se = linearised(data, expected, scale * (share @ (1 - prevalence)))
    return _result(
        data,
        (coefficient, se, expected),
        confidence_level,
        test=None,
        method="Gwet's AC1" if data.weights_name == "unweighted" else "Gwet's AC2",
        reference=f"Gwet, Br J Math Stat Psychol 2008;61:29-48; {_HANDBOOK}",
    )


def conger_kappa(
    ratings: Any,
    categories: Sequence[Hashable] | None = None,
    weights: Weights = None,
    confidence_level: float = 0.95,
) -> AgreementResult:
    """Conger's kappa: chance agreement from each rater's own marginals; Cohen's kappa for two raters.

    Raises
    ------
    StatisticsError
        as `fleiss_kappa`, or when a rater rated nothing.
    """
    data = prepare(ratings, categories, weights)
    k = len(data.ratings.categories)
    codes = data.ratings.codes
    n_raters = codes.shape[1]
    rated = codes != MISSING
    by_rater = rated.sum(axis=0)
    if (by_rater == 0).any():
        raise StatisticsError("A rater has no ratings", remedy="leave that column out")
    chosen = (codes[:, :, None] == np.arange(k)).astype(float)
    marginal = chosen.sum(axis=0) / by_rater[:, None]
    total = marginal.sum(axis=0)
    pairs = n_raters * (n_raters - 1)
    own = np.einsum("gk,kl,gl->", marginal, data.weights, marginal)
    expected = float((total @ data.weights @ total - own) / pairs)
    # Derivative of the chance agreement by each rater's marginal, times the subject's influence on it.
    slope = (total - marginal) @ data.weights
    by_subject = np.einsum("igk,gk->ig", chosen, slope) - rated * (marginal * slope).sum(axis=1)
    influence = (by_subject * (len(codes) / by_rater)).sum(axis=1) / pairs
    kappa, se = linearised(data, expected, expected + influence)
    return _result(
        data,
        (kappa, se, expected),
        confidence_level,
        test=None,
        method="Conger's kappa",
        reference=f"Conger, Psychol Bull 1980;88:322-328; {_HANDBOOK}",
    )


def light_kappa(
    ratings: Any,
    categories: Sequence[Hashable] | None = None,
    weights: Weights = None,
    confidence_level: float = 0.95,
) -> AgreementResult:
    """Light's kappa: the mean of the Cohen kappas of all pairs of raters.

    Its standard error comes from the mean of the pairs' influence values, so that pairs that share a rater
    are not taken as independent.

    Raises
    ------
    StatisticsError
        as `fleiss_kappa`, or when a pair's kappa is not defined.
    """
    data = prepare(ratings, categories, weights)
    codes, k = data.ratings.codes, len(data.ratings.categories)
    pairs = list(combinations(range(codes.shape[1]), 2))
    kappas, influence = [], np.zeros(data.n)
    observed, expected = [], []
    for first, second in pairs:
        pair = codes[:, [first, second]]
        complete = (pair != MISSING).all(axis=1)
        kappa, values = kappa_influence(pair[complete], k, weights)
        of_pair = kappa_from_table(table_of(Ratings(pair, data.ratings.categories)), weights)
        influence[complete] += values * (data.n / complete.sum()) / len(pairs)
        kappas.append(kappa)
        observed.append(of_pair.observed_agreement)
        expected.append(of_pair.expected_agreement)
    se = float(np.sqrt((influence**2).sum() / (data.n * (data.n - 1))))
    return _result(
        data,
        (float(np.mean(kappas)), se, float(np.mean(expected))),
        confidence_level,
        test=None,
        method="Light's kappa",
        reference="Light, Psychol Bull 1971;76:365-377; Conger, Psychol Bull 1980;88:322-328",
        observed=float(np.mean(observed)),
    )


def _result(
    data: SubjectAgreement,
    estimate: tuple[float, float, float],
    confidence_level: float,
    *,
    test: tuple[float, float, float] | None,
    method: str,
    reference: str,
    observed: float | None = None,
) -> AgreementResult:
    coefficient, se, expected = estimate
    half = float(stdtrit(data.n - 1, 0.5 + check_level(confidence_level) / 2)) * se
    se_null, statistic, pvalue = test if test is not None else (None, None, None)
    return AgreementResult(
        coefficient,
        se,
        ConfidenceInterval(max(-1.0, coefficient - half), min(1.0, coefficient + half)),
        confidence_level,
        se_null,
        statistic,
        pvalue,
        float(data.observed[data.paired].mean()) if observed is None else observed,
        expected,
        data.n,
        int(data.paired.sum()),
        data.ratings.codes.shape[1],
        data.n_missing,
        data.weights_name,
        method + ("" if data.weights_name == "unweighted" else f", {data.weights_name} weights"),
        reference,
    )
