"""Does a saliency map depend on what the model learned?  Weights are shuffled layer by layer from the top.

A map that stays the same when the network no longer knows anything shows the image, not the model.
Source: Adebayo et al., Sanity checks for saliency maps, NeurIPS 2018 (cascading randomisation, rank
correlation of absolute maps); kernels are shuffled within themselves here, so that every layer keeps the
distribution of its weights.
Importing this module does not load TensorFlow; calling `randomisation_check` does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from dls.errors import InputError
from dls.nn.package import ModelPackage, load_weights
from dls.nn.predict import Loaded, predict
from dls.nn.saliency import SaliencyMethod, saliency

SHARES = (0.25, 0.5, 0.75, 1.0)
"""Shares of the kernels, from the top, that are shuffled after the last one alone."""


@dataclass(frozen=True, slots=True)
class RandomisedStage:
    """One step of the cascade.

    Parameters
    ----------
    kernels, of : how many kernels are shuffled, from the top, and how many there are
    correlation : mean over image groups of Spearman's rank correlation with the model's own map
    """

    kernels: int
    of: int
    correlation: float


def randomisation_check(
    package: ModelPackage,
    pixels: NDArray[np.floating],
    clinical: NDArray[np.floating] | None = None,
    method: SaliencyMethod = SaliencyMethod.GRADIENT,
    *,
    seed: int = 2020,
) -> tuple[RandomisedStage, ...]:
    """Rank correlation of the maps of image groups with those of ever less of the model.

    The class is each group's predicted one by the model itself, at every stage.

    Parameters
    ----------
    pixels, clinical : as for `dls.nn.predict.predict`, at least one image group
    seed : of the shuffling

    Raises
    ------
    InputError
        when shapes do not match the package or there is no image group.
    """
    if not len(pixels):
        raise InputError("The check needs image groups", expected="at least one", got="none")
    called = predict(package, pixels, clinical).argmax(axis=1)
    weights = load_weights(package)
    network = Loaded(package, weights)
    own = _maps(package, (pixels, clinical), method, called, network)
    kernels = [name for name in sorted(weights, reverse=True) if weights[name].ndim > 1]
    random = np.random.default_rng(seed)
    stages, done = [], 0
    for end in sorted({1, *(round(share * len(kernels)) for share in SHARES)}):
        for name in kernels[done:end]:
            weights[name] = random.permutation(weights[name].ravel()).reshape(weights[name].shape)
        done = end
        network.replace_weights(weights)
        maps = _maps(package, (pixels, clinical), method, called, network)
        stages.append(RandomisedStage(end, len(kernels), rank_correlation(own, maps)))
    return tuple(stages)


def rank_correlation(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Mean over rows of Spearman's rank correlation of (n, ...) maps; 0 for an even map."""
    ranks = [rankdata(m.reshape(len(m), -1), axis=1) for m in (first, second)]
    centred = [r - r.mean(axis=1, keepdims=True) for r in ranks]
    size = np.prod([np.sqrt((c**2).sum(axis=1)) for c in centred], axis=0)
    product = (centred[0] * centred[1]).sum(axis=1)
    return float(np.mean(np.divide(product, size, out=np.zeros(len(size)), where=size > 0)))


def _maps(
    package: ModelPackage,
    inputs: tuple[NDArray[np.floating], NDArray[np.floating] | None],
    method: SaliencyMethod,
    called: NDArray[np.integer],
    network: Loaded,
) -> NDArray[np.float32]:
    """Maps of each group for its own class."""
    pixels, clinical = inputs
    maps = np.zeros((len(pixels), *package.input_shape), np.float32)
    for target in np.unique(called):
        rows = called == target
        codes = None if clinical is None else clinical[rows]
        maps[rows] = saliency(package, pixels[rows], codes, int(target), method, network=network)
    return maps
