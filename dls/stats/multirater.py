"""Agreement of any number of raters: the kappas of Fleiss, Conger and Light, and Gwet's AC1.

Missing ratings follow Gwet's handbook (2014, chapters 2 and 5): observed agreement comes from the subjects
with two ratings or more, each by its own pairs; category prevalences come from every rating.  Nothing is
filled in.  Light's kappa averages Cohen's kappas, each over the subjects that both raters of the pair saw.

Standard errors are linearised over subjects (Gwet 2008; 2014, section 5.3) with t quantiles of n - 1 degrees
of freedom for the interval.  The one under chance agreement is used by the z test of Fleiss' kappa alone;
for the other coefficients no such variance is published, and they carry no test.

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
from numpy.typing import NDArray
from scipy.special import stdtrit

from dls.errors import StatisticsError
from dls.stats.agreement import (
    KappaResult,
    Weights,
    agreement_weights,
    kappa_from_table,
    kappa_influence,
    z_test,
)
from dls.stats.interval import ConfidenceInterval
from dls.stats.proportions import check_level
from dls.stats.ratings import MISSING, Ratings, encode, table_of

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


@dataclass(frozen=True, slots=True)
class _Agreement:
    """Ratings reduced to what every coefficient needs; the n rows are the subjects with a rating.

    share (n, k) is the fraction of a subject's ratings in each category, per_subject (n,) their number,
    paired (n,) whether there are two or more, observed (n,) the agreement of their pairs (0 without a pair).
    """

    ratings: Ratings
    weights: NDArray[np.float64]
    weights_name: str
    n_missing: int
    share: NDArray[np.float64]
    per_subject: NDArray[np.float64]
    paired: NDArray[np.bool_]
    observed: NDArray[np.float64]

    @property
    def n(self) -> int:
        return len(self.per_subject)


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
    data = _prepare(ratings, categories, weights)
    share = data.share
    prevalence = share.mean(axis=0)
    mean_weight = data.weights @ prevalence
    expected = float(prevalence @ mean_weight)
    kappa, se = _linearised(data, expected, share @ mean_weight)
    se_null = _null_se(data, prevalence, expected)
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
    data = _prepare(ratings, categories, weights)
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
    coefficient, se = _linearised(data, expected, scale * (share @ (1 - prevalence)))
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
    data = _prepare(ratings, categories, weights)
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
    kappa, se = _linearised(data, expected, expected + influence)
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
    data = _prepare(ratings, categories, weights)
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


def pairwise_kappas(
    ratings: Any,
    raters: Sequence[str],
    categories: Sequence[Hashable] | None = None,
    weights: Weights = None,
    confidence_level: float = 0.95,
) -> dict[tuple[str, str], KappaResult]:
    """Cohen's kappa of every pair of raters, over the subjects that both of them rated.

    Parameters
    ----------
    ratings : (n_subjects, n_raters)
    raters : names of the columns

    Raises
    ------
    StatisticsError
        when the names do not fit the columns, or a pair's kappa is not defined.
    """
    encoded = encode(ratings, categories)
    if len(raters) != encoded.codes.shape[1]:
        raise StatisticsError(
            "The names do not fit the columns", expected=str(encoded.codes.shape[1]), got=str(len(raters))
        )
    results = {}
    for first, second in combinations(range(len(raters)), 2):
        pair = Ratings(encoded.codes[:, [first, second]], encoded.categories)
        incomplete = int((pair.codes == MISSING).any(axis=1).sum())
        results[raters[first], raters[second]] = kappa_from_table(
            table_of(pair), weights, confidence_level, n_missing=incomplete
        )
    return results


def _prepare(ratings: Any, categories: Sequence[Hashable] | None, weights: Weights) -> _Agreement:
    """Ratings without the subjects that nobody rated, checked."""
    encoded = encode(ratings, categories)
    if encoded.codes.shape[1] < 2:
        raise StatisticsError("Agreement needs two raters", expected="at least 2", got="1")
    rated = (encoded.codes != MISSING).any(axis=1)
    ratings = Ratings(encoded.codes[rated], encoded.categories)
    matrix, name = agreement_weights(len(encoded.categories), weights)
    counts = ratings.counts
    r = counts.sum(axis=1)
    agreeing = (counts * (counts @ matrix - 1)).sum(axis=1)
    paired = r >= 2
    data = _Agreement(
        ratings,
        matrix,
        name,
        encoded.n_missing,
        share=counts / np.maximum(r, 1)[:, None],
        per_subject=r,
        paired=paired,
        observed=np.where(paired, agreeing / np.maximum(r * (r - 1), 1), 0.0),
    )
    if data.n < 2 or not data.paired.any():
        raise StatisticsError(
            "Too few ratings for agreement",
            expected="two subjects or more, one of them with two ratings",
            got=f"{data.n} subjects, {int(data.paired.sum())} with two ratings",
        )
    return data


def _linearised(
    data: _Agreement, expected: float, expected_by_subject: NDArray[np.float64]
) -> tuple[float, float]:
    """Coefficient and its standard error (Gwet 2008, eqs. 34-36; 2014, section 5.3).

    `expected_by_subject` has the mean `expected`; half its deviation is the subject's pull on it.
    """
    if not 1 - expected > 1e-12:
        raise StatisticsError(
            "The coefficient is not defined",
            expected="ratings in at least two categories",
            got="every rating in one category, so that agreement by chance is complete",
        )
    of_pairs = data.n / data.paired.sum()
    by_subject = np.where(data.paired, of_pairs * (data.observed - expected), 0.0) / (1 - expected)
    coefficient = float(by_subject.mean())
    pulled = by_subject - 2 * (1 - coefficient) * (expected_by_subject - expected) / (1 - expected)
    variance = ((pulled - coefficient) ** 2).sum() / (data.n * (data.n - 1))
    return coefficient, float(np.sqrt(variance))


def _null_se(data: _Agreement, prevalence: NDArray[np.float64], expected: float) -> float:
    """Standard error of Fleiss' kappa when ratings are drawn from the prevalences.

    With m ratings for each subject and no weights this is Fleiss, Nee and Landis 1979, eq. 12.  Subjects
    with other numbers of ratings enter by their own number of pairs; the second and third terms, which
    vanish when every subject has a pair, are due to subjects whose single rating counts in the prevalences.
    """
    mean_weight = data.weights @ prevalence
    of_pair = (
        (np.outer(prevalence, prevalence) * data.weights**2).sum()
        - 2 * (prevalence * mean_weight**2).sum()
        + expected**2
    )
    of_rating = max(float((prevalence * mean_weight**2).sum()) - expected**2, 0.0)
    r, n, paired = data.per_subject, data.n, data.paired
    n_paired = int(paired.sum())
    variance = (2 * of_pair / (r * (r - 1))[paired]).sum() / n_paired**2
    variance += 4 * of_rating * (1 / n_paired - 1 / n) ** 2 * (1 / r[paired]).sum()
    variance += 4 * of_rating * (n - n_paired) / n**2
    return float(np.sqrt(max(variance, 0.0)) / (1 - expected))


def _result(
    data: _Agreement,
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
