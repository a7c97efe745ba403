"""Two-dimensional maps of the networks' features: Barnes-Hut t-SNE and UMAP.

Both are repeatable from their seed, and neither ever runs on page load: maps are made once and stored.
Sources: van der Maaten, Accelerating t-SNE using tree-based algorithms, JMLR 2014;15:3221; Policar et al.,
openTSNE, J Stat Softw 2024;109(3); McInnes et al., UMAP, 2018 (arXiv:1802.03426).
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dls.errors import InputError

Progress = Callable[[int, int, str], None]
_EXAGGERATED = 250  # iterations of early exaggeration, part of the whole number
_REPORT_EVERY = 50


def tsne(
    features: ArrayLike,
    *,
    theta: float = 0.5,
    perplexity: float = 50.0,
    iterations: int = 10_000,
    seed: int = 2020,
    progress: Progress | None = None,
) -> NDArray[np.float32]:
    """Map (n, 2) of features (n, d) by Barnes-Hut t-SNE; the defaults are the paper's settings.

    Parameters
    ----------
    theta : accuracy of the Barnes-Hut approximation, 0 is exact
    perplexity : effective number of neighbours
    iterations : of gradient descent, early exaggeration included
    seed : of the initial positions
    progress : called every 50 iterations and at the end

    Raises
    ------
    InputError
        when there are too few points for the perplexity, or a feature is not finite.
    """
    points = _checked(features, needed=3 * int(np.ceil(perplexity)) + 1, what=f"perplexity {perplexity:g}")
    from openTSNE import TSNE

    early = min(_EXAGGERATED, iterations // 4)
    done = 0

    def report(_iteration: int, _error: float, _embedding: object) -> bool:
        nonlocal done
        done = min(done + _REPORT_EVERY, iterations)
        if progress is not None:
            progress(done, iterations, "t-SNE iterations")
        return False

    mapped = TSNE(
        perplexity=perplexity,
        negative_gradient_method="bh",
        theta=theta,
        early_exaggeration_iter=early,
        n_iter=iterations - early,
        neighbors="exact",
        initialization="pca",
        random_state=seed,
        n_jobs=-1,
        callbacks=report,
        callbacks_every_iters=_REPORT_EVERY,
    ).fit(points)
    if progress is not None:
        progress(iterations, iterations, "t-SNE iterations")
    return np.asarray(mapped, dtype=np.float32)


def umap(
    features: ArrayLike,
    *,
    neighbors: int = 15,
    minimum_distance: float = 0.1,
    seed: int = 2020,
    progress: Progress | None = None,
) -> NDArray[np.float32]:
    """Map (n, 2) of features (n, d) by UMAP.

    Parameters
    ----------
    neighbors : size of the local neighbourhood
    minimum_distance : between points of the map
    seed : of the initial positions and the sampling; fixes the work to one thread
    progress : called before and after

    Raises
    ------
    InputError
        when there are too few points for the neighbourhood, or a feature is not finite.
    """
    points = _checked(features, needed=neighbors + 2, what=f"{neighbors} neighbors")
    if progress is not None:
        progress(0, 1, "UMAP")
    reducer = _umap_module().UMAP(
        n_neighbors=neighbors, min_dist=minimum_distance, random_state=seed, n_jobs=1
    )
    mapped = reducer.fit_transform(points)
    if progress is not None:
        progress(1, 1, "UMAP")
    return np.asarray(mapped, dtype=np.float32)


def _checked(features: ArrayLike, needed: int, what: str) -> NDArray[np.float32]:
    points = np.asarray(features, dtype=np.float32)
    if points.ndim != 2 or len(points) < needed:
        raise InputError(
            "Too few points for a feature map",
            expected=f"(n, d) with n at least {needed} for {what}",
            got=str(points.shape),
            remedy="use more image groups or a smaller neighbourhood",
        )
    if not np.isfinite(points).all():
        raise InputError("The features contain values that are not finite", expected="finite features")
    return points


def _umap_module() -> ModuleType:
    with _without_tensorflow(), warnings.catch_warnings():
        warnings.simplefilter("ignore", ImportWarning)  # says that its neural variant is not available
        import umap as module
    return module


@contextmanager
def _without_tensorflow() -> Iterator[None]:
    """Keep umap from loading TensorFlow, which it would do for a variant that is not used here."""
    if "tensorflow" in sys.modules:
        yield
        return
    sys.modules["tensorflow"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["tensorflow"]
