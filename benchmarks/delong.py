"""Time of the paired DeLong test against pROC and MLstatkit on the same data, and of the Van Dyke analysis.

    python -m benchmarks.delong [--repeats 7] [--cases 201 20000 200000]

pROC is timed inside R (start of R and reading not counted) where Rscript and pROC are installed
(`apt-get install r-cran-proc`), MLstatkit in this process where it can be imported (`pip install --no-deps
MLstatkit`); what is not installed is left out, and said.  Every figure is a median.  Goals: faster than both
at 200,000 cases with z equal to 1e-10; the Van Dyke analysis from its file within 50 ms.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from dls.stats.crossed import crossed_ratings
from dls.stats.delong import compare
from dls.stats.mrmc import obuchowski_rockette

HERE = Path(__file__).parent


def scores(n_cases: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truth and two correlated scores with some ties, (n_cases,) each."""
    generator = np.random.default_rng(n_cases)
    truth = generator.random(n_cases) < 0.4
    shared = generator.normal(size=n_cases) + truth
    a = np.round(shared + 0.5 * generator.normal(size=n_cases), 4)
    return truth, a, np.round(shared + 0.5 * generator.normal(size=n_cases), 4)


def median_seconds(work: Callable[[], object], repeats: int) -> float:
    """Median wall-clock time of a call, after one to warm up."""
    work()
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return float(np.median(taken))


def proc(truth: np.ndarray, a: np.ndarray, b: np.ndarray, repeats: int) -> tuple[float, float, float] | None:
    """Seconds, z and p of pROC, or None where it is not installed."""
    if shutil.which("Rscript") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scores.bin"
        np.concatenate([truth, a, b]).astype(np.float64).tofile(path)
        script = str(HERE / "delong.R")
        command = ["Rscript", script, str(path), str(truth.size), str(repeats)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print("pROC did not run:", done.stderr.strip().splitlines()[-1])
        return None
    seconds, z, p = map(float, done.stdout.split())
    return seconds, z, p


def mlstatkit(truth: np.ndarray, a: np.ndarray, b: np.ndarray, repeats: int) -> tuple[float, float] | None:
    """Seconds and p of MLstatkit, or None where it is not installed."""
    if importlib.util.find_spec("MLstatkit") is None:
        return None
    from MLstatkit import Delong_test

    labels = truth.astype(int)
    return median_seconds(lambda: Delong_test(labels, a, b), repeats), float(Delong_test(labels, a, b)[1])


def delong(n_cases: int, repeats: int) -> None:
    """One line of the table."""
    truth, a, b = scores(n_cases)
    ours = compare(truth, a, b)
    seconds = median_seconds(lambda: compare(truth, a, b), repeats)
    line = f"{n_cases:>9,} cases: {seconds * 1e3:9.2f} ms, z {ours.statistic:.12f}"
    theirs = proc(truth, a, b, repeats)
    if theirs is None:
        line += " | pROC not installed"
    else:
        line += f" | pROC {theirs[0] * 1e3:9.2f} ms, {theirs[0] / seconds:5.1f} x, z differs by "
        line += f"{abs(theirs[1] - ours.statistic):.1e}"
    other = mlstatkit(truth, a, b, repeats)
    if other is None:
        line += " | MLstatkit not installed"
    else:
        line += f" | MLstatkit {other[0] * 1e3:9.2f} ms, {other[0] / seconds:5.1f} x, p differs by "
        line += f"{abs(other[1] - ours.pvalue):.1e}"
    print(line)


def vandyke(repeats: int) -> None:
    """The multi-reader analysis, from the file and from the ratings in memory."""
    path = HERE.parent / "data" / "golden" / "vandyke.csv"
    ratings = crossed_ratings(pd.read_csv(path), modality="treatment")
    whole = median_seconds(
        lambda: obuchowski_rockette(crossed_ratings(pd.read_csv(path), modality="treatment")), repeats
    )
    alone = median_seconds(lambda: obuchowski_rockette(ratings), repeats)
    p = obuchowski_rockette(ratings).analyses["RRRC"].pvalue
    print(f"Van Dyke: {whole * 1e3:.1f} ms from the file, {alone * 1e3:.1f} ms from the ratings; p {p:.13f}")


def main() -> None:
    """Print one line a size, then the Van Dyke analysis."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--cases", type=int, nargs="+", default=[201, 20_000, 200_000])
    args = parser.parse_args()
    for n_cases in args.cases:
        delong(n_cases, args.repeats)
    vandyke(args.repeats)


if __name__ == "__main__":
    main()
