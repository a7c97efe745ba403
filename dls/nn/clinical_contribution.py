"""What each clinical variable contributed to the answer of a model with a clinical branch.

Integrated gradients over the coded vector, from a patient of whom nothing is known to the patient, with the
images as they are; summed over the codes of each variable.  The codes join the last hidden layer, so the
stored features and the weights of the last layer are all that is needed, and no TensorFlow.

Source: Sundararajan, Taly and Yan, Axiomatic attribution for deep networks, ICML 2017 (completeness: the
contributions sum to the change of the answer).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax

from dls.clinical import VARIABLES, ClinicalRecord, encode
from dls.errors import InputError
from dls.nn.package import ModelPackage, load_last_layer

PATH_STEPS = 64
"""Points of the midpoint rule."""


@dataclass(frozen=True, slots=True)
class ClinicalContribution:
    """Contributions to the log-probability of one class, in nats, mean over the patient's image groups.

    Parameters
    ----------
    target : name of the class
    by_variable : name of the variable -> contribution; positive speaks for the class
    change : log-probability with the clinical data less that with all of them missing; the sum of the
        contributions but for the error of the numerical integral
    """

    target: str
    by_variable: dict[str, float]
    change: float


def clinical_contribution(
    package: ModelPackage, hidden: NDArray[np.floating], target: int
) -> ClinicalContribution:
    """Contributions of a patient's clinical variables to one class.

    Parameters
    ----------
    hidden : (n, d) last hidden layer of the patient's image groups, the clinical code in its last columns
    target : index of the class

    Raises
    ------
    InputError
        when the model takes no clinical data, there is no image group or no such class.
    PackageError
        when the weights cannot be read.
    """
    n_codes = package.clinical_codes
    kernel, bias = load_last_layer(package)
    if not n_codes:
        raise InputError(f"{package.spec.name} takes no clinical data", expected="a model such as F or G")
    if hidden.ndim != 2 or not len(hidden) or hidden.shape[1] != len(kernel):
        raise InputError(
            "These are not the features of a patient's image groups",
            expected=f"(n, {len(kernel)}), n at least 1",
            got=str(hidden.shape),
        )
    if not 0 <= target < len(package.classes):
        raise InputError("No such class", expected=f"0 to {len(package.classes) - 1}", got=str(target))
    start = np.asarray(hidden, np.float64).copy()
    start[:, -n_codes:] = encode(ClinicalRecord())
    way = hidden - start
    mean_slope = np.zeros((len(hidden), n_codes))
    for step in range(PATH_STEPS):
        scores = (start + (step + 0.5) / PATH_STEPS * way) @ kernel + bias
        pull = kernel[:, target][None] - softmax(scores, axis=1) @ kernel.T
        mean_slope += pull[:, -n_codes:] / PATH_STEPS
    by_code = (way[:, -n_codes:] * mean_slope).mean(axis=0)
    ends = [log_softmax(h @ kernel + bias, axis=1)[:, target].mean() for h in (start + way, start)]
    edges = np.cumsum([len(v.levels) + 1 for v in VARIABLES])[:-1]
    return ClinicalContribution(
        package.classes[target],
        {v.name: float(p.sum()) for v, p in zip(VARIABLES, np.split(by_code, edges), strict=True)},
        float(ends[0] - ends[1]),
    )
