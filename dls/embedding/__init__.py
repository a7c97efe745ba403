"""Two-dimensional maps of the networks' features, and new cases in them: t-SNE and UMAP.

Both are repeatable from their seed, and neither ever runs on page load: maps are made once and stored.
Sources: van der Maaten, Accelerating t-SNE using tree-based algorithms, JMLR 2014;15:3221; Policar et al.,
openTSNE, J Stat Softw 2024;109(3); McInnes et al., UMAP, 2018 (arXiv:1802.03426).
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dls.errors import InputError
from dls.progress import Progress

SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "tsne": {"theta": 0.5, "perplexity": 50, "iterations": 10_000, "seed": 2020},
    "umap": {"neighbors": 15, "minimum_distance": 0.1, "seed": 2020},
}
"""Settings of a map by its method, the paper's for t-SNE; a study stores them with each map."""
_EXAGGERATED = 250  # iterations of early exaggeration, part of the whole number
_EXAGGERATION = 12
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
    """Map (n, 2) of features (n, d) by t-SNE; the defaults are the paper's settings.

    Parameters
    ----------
    theta : accuracy of the Barnes-Hut approximation, 0 is exact; up to 2,000 points the forces are exact,
        because that is quicker (see `dls.embedding.forces`)
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
    _let_waiting_threads_sleep()
    from openTSNE import TSNEEmbedding, initialization
    from openTSNE.affinity import PerplexityBasedNN

    from dls.embedding import forces

    done = 0

    def report(_iteration: int, _error: float, _embedding: object) -> bool:
        nonlocal done
        done = min(done + _REPORT_EVERY, iterations)
        _say(progress, done, "t-SNE iterations", iterations)
        return False

    mapped = TSNEEmbedding(
        initialization.pca(points, random_state=seed),
        PerplexityBasedNN(points, perplexity=perplexity, method="exact", random_state=seed, n_jobs=-1),
        negative_gradient_method=forces.all_pairs if len(points) <= forces.ALL_PAIRS_UP_TO else "bh",
        theta=theta,
        random_state=seed,
        n_jobs=-1,
        callbacks=report,
        callbacks_every_iters=_REPORT_EVERY,
    )
    early = min(_EXAGGERATED, iterations // 4)
    mapped.optimize(early, exaggeration=_EXAGGERATION, momentum=0.8, inplace=True)
    mapped.optimize(iterations - early, exaggeration=None, momentum=0.8, inplace=True)
    _say(progress, iterations, "t-SNE iterations", iterations)
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
    _say(progress, 0, "UMAP")
    reducer = _umap_module().UMAP(
        n_neighbors=neighbors, min_dist=minimum_distance, random_state=seed, n_jobs=1
    )
    mapped = reducer.fit_transform(points)
    _say(progress, 1, "UMAP")
    return np.asarray(mapped, dtype=np.float32)


def project_tsne(
    features: ArrayLike,
    xy: ArrayLike,
    new: ArrayLike,
    *,
    theta: float = 0.5,
    perplexity: float = 50.0,
    seed: int = 2020,
    progress: Progress | None = None,
) -> NDArray[np.float32]:
    """Places (m, 2) of new features (m, d) in a map that stays as it is.

    Each new point starts at the median of its 25 nearest neighbours and moves under openTSNE's transformation
    settings (perplexity 5, 250 iterations, exaggeration 1.5), while the points of the map stand still.

    Parameters
    ----------
    features, xy : (n, d) and (n, 2), what `tsne` was given and gave
    theta, perplexity, seed : as for `tsne`

    Raises
    ------
    InputError
        when shapes do not fit, there are too few points or a value is not finite.
    """
    points, places, added = _checked_projection(
        features, xy, new, 3 * int(np.ceil(perplexity)) + 1, f"perplexity {perplexity:g}"
    )
    if not len(added):
        return np.zeros((0, 2), np.float32)
    _let_waiting_threads_sleep()
    from openTSNE import TSNEEmbedding
    from openTSNE.affinity import PerplexityBasedNN

    _say(progress, 0, "t-SNE projection")
    affinities = PerplexityBasedNN(
        points, perplexity=perplexity, method="exact", random_state=seed, n_jobs=-1
    )
    fitted = TSNEEmbedding(
        places.astype(np.float64),
        affinities,
        negative_gradient_method="bh",
        theta=theta,
        random_state=seed,
        n_jobs=-1,
    )
    placed = np.asarray(fitted.transform(added), dtype=np.float32)
    _say(progress, 1, "t-SNE projection")
    return placed


def project_umap(
    features: ArrayLike,
    xy: ArrayLike,
    new: ArrayLike,
    *,
    neighbors: int = 15,
    minimum_distance: float = 0.1,
    seed: int = 2020,
    progress: Progress | None = None,
) -> NDArray[np.float32]:
    """Places (m, 2) of new features (m, d) in a map that stays as it is, by UMAP's transformation.

    Parameters
    ----------
    features, xy : (n, d) and (n, 2), what `umap` was given and gave
    neighbors, minimum_distance, seed : as for `umap`

    Raises
    ------
    InputError
        when shapes do not fit, there are too few points or a value is not finite.
    """
    points, places, added = _checked_projection(features, xy, new, neighbors + 2, f"{neighbors} neighbors")
    if not len(added):
        return np.zeros((0, 2), np.float32)
    _say(progress, 0, "UMAP projection")
    reducer = _umap_module().UMAP(
        n_neighbors=neighbors,
        min_dist=minimum_distance,
        n_epochs=0,
        init="random",
        random_state=seed,
        transform_seed=seed,
        n_jobs=1,
    )
    reducer.fit(points)  # neighbours only; the stored map takes the place of the random one
    reducer.embedding_, reducer.n_epochs = places.astype(np.float32), None
    placed = np.asarray(reducer.transform(added), dtype=np.float32)
    _say(progress, 1, "UMAP projection")
    return placed


Map = Callable[..., NDArray[np.float32]]
FIT: Mapping[str, Map] = {"tsne": tsne, "umap": umap}
"""What makes a map, by its method."""
PLACE: Mapping[str, Map] = {"tsne": project_tsne, "umap": project_umap}
"""What puts new features into a map, by its method."""


def _let_waiting_threads_sleep() -> None:
    """Threads of openTSNE meet four times an iteration; by default they spin there.

    On a machine with other work that made a map take six times as long.  OpenMP reads this when it is loaded.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def _say(progress: Progress | None, done: int, what: str, total: int = 1) -> None:
    if progress is not None:
        progress(done, total, what)


