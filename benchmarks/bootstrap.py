"""Time of a 2,000-replicate bootstrap of every figure of Tables 1-3.

    python -m benchmarks.bootstrap [--repeats 5] [--replicates 2000]

One call resamples the 201 patients for all of it: the 25 AUCs, the 14 differences of AUCs, every sensitivity
and specificity of ten systems on their own subset, and the accuracies of Table 4.  Scores and calls are
simulated in the composition of the published cohort; their values do not change the time.  Goal: a median of
at most 2 s, by percentiles and by BCa.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from dls.phantom.cohort import VALIDATION_COMPOSITION
from dls.stats.bootstrap import (
    WeightedStatistic,
    bootstrap,
    weighted_auc,
    weighted_difference,
    weighted_rate,
)

SEVEN_WAY, BINARY, THREE_WAY = ("A", "B"), ("C", "D"), ("E", "F", "G")
GOAL = 2.0


def tables() -> tuple[dict[str, WeightedStatistic], int]:
    """Every figure of Tables 1-3 as a statistic of weights, and the number of patients."""
    generator = np.random.default_rng(0)
    truth = np.repeat(np.arange(7), list(VALIDATION_COMPOSITION.values()))
    malignant = truth >= 4
    figures: dict[str, WeightedStatistic] = {}

    def add(system: str, targets: dict[str, np.ndarray], among: np.ndarray, scored: bool) -> None:
        right = generator.random(truth.size) < 0.8
        for name, positive in targets.items():
            called = np.where(right, positive, ~positive)
            figures[f"{system} {name} sensitivity"] = weighted_rate(called, positive & among)
            figures[f"{system} {name} specificity"] = weighted_rate(~called, ~positive & among)
            if scored:
                score = np.where(among, generator.normal(size=truth.size) + 2 * positive, -np.inf)
                figures[f"{system} {name} AUC"] = _within(among, positive, score)
        figures[f"{system} accuracy"] = weighted_rate(right, among)

    everybody = np.ones(truth.size, dtype=bool)
    seven = {str(k): truth == k for k in range(7)}
    three = {str(k): truth == k for k in range(4, 7)}
    for system in (*SEVEN_WAY, "consensus"):
        add(system, seven, everybody, system != "consensus")
    for system in (*BINARY, "consensus, binary"):
        add(system, {"malignant": malignant}, everybody, system in BINARY)
    for system in (*THREE_WAY, "consensus, malignant"):
        add(system, three, malignant, system in THREE_WAY)
    pairs = [("A", "B", k) for k in seven] + [("C", "D", "malignant")]
    pairs += [(first, "G", k) for first in ("E", "F") for k in three]
    for first, second, target in pairs:
        one, other = figures[f"{first} {target} AUC"], figures[f"{second} {target} AUC"]
        figures[f"{first} - {second} {target} AUC"] = weighted_difference(one, other)
    return figures, truth.size


def _within(among: np.ndarray, positive: np.ndarray, score: np.ndarray) -> WeightedStatistic:
    area = weighted_auc(positive[among], score[among])
    return lambda weights: area(weights[:, among])


def main() -> None:
    """Print the medians and whether they reach the goal."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--replicates", type=int, default=2000)
    arguments = parser.parse_args()
    figures, n_patients = tables()
    print(f"{len(figures)} figures, {n_patients} patients, {arguments.replicates} replicates")
    for kind in ("percentile", "BCa"):
        taken = []
        for repeat in range(arguments.repeats):
            start = time.perf_counter()
            bootstrap(
                figures, np.arange(n_patients), n_replicates=arguments.replicates, seed=repeat, kind=kind
            )
            taken.append(time.perf_counter() - start)
        median = float(np.median(taken))
        verdict = "reached" if median <= GOAL else "missed"
        print(f"{kind:>10}: median {median:.2f} s of {arguments.repeats}; goal {GOAL:.0f} s {verdict}")


if __name__ == "__main__":
    main()
