"""Power and size of a coming multi-reader study, from the variance components of a pilot.

Covariances over cases shrink as pilot cases / planned cases; the variance of readers does not.  The planned
study is taken to have the pilot's ratio of positive to negative cases.  A negative estimate of the
modality-by-reader variance, and of Cov2 - Cov3, counts as zero.

With random readers and cases power need not grow with the cases: as their share of the variance shrinks, so
do the degrees of freedom, down to (t - 1)(r - 1), and few readers may do best with a middling number.

References
----------
Hillis, Obuchowski & Berbaum 2011, Acad Radiol 18:129: noncentrality and degrees of freedom from
Obuchowski-Rockette components.
Hillis & Berbaum 2004, Acad Radiol 11:1260: fixed readers, fixed cases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import inf, isinf
from typing import Literal

import pandas as pd
from scipy.stats import chi2, ncf, ncx2
from scipy.stats import f as snedecor_f

from dls.errors import StatisticsError
from dls.stats.mrmc import VarianceComponents

PLANNING = "Hillis, Obuchowski & Berbaum 2011, Acad Radiol 18:129"

Generalisation = Literal["RRRC", "FRRC", "RRFC"]

_MOST_CASES = 1_000_000
_FINE = 50
"""Numbers of cases are tried one by one up to here, and in steps of one part in so many from here on."""


@dataclass(frozen=True, slots=True)
class PlannedStudy:
    """A study that is to find a difference `effect` of two modalities' areas by a two-sided test at `alpha`.

    `df2` is infinite for the chi-square reference of fixed readers.
    """

    analysis: Generalisation
    effect: float
    n_readers: int
    n_cases: int
    alpha: float
    power: float
    noncentrality: float
    df1: int
    df2: float
    method: str
    reference: str

    @property
    def summary(self) -> pd.DataFrame:
        """One row: analysis, effect, n_readers, n_cases, alpha, power."""
        return pd.DataFrame(
            {
                "analysis": [self.analysis],
                "effect": [self.effect],
                "n_readers": [self.n_readers],
                "n_cases": [self.n_cases],
                "alpha": [self.alpha],
                "power": [self.power],
            }
        )


def power(
    pilot: VarianceComponents,
    effect: float,
    n_readers: int,
    n_cases: int,
    *,
    analysis: Generalisation = "RRRC",
    alpha: float = 0.05,
) -> PlannedStudy:
    """Power of a planned study.

    Parameters
    ----------
    pilot : components of an Obuchowski-Rockette analysis
    effect : difference of the two modalities' areas that matters, not zero; with more than two modalities the
        others are taken to lie half way between
    n_readers, n_cases : of the planned study; cases of both classes together

    Raises
    ------
    StatisticsError
        when an argument lies outside its range, or the pilot's components leave no variance to plan with.
    """
    _check(effect, n_readers, n_cases, alpha, analysis)
    t, r = pilot.n_modalities, n_readers
    shrink = (pilot.n_positive + pilot.n_negative) / n_cases
    own = shrink * (pilot.var - pilot.cov1)
    shared = shrink * pilot.cov2_minus_cov3
    interaction = max(pilot.modality_reader, 0.0)
    mean_square = interaction + max(own - shared, 0.0)
    if analysis == "RRFC":
        variance, df2 = mean_square, float((t - 1) * (r - 1))
    elif analysis == "FRRC":
        variance, df2 = own + (r - 1) * shared, inf
    else:
        variance = interaction + own + (r - 1) * shared
        df2 = (t - 1) * (r - 1) * (variance / mean_square) ** 2 if mean_square > 0 else inf
    if not variance > 0:
        raise StatisticsError(
            "The pilot leaves no variance to plan with",
            expected="components of a study whose readers or cases vary",
            got=f"variance {variance:g} for {analysis}",
            remedy="use a pilot with more readers and cases",
        )
    noncentrality = r * effect**2 / (2 * variance)
    return PlannedStudy(
        analysis=analysis,
        effect=effect,
        n_readers=n_readers,
        n_cases=n_cases,
        alpha=alpha,
        power=_exceedance(t - 1, df2, noncentrality, alpha),
        noncentrality=noncentrality,
        df1=t - 1,
        df2=df2,
        method=f"{analysis}: noncentral {'chi-square' if isinf(df2) else 'F'} from pilot components",
        reference=PLANNING,
    )


def cases_needed(
    pilot: VarianceComponents,
    effect: float,
    n_readers: int,
    *,
    desired_power: float = 0.8,
    analysis: Generalisation = "RRRC",
    alpha: float = 0.05,
) -> PlannedStudy:
    """The smallest study, by number of cases, that reaches the desired power with so many readers.

    Arguments and errors as for `power`; also StatisticsError when no number of cases up to a million reaches
    it, because the readers' own variance remains.  The most powerful number of cases is then named.
    """
    plan = _smallest(pilot, effect, n_readers, desired_power=desired_power, analysis=analysis, alpha=alpha)
    if plan.power < desired_power:
        raise StatisticsError(
            "No number of cases reaches the desired power with so few readers",
            expected=f"power {desired_power:g}",
            got=f"at most {plan.power:.3f}, with {n_readers} readers and {plan.n_cases:,} cases",
            remedy="plan for more readers",
        )
    return plan


def power_table(
    pilot: VarianceComponents,
    effect: float,
    readers: Iterable[int],
    *,
    desired_power: float = 0.8,
    analysis: Generalisation = "RRRC",
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Cases needed for each number of readers: n_readers, n_cases, power.

    Where no number of cases up to a million is enough, n_cases is NA and power is the most that any gives.
    """
    plans = [
        _smallest(pilot, effect, r, desired_power=desired_power, analysis=analysis, alpha=alpha)
        for r in readers
    ]
    return pd.DataFrame(
        {
            "n_readers": [plan.n_readers for plan in plans],
            "n_cases": pd.array(
                [plan.n_cases if plan.power >= desired_power else pd.NA for plan in plans], dtype="Int64"
            ),
            "power": [plan.power for plan in plans],
        }
    )