def _checked_projection(
    features: ArrayLike, xy: ArrayLike, new: ArrayLike, needed: int, what: str
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    points = _checked(features, needed, what)
    places, added = (np.ascontiguousarray(v, np.float32) for v in (xy, new))
    if places.shape != (len(points), 2) or added.ndim != 2 or added.shape[1] != points.shape[1]:
        raise InputError(
            "Map, features and new features do not fit together",
            expected=f"({len(points)}, 2) and (m, {points.shape[1]})",
            got=f"{places.shape} and {added.shape}",
        )
    if not (np.isfinite(places).all() and np.isfinite(added).all()):
        raise InputError("The map or the new features contain values that are not finite")
    return points, places, added


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


@cache
def _umap_module() -> ModuleType:
    with _without_tensorflow(), warnings.catch_warnings():
        warnings.simplefilter("ignore", ImportWarning)  # says that its neural variant is not available
        import umap as module
    _keep_what_is_compiled()
    return module


def _keep_what_is_compiled() -> None:
    """Let numba keep umap's compiled functions on disk; else every new process compiles for some 20 s."""
    for name, module in list(sys.modules.items()):
        if name.startswith("umap."):
            for function in vars(module).values():
                if hasattr(function, "enable_caching") and function.__module__ == name:
                    function.enable_caching()


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
