"""How well the novelty warning tells altered patients from ordinary ones: AUROC and alarms, model by model.

    python -m benchmarks.novelty --data VALIDATION.npz [--models data/demo/models]

Ordinary: the patients of the file.  Altered: the same patients with two sequences exchanged, a sequence
replaced by another, intensities shifted or inverted, or noise added.  The packages must have their novelty
(python -m dls package novelty).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from dls.demo.results import MODELS_FOLDER
from dls.nn.data import GroupSet
from dls.nn.novelty import distance_to_nearest_class, load_gaussians
from dls.nn.package import ModelPackage, load_packages
from dls.nn.predict import features

Pixels = NDArray[np.float32]


def exchanged(pixels: Pixels) -> Pixels:
    """T2 and DWI in each other's place."""
    return pixels[..., [1, 0, 2, 3, 4, 5]]


def replaced(pixels: Pixels) -> Pixels:
    """T1 before contrast where T2 should be."""
    return pixels[..., [2, 1, 2, 3, 4, 5]]


def shifted(pixels: Pixels) -> Pixels:
    """All intensities 0.15 brighter, where the body's upper quartile is 0.5."""
    return np.clip(pixels + 0.15, 0, 1)


def inverted(pixels: Pixels) -> Pixels:
    """Bright is dark."""
    return 1 - pixels


def noisy(pixels: Pixels) -> Pixels:
    """Normal noise of 0.1 more."""
    noise = np.random.default_rng(2020).normal(0, 0.1, pixels.shape)
    return np.clip(pixels + noise, 0, 1).astype(np.float32)


ALTERED: dict[str, Callable[[Pixels], Pixels]] = {
    "T2 and DWI exchanged": exchanged,
    "T1 in place of T2": replaced,
    "brighter by 0.15": shifted,
    "inverted": inverted,
    "noise 0.1": noisy,
}


def distances(package: ModelPackage, groups: GroupSet, pixels: Pixels) -> NDArray[np.float64]:
    """(p,) distance of each patient from the model's training patients."""
    gaussians = load_gaussians(package)
    assert gaussians is not None, f"{package.folder} has no novelty"
    hidden = features(package, pixels, groups.clinical[groups.patient])
    each = distance_to_nearest_class(gaussians, hidden)
    return np.bincount(groups.patient, each) / np.bincount(groups.patient)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=MODELS_FOLDER)
    args = parser.parse_args()
    whole = GroupSet.load(args.data)
    for letter, package in load_packages(args.models).items():
        groups, _ = whole.for_task(package.spec.task)
        pixels = groups.pixels.astype(np.float32)
        gaussians = load_gaussians(package)
        assert gaussians is not None, f"{package.folder} has no novelty"
        ordinary = distances(package, groups, pixels)
        alarms = np.mean(ordinary > gaussians.threshold)
        print(f"Model {letter}: {len(ordinary)} ordinary patients, {alarms:.0%} alarms")
        for name, alter in ALTERED.items():
            altered = distances(package, groups, alter(pixels))
            truth = np.repeat([0, 1], len(ordinary))
            auc = roc_auc_score(truth, np.concatenate([ordinary, altered]))
            found = np.mean(altered > gaussians.threshold)
            print(f"  {name:<22} AUROC {auc:.3f}, {found:.0%} alarms", flush=True)


if __name__ == "__main__":
    main()