def _smallest(
    pilot: VarianceComponents,
    effect: float,
    n_readers: int,
    *,
    desired_power: float,
    analysis: Generalisation,
    alpha: float,
) -> PlannedStudy:
    """The smallest study that reaches the power, or the most powerful one where none does."""
    if not 0 < desired_power < 1:
        raise StatisticsError(
            "The desired power is not a probability",
            expected="a number between 0 and 1, such as 0.8",
            got=repr(desired_power),
            remedy="give a fraction, not a percentage",
        )

    def planned(n_cases: int) -> PlannedStudy:
        return power(pilot, effect, n_readers, n_cases, analysis=analysis, alpha=alpha)

    too_few, best = 0, planned(1)
    for n_cases in _numbers_of_cases():
        plan = planned(n_cases)
        if plan.power >= desired_power:
            return _first(planned, too_few, n_cases, desired_power)
        too_few, best = n_cases, max(best, plan, key=lambda p: p.power)
    return best


def _numbers_of_cases() -> Iterator[int]:
    """Numbers of cases from 1 to a million, near enough to each other for power to pass no peak between."""
    n_cases = 1
    while n_cases < _MOST_CASES:
        yield n_cases
        n_cases += max(1, n_cases // _FINE)
    yield _MOST_CASES


def _first(
    planned: Callable[[int], PlannedStudy], too_few: int, enough: int, desired_power: float
) -> PlannedStudy:
    """The smallest of the studies above `too_few` cases and up to `enough` that reaches the power."""
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        too_few, enough = (too_few, middle) if planned(middle).power >= desired_power else (middle, enough)
    return planned(enough)


def _exceedance(df1: int, df2: float, noncentrality: float, alpha: float) -> float:
    """Probability that the noncentral statistic exceeds the critical value of the central one."""
    if isinf(df2):
        return float(ncx2.sf(chi2.isf(alpha, df1), df1, noncentrality))
    return float(ncf.sf(snedecor_f.isf(alpha, df1, df2), df1, df2, noncentrality))


def _check(effect: float, n_readers: int, n_cases: int, alpha: float, analysis: str) -> None:
    wrong = {
        "analysis": analysis not in ("RRRC", "FRRC", "RRFC"),
        "effect": not 0 < abs(effect) < 1,
        "n_readers": n_readers < (1 if analysis == "FRRC" else 2),
        "n_cases": n_cases < 1,
        "alpha": not 0 < alpha < 1,
    }
    given = {
        "analysis": analysis,
        "effect": effect,
        "n_readers": n_readers,
        "n_cases": n_cases,
        "alpha": alpha,
    }
    bad = [name for name, is_wrong in wrong.items() if is_wrong]
    if bad:
        raise StatisticsError(
            "The study cannot be planned like this",
            expected="RRRC, FRRC or RRFC; an effect between -1 and 1 that is not 0; two readers or more "
            "(one, if fixed); at least one case; alpha between 0 and 1",
            got=", ".join(f"{name} {given[name]!r}" for name in bad),
            remedy="correct " + " and ".join(bad),
        )
