"""Time of the feature map against scikit-learn's Barnes-Hut t-SNE, same settings, same run.

    python -m benchmarks.embedding [--groups 1136] [--features 1536] [--iterations 10000] [--rounds 3]

Both run all iterations (scikit-learn's early stop is switched off), in turn; the medians are compared.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings

import numpy as np
from numpy.typing import NDArray

from dls import embedding
from dls.analysis.cluster_quality import cluster_quality

CLASSES = 7
GOAL = 1.0


def features(groups: int, width: int, seed: int = 2020) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Rectified Gaussian clusters, six image groups a patient, as pooled features are: (n, d); patients."""
    random = np.random.default_rng(seed)
    patient = np.arange(groups) // 6
    label = patient % CLASSES
    centre = random.normal(size=(CLASSES, width))
    own = random.normal(size=(patient.max() + 1, width))
    points = 0.35 * centre[label] + 0.6 * own[patient] + 0.4 * random.normal(size=(groups, width))
    return np.maximum(points, 0).astype(np.float32), patient


def scikit_learn(points: NDArray[np.float32], iterations: int) -> NDArray[np.float32]:
    """scikit-learn's Barnes-Hut t-SNE with the paper's settings."""
    from sklearn.manifold import TSNE

    model = TSNE(
        perplexity=50,
        angle=0.5,
        max_iter=iterations,
        n_iter_without_progress=iterations,
        min_grad_norm=0,
        init="pca",
        method="barnes_hut",
        random_state=2020,
        n_jobs=-1,
    )
    mapped: NDArray[np.float32] = model.fit_transform(points)
    return mapped


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--groups", type=int, default=1136)
    parser.add_argument("--features", type=int, default=1536)
    parser.add_argument("--iterations", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    points, patient = features(args.groups, args.features)
    embedding.tsne(points[:200], iterations=50)
    scikit_learn(points[:200], 250)
    ours, theirs = [], []
    for _ in range(args.rounds):
        start = time.perf_counter()
        mapped = embedding.tsne(points, iterations=args.iterations)
        ours.append(time.perf_counter() - start)
        start = time.perf_counter()
        other = scikit_learn(points, args.iterations)
        theirs.append(time.perf_counter() - start)
    label = patient % CLASSES
    for name, times, xy in (("this project", ours, mapped), ("scikit-learn", theirs, other)):
        quality = cluster_quality(xy, patient, label)
        print(f"{name:<14} median {statistics.median(times):6.1f} s   purity {quality.purity:.3f}")
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    print(f"ratio {ratio:.2f} (goal at most {GOAL}): {'reached' if ratio <= GOAL else 'missed'}")


if __name__ == "__main__":
    main()
