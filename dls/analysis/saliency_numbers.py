"""What saliency found over cases, in numbers with their intervals.

Sources: pointing game, Zhang et al., Top-down neural attention by excitation backprop, IJCV 2018; energy
inside the object, Wang et al., Score-CAM, CVPR workshops 2020 (energy-based pointing game).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dls.errors import StatisticsError
from dls.stats.interval import ConfidenceInterval

REPLICATES = 2000


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean over cases and its 95 % percentile bootstrap interval over patients."""

    value: float
    ci: ConfidenceInterval


@dataclass(frozen=True, slots=True)
class SaliencyNumbers:
    """Saliency against the lesion's outline.

    Parameters
    ----------
    cases : how many
    area : mean share of the image inside the lesion, which an even map would give for both numbers below
    energy : share of the saliency inside the lesion
    concentration : energy over area, a case at a time; 1 is an even map
    pointing : share of image groups whose brightest pixel lies inside the lesion
    """

    cases: int
    area: float
    energy: Mean
    concentration: Mean
    pointing: Mean


def saliency_numbers(
    area: ArrayLike,
    energy: ArrayLike,
    pointing: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    seed: int = 2020,
) -> SaliencyNumbers:
    """Numbers of (n,) cases, each between 0 and 1.

    Parameters
    ----------
    patient : (n,) whose case each is, drawn with all of them; None where each is another's
    seed : of the replicates

    Raises
    ------
    StatisticsError
        when there is no case, lengths differ, or a lesion has no area.
    """
    a, e, p = (np.asarray(v, np.float64) for v in (area, energy, pointing))
    whose = np.arange(a.size) if patient is None else np.asarray(patient)
    if a.ndim != 1 or not len(a) or not e.shape == p.shape == whose.shape == a.shape:
        raise StatisticsError(
            "Saliency needs one number of each kind a case",
            got=f"{a.shape}, {e.shape}, {p.shape}, {whose.shape}",
        )
    if (a <= 0).any():
        raise StatisticsError("A lesion has no area", got=f"case {int(np.argmin(a))}")
    owner = np.unique(whose, return_inverse=True)[1]
    n = int(owner.max()) + 1
    drawn = np.random.default_rng(seed).integers(0, n, (REPLICATES, n))
    means = [_mean(values, owner, drawn) for values in (e, e / a, p)]
    return SaliencyNumbers(len(a), float(a.mean()), *means)


def _mean(values: NDArray[np.float64], owner: NDArray[np.intp], drawn: NDArray[np.int64]) -> Mean:
    """Of (n,) values; `owner` (n,) is each one's patient, `drawn` (replicates, patients) who was drawn."""
    total, count = np.bincount(owner, values), np.bincount(owner)
    low, high = np.quantile(total[drawn].sum(axis=1) / count[drawn].sum(axis=1), [0.025, 0.975])
    return Mean(float(values.mean()), ConfidenceInterval(float(low), float(high)))
