"""Decision curves: the net benefit of acting on a predicted probability.

References
----------
Vickers AJ, Elkin EB. Med Decis Making 2006;26:565-574.
Vickers AJ, Van Calster B, Steyerberg EW. BMJ 2016;352:i6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dls.errors import StatisticsError
from dls.stats.bootstrap import bootstrap, weighted_mean
from dls.stats.numeric import as_numbers
from dls.stats.probabilities import checked_probabilities
from dls.stats.proportions import as_boolean, check_level, same_length


@dataclass(frozen=True, slots=True)
class DecisionCurve:
    """Net benefit over threshold probabilities, in true positives per case.

    Attributes
    ----------
    threshold : (t,) probabilities at or above which a case is treated
    model, treat_all : (t,) net benefit; treating nobody has 0
    interventions_avoided : (t,) net reduction of interventions a case against treating all
    low, high : (t,) bootstrap limits of `model` at each threshold by itself; None without resampling
    """

    threshold: NDArray[np.float64]
    model: NDArray[np.float64]
    treat_all: NDArray[np.float64]
    interventions_avoided: NDArray[np.float64]
    low: NDArray[np.float64] | None
    high: NDArray[np.float64] | None
    prevalence: float
    n: int
    confidence_level: float
    method: str
    reference: str = "Vickers and Elkin, Med Decis Making 2006;26:565-574"

    def at(self, threshold: float) -> float:
        """Net benefit of the model at the threshold of the curve that is next to the one given."""
        return float(self.model[np.argmin(np.abs(self.threshold - threshold))])

    @property
    def summary(self) -> pd.DataFrame:
        """One row a threshold: model, treat_all, treat_none, interventions_avoided, and limits if any."""
        columns = {
            "threshold": self.threshold,
            "model": self.model,
            "treat_all": self.treat_all,
            "treat_none": np.zeros_like(self.threshold),
            "interventions_avoided": self.interventions_avoided,
        }
        if self.low is not None and self.high is not None:
            columns |= {"low": self.low, "high": self.high}
        return pd.DataFrame(columns)


def net_benefit(positive: Any, treated: Any, threshold: float) -> float:
    """TP / n - FP / n x threshold / (1 - threshold) of any set of binary calls, a reader's for instance.

    Parameters
    ----------
    positive, treated : (n,) bool;  threshold : inside (0, 1)

    Raises
    ------
    StatisticsError
        when there is no case, or the threshold lies outside (0, 1).
    """
    truth, acted = as_boolean(positive, "positive") == 1, as_boolean(treated, "treated") == 1
    same_length(truth, acted)
    if not truth.size:
        raise StatisticsError("Net benefit of no cases is not defined")
    odds = float(_odds(as_numbers([threshold], "threshold"))[0])
    return float(((truth & acted).sum() - (~truth & acted).sum() * odds) / truth.size)


def decision_curve(
    positive: Any,
    probability: Any,
    thresholds: Any = None,
    *,
    n_replicates: int = 0,
    cluster: Any = None,
    seed: int = 0,
    confidence_level: float = 0.95,
) -> DecisionCurve:
    """Decision curve of a predicted probability.

    Parameters
    ----------
    positive : (n,) bool;  probability : (n,) from 0 to 1
    thresholds : (t,) inside (0, 1); 0.01, 0.02 ... 0.99 if not given
    n_replicates : bootstrap replicates for pointwise percentile limits; 0 for none
    cluster : (n,) patients, where several cases share one; each case by itself if not given

    Raises
    ------
    StatisticsError
        when there is no case, a probability is missing or outside [0, 1], a threshold outside (0, 1), or the
        patients are not as many as the cases; with replicates also as `bootstrap`.
    """
    check_level(confidence_level)
    truth, p = as_boolean(positive, "positive") == 1, checked_probabilities(probability)
    same_length(truth, p)
    if not truth.size:
        raise StatisticsError("A decision curve of no cases is not defined")
    t = np.arange(1, 100) / 100 if thresholds is None else as_numbers(thresholds, "thresholds")
    odds = _odds(t)
    true_positives, false_positives = _treated(p[truth], t), _treated(p[~truth], t)
    model = (true_positives - false_positives * odds) / truth.size
    treat_all = (truth.sum() - (~truth).sum() * odds) / truth.size
    low, high = None, None
    if n_replicates:
        clusters = np.arange(truth.size) if cluster is None else np.asarray(cluster)
        same_length(truth, clusters)
        low, high = _limits(truth, p, t, clusters, n_replicates, seed, confidence_level)
    return DecisionCurve(
        t,
        model,
        treat_all,
        (model - treat_all) / odds,
        low,
        high,
        float(truth.mean()),
        truth.size,
        confidence_level,
        "net benefit"
        + (f", percentile limits of {n_replicates} bootstrap replicates" if n_replicates else ""),
    )


def _odds(threshold: NDArray[np.float64]) -> NDArray[np.float64]:
    if threshold.ndim != 1 or not ((threshold > 0) & (threshold < 1)).all():
        raise StatisticsError("A threshold lies outside its range", expected="(t,) inside (0, 1)")
    return threshold / (1 - threshold)


def _treated(p: NDArray[np.float64], threshold: NDArray[np.float64]) -> NDArray[np.int64]:
    """(t,) number of probabilities at or above each threshold."""
    return p.size - np.searchsorted(np.sort(p), threshold, side="left")


def _limits(  # noqa: PLR0917  one private caller
    truth: NDArray[np.bool_],
    p: NDArray[np.float64],
    threshold: NDArray[np.float64],
    cluster: Any,
    n_replicates: int,
    seed: int,
    confidence_level: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    statistics = {
        f"net benefit, threshold {k}": weighted_mean(np.where(truth, 1.0, -odds) * (p >= t))
        for k, (t, odds) in enumerate(zip(threshold, _odds(threshold), strict=True))
    }
    table = bootstrap(
        statistics, cluster, n_replicates=n_replicates, seed=seed, confidence_level=confidence_level
    )
    intervals = [table[name].interval for name in statistics]
    return np.array([i.low for i in intervals]), np.array([i.high for i in intervals])
