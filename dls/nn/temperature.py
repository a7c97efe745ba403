"""Temperature scaling: one number that makes a model's scores as sure as they are right.

A patient's scores s become s^(1/T) / sum(s^(1/T)), which is the softmax of the logarithms divided by T; the
order of the scores, and so the patient's class, stays.  T is fitted on patients that the networks had not
seen.

Source: Guo, Pleiss, Sun and Weinberger, On calibration of modern neural networks, ICML 2017 (temperature;
expected calibration error over equal bins of the largest score).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dls.errors import InputError
from dls.nn.fold_metrics import SMALLEST_SCORE, log_loss

BINS = 10
COLDEST, HOTTEST = 0.05, 20.0


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Patients whose largest score lies in one bin.

    Parameters
    ----------
    patients : how many
    score : mean of their largest scores
    right : share whose class that is
    """

    patients: int
    score: float
    right: float


@dataclass(frozen=True, slots=True)
class TemperatureFit:
    """A temperature and what it changes, each as (before, after).

    Parameters
    ----------
    temperature : 1 changes nothing, above 1 makes scores less sure
    patients : unseen patients it was fitted on
    log_loss : mean -log score of the true class
    calibration_error : mean |score - share right| over the bins, weighted by their patients
    bins : the reliability diagram
    """

    temperature: float
    patients: int
    log_loss: tuple[float, float]
    calibration_error: tuple[float, float]
    bins: tuple[tuple[ReliabilityBin, ...], tuple[ReliabilityBin, ...]]
    method: str = f"one temperature on patient scores, least mean log loss; {BINS} equal bins"
    reference: str = "Guo et al., ICML 2017"


def fit_temperature(scores: NDArray[np.floating], target: NDArray[np.integer]) -> TemperatureFit:
    """Temperature with the smallest mean log loss.

    Parameters
    ----------
    scores : (p, k) of patients that the networks had not seen
    target : (p,) index of each patient's class

    Raises
    ------
    InputError
        when the shapes disagree or there is no patient.
    """
    from scipy.optimize import minimize_scalar

    if scores.ndim != 2 or len(scores) != len(target) or not len(target):
        raise InputError(
            "A temperature needs a row of scores for each patient",
            expected=f"({len(target)}, classes), at least one row",
            got=str(scores.shape),
        )
    found = minimize_scalar(
        lambda logarithm: log_loss(with_temperature(scores, float(np.exp(logarithm))), target),
        bounds=(np.log(COLDEST), np.log(HOTTEST)),
        method="bounded",
        options={"xatol": 1e-6},
    )
    temperature = float(np.exp(found.x))
    after = with_temperature(scores, temperature)
    bins = reliability_bins(scores, target), reliability_bins(after, target)
    return TemperatureFit(
        temperature=temperature,
        patients=len(target),
        log_loss=(log_loss(scores, target), log_loss(after, target)),
        calibration_error=(calibration_error(bins[0]), calibration_error(bins[1])),
        bins=bins,
    )


def with_temperature(scores: NDArray[np.floating], temperature: float) -> NDArray[np.float64]:
    """Scores (p, k) at a temperature; rows sum to 1."""
    logarithms = np.log(np.maximum(scores.astype(np.float64), SMALLEST_SCORE)) / temperature
    powers = np.exp(logarithms - logarithms.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def reliability_bins(scores: NDArray[np.floating], target: NDArray[np.integer]) -> tuple[ReliabilityBin, ...]:
    """Reliability diagram of the largest scores; empty bins are left out."""
    largest, right = scores.max(axis=1), scores.argmax(axis=1) == target
    index = np.minimum((largest * BINS).astype(int), BINS - 1)
    return tuple(
        ReliabilityBin(
            int((index == i).sum()), float(largest[index == i].mean()), float(right[index == i].mean())
        )
        for i in np.unique(index)
    )


def calibration_error(bins: tuple[ReliabilityBin, ...]) -> float:
    """Expected calibration error of a reliability diagram; lower is better."""
    patients = sum(b.patients for b in bins)
    return sum(b.patients * abs(b.score - b.right) for b in bins) / patients
