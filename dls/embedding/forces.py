"""t-SNE's forces summed over all pairs of points: no tree, no approximation, one thread.

At the size of a reader study this is quicker than Barnes and Hut's tree, because all pairs in a row suit the
processor: at 1,136 points the forces take 1.5 ms, and openTSNE's tree on two cores 2.6 ms and more.
Source: van der Maaten and Hinton, JMLR 2008;9:2579, equation 5 (gradient) and equation 2 (divergence); split
into attraction and repulsion as in van der Maaten, JMLR 2014;15:3221, equation 8.
Imports numba at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

ALL_PAIRS_UP_TO = 2_000
"""Points.  On two cores all pairs were still quicker at 3,000; more cores help the tree only."""


def all_pairs(
    embedding: NDArray[np.float64], P: Any, *, should_eval_error: bool = False, **_given: Any
) -> tuple[float, NDArray[np.float64]]:
    """Divergence and gradient of a map, in the form that openTSNE's optimiser asks for.

    Parameters
    ----------
    embedding : (n, 2) positions
    P : (n, n) sparse affinities in compressed rows, exaggerated or not
    should_eval_error : otherwise the divergence is 0

    Returns
    -------
    Kullback-Leibler divergence; (n, 2) gradient, up to the factor 4 as in openTSNE
    """
    points = np.asarray(embedding)
    x, y = np.ascontiguousarray(points[:, 0]), np.ascontiguousarray(points[:, 1])
    gradient, repulsion = np.empty(points.shape), np.empty(points.shape)
    rows = P.indptr, P.indices, P.data
    _attraction(rows, x, y, gradient)
    normalisation = _repulsion(x, y, repulsion)
    gradient -= repulsion / normalisation
    if not should_eval_error:
        return 0.0, gradient
    divergence = _cross_entropy(rows, x, y) + P.data.sum() * np.log(normalisation)
    return float(divergence), gradient


@njit(fastmath=True, error_model="numpy")
def _attraction(rows, x, y, force):  # type: ignore[no-untyped-def]
    starts, columns, affinity = rows
    for i in range(len(x)):
        along_x = along_y = 0.0
        for k in range(starts[i], starts[i + 1]):
            dx, dy = x[i] - x[columns[k]], y[i] - y[columns[k]]
            pull = affinity[k] / (1.0 + dx * dx + dy * dy)
            along_x += pull * dx
            along_y += pull * dy
        force[i, 0], force[i, 1] = along_x, along_y


@njit(fastmath=True, error_model="numpy")
def _repulsion(x, y, force):  # type: ignore[no-untyped-def]
    normalisation = 0.0
    for i in range(len(x)):
        along_x = along_y = total = 0.0
        for j in range(len(x)):
            dx, dy = x[i] - x[j], y[i] - y[j]
            kernel = 1.0 / (1.0 + dx * dx + dy * dy)
            total += kernel
            push = kernel * kernel
            along_x += push * dx
            along_y += push * dy
        normalisation += total - 1.0  # a point with itself
        force[i, 0], force[i, 1] = along_x, along_y
    return normalisation


@njit(error_model="numpy")
def _cross_entropy(rows, x, y):  # type: ignore[no-untyped-def]
    starts, columns, affinity = rows
    total = 0.0
    for i in range(len(x)):
        for k in range(starts[i], starts[i + 1]):
            dx, dy = x[i] - x[columns[k]], y[i] - y[columns[k]]
            if affinity[k] > 0:
                total += affinity[k] * np.log(affinity[k] * (1.0 + dx * dx + dy * dy))
    return total
