"""Agreement of each subject's ratings, and the linearised error of a coefficient made from it.

References
----------
Gwet KL. Br J Math Stat Psychol 2008;61:29-48.
Gwet KL. Handbook of Inter-Rater Reliability, 4th ed., 2014, chapters 2 (missing ratings),
3 (weights) and 5 (variance).
Fleiss JL, Nee JCM, Landis JR. Psychol Bull 1979;86:974-977 (variance under chance).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dls.errors import StatisticsError
from dls.stats.agreement import Weights, agreement_weights
from dls.stats.ratings import MISSING, Ratings, encode


@dataclass(frozen=True, slots=True)
class SubjectAgreement:
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
        """Number of subjects."""
        return len(self.per_subject)


def prepare(ratings: Any, categories: Sequence[Hashable] | None, weights: Weights) -> SubjectAgreement:
    """Ratings without the subjects that nobody rated, checked.

    Raises
    ------
    StatisticsError
        when there is one rater, one subject or no subject with two ratings, or on what `encode` refuses.
    """
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
    data = SubjectAgreement(
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


def linearised(
    data: SubjectAgreement, expected: float, expected_by_subject: NDArray[np.float64]
) -> tuple[float, float]:
    """Coefficient and its standard error (Gwet 2008, three raters or more; 2014, chapter 5).

    `expected_by_subject` has the mean `expected`; half its deviation is the subject's pull on it.

    Raises
    ------
    StatisticsError
        when agreement by chance is complete.
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


def null_standard_error(data: SubjectAgreement, prevalence: NDArray[np.float64], expected: float) -> float:
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
