"""Tables 1-4 from the files of an export, with NumPy, SciPy and scikit-learn and nothing of the program.

Kappa's z: Fleiss, Cohen and Everitt, Psychol Bull 1969;72:323.  AUC: DeLong, DeLong and Clarke-Pearson,
Biometrics 1988;44:837, by placements pair by pair; where that variance is zero Newcombe, Stat Med
2006;25:559, method 5.  Rates: Clopper and Pearson, Biometrika 1934;26:404.
"""

from __future__ import annotations

import io
import itertools
import zipfile
from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.stats import binomtest, chi2, norm
from sklearn.metrics import cohen_kappa_score, roc_auc_score

Row = tuple[float, float, float]
Key = tuple[str, str, str, str]
NONE = float("nan")
CLASSES = [
    "cyst", "hemangioma", "FNH", "other benign nodules", "HCC", "metastatic malignancy",
    "other primary malignancy",
]  # fmt: skip
TASKS = {"1": "ABreaders", "2": "CDreaders", "3": "EFGreaders"}
PAIRS = {"1": ["AB"], "2": ["CD"], "3": ["EG", "FG"]}
Z = float(norm.isf(0.025))


class Exported:
    """Truth, calls and scores of an exported study, by case.

    Parameters
    ----------
    content : the export
    threshold : score from which models C and D call malignant
    """

    def __init__(self, content: bytes, threshold: float) -> None:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            read = {n: pd.read_csv(archive.open(n)) for n in archive.namelist() if n.endswith(".csv")}
        self.cases = read["cases.csv"].set_index("case_id").sort_index()
        self.truth = self.cases["lesion_class"]
        order = self.truth.index
        newest = (
            read["readings.csv"].sort_values("revision").drop_duplicates(["reader", "case_id"], keep="last")
        )
        self.calls = {n: g.set_index("case_id")["lesion_class"][order] for n, g in newest.groupby("reader")}
        self.confidence = {
            n: g.set_index("case_id")["malignancy"][order] for n, g in newest.groupby("reader")
        }
        self.seconds = {
            n: g.set_index("case_id")["active_seconds"][order] for n, g in newest.groupby("reader")
        }
        self.calls["Reader consensus"] = read["consensus.csv"].set_index("case_id")["lesion_class"][order]
        self.scores = {
            n.removeprefix("scores_").removesuffix(".csv"): table.drop(columns="group")
            .groupby("case_id")
            .mean()
            .loc[order]
            for n, table in read.items()
            if n.startswith("scores_")
        }
        self.threshold = threshold

    def task(self, number: str) -> tuple[np.ndarray, np.ndarray]:
        """Cases of a task (a mask), and the truth of these as the index of a class of the task."""
        lesion = self.truth.to_numpy()
        if number == "1":
            return np.ones(len(lesion), bool), lesion
        if number == "2":
            return np.ones(len(lesion), bool), (lesion >= 4).astype(int)
        return lesion >= 4, lesion[lesion >= 4] - 4

    def called(self, number: str) -> dict[str, np.ndarray]:
        """Call of every system in a task's cases; -1 is a benign call on a malignant case."""
        inside, _ = self.task(number)
        found = {}
        for letter, table in self.scores.items():
            if letter in TASKS[number]:
                rows = table.to_numpy()[inside]
                over = (rows[:, 1] >= self.threshold).astype(int) if number == "2" else None
                found[f"Model {letter}"] = rows.argmax(axis=1) if over is None else over
        for name, lesions in self.calls.items():
            own = lesions.to_numpy()[inside]
            if number == "2":
                own = (own >= 4).astype(int)
            found[name] = np.where(own >= 4, own - 4, -1) if number == "3" else own
        return found


def recomputed(study: Exported) -> dict[Key, Row]:
    """(table, system, target, measure) -> value, low, high."""
    found: dict[Key, Row] = {}
    for number in TASKS:
        targets = {"1": CLASSES, "2": ["malignant"], "3": CLASSES[4:]}[number]
        for target in targets:
            index = 1 if number == "2" else targets.index(target)
            for (system, measure), row in _class(study, number, index):
                found[number, system, target, measure] = row
    for number in TASKS:
        _, truth = study.task(number)
        for system, calls in study.called(number).items():
            if system.startswith("Model") or number == "1":
                found |= {("4", system, "all", measure): row for measure, row in _agreement(truth, calls)}
                if system != "Reader consensus":
                    other = study.called(number)["Reader consensus"]
                    names = f"{system} vs Reader consensus"
                    found |= {("4", names, "all", m): row for m, row in _compared(truth, calls, other)}
    return found


def _class(study: Exported, number: str, index: int) -> Iterator[tuple[tuple[str, str], Row]]:
    inside, truth = study.task(number)
    y, called = truth == index, study.called(number)
    scores = {
        f"Model {k}": t.to_numpy()[inside][:, index] for k, t in study.scores.items() if k in TASKS[number]
    }
    if number == "2":
        scores |= {n: c.to_numpy() for n, c in study.confidence.items()}
    both = 2 <= y.sum() <= len(y) - 2
    for system, score in scores.items():
        if both:
            yield (system, "AUC"), auc_row(y, score)
    for system, calls in called.items():
        hit = calls == index
        if y.any():
            yield (system, "sensitivity"), _rate(int((hit & y).sum()), int(y.sum()))
        if (~y).any():
            yield (system, "specificity"), _rate(int((~hit & ~y).sum()), int((~y).sum()))
        if system.startswith("Model"):
            yield from _mcnemar(system, y, hit, called["Reader consensus"] == index)
    for a, b in PAIRS[number]:
        if both and {f"Model {a}", f"Model {b}"} <= scores.keys():
            difference, spread = _delong(y, scores[f"Model {a}"], scores[f"Model {b}"])
            p = float(2 * norm.sf(abs(difference) / spread))
            yield (f"Model {a} vs Model {b}", "DeLong p"), (p, NONE, NONE)
            limits = (difference, difference - Z * spread, difference + Z * spread)
            yield (f"Model {a} vs Model {b}", "AUC difference"), limits
    if both and len(scores) > 2 and number != "2":
        yield (" = ".join(scores), "DeLong p, all equal"), (_delong_all(y, list(scores.values())), NONE, NONE)


def _rate(count: int, n: int) -> Row:
    interval = binomtest(count, n).proportion_ci(0.95, "exact")
    return 100 * count / n, 100 * interval.low, 100 * interval.high


def _mcnemar(
    system: str, y: np.ndarray, hit: np.ndarray, other: np.ndarray
) -> Iterator[tuple[tuple[str, str], Row]]:
    for name, rows in (("sensitivity", y), ("specificity", ~y)):
        if rows.any():
            a, b = (hit == y)[rows], (other == y)[rows]
            only_a, only_b = int((a & ~b).sum()), int((b & ~a).sum())
            p = binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1.0
            yield (f"{system} vs Reader consensus", f"McNemar p, {name}"), (p, NONE, NONE)


def _placements(y: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pair by pair: 1 where a positive lies above a negative, one half where they tie."""
    wins = np.array([[(p > n) + 0.5 * (p == n) for n in x[~y]] for p in x[y]])
    return wins.mean(axis=1), wins.mean(axis=0)


def auc_row(y: np.ndarray, x: np.ndarray) -> Row:
    """Area with its interval, by placements."""
    area = roc_auc_score(y, x)
    of_positive, of_negative = _placements(y, x)
    variance = of_positive.var(ddof=1) / len(of_positive) + of_negative.var(ddof=1) / len(of_negative)
    if variance > 1e-12:
        half = Z * variance**0.5
        return area, max(area - half, 0), min(area + half, 1)
    m, n = int(y.sum()), int((~y).sum())
    return area, _newcombe_low(area, m, n), 1 - _newcombe_low(1 - area, m, n)


def _newcombe_low(area: float, m: int, n: int) -> float:
    """Smaller root of (area - t)² = z² V(t)."""
    if area == 0:
        return 0.0

    def off(t: float) -> float:
        more = ((m + n) / 2 - 1) * ((1 - t) / (2 - t) + t / (1 + t))
        return float((area - t) ** 2 - Z**2 * t * (1 - t) * (1 + more) / (m * n))

    return float(brentq(off, 1e-12, area - 1e-12 if area < 1 else 1 - 1e-9))


def _delong(y: np.ndarray, a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """Difference of the areas, and its standard error."""
    parts = [_placements(y, x) for x in (a, b)]
    difference = parts[0][0].mean() - parts[1][0].mean()
    variance = sum(np.var(u - v, ddof=1) / len(u) for u, v in zip(*parts, strict=True))
    assert variance > 1e-12, "the test's scores should not be degenerate"
    return float(difference), float(variance**0.5)


def _delong_all(y: np.ndarray, scores: list[np.ndarray]) -> float:
    """Quadratic form in the areas less the first one's."""
    of_positive, of_negative = (
        np.array(side) for side in zip(*(_placements(y, x) for x in scores), strict=True)
    )
    covariance = np.cov(of_positive) / of_positive.shape[1] + np.cov(of_negative) / of_negative.shape[1]
    contrast = np.column_stack([-np.ones(len(scores) - 1), np.eye(len(scores) - 1)])
    apart, spread = contrast @ of_positive.mean(axis=1), contrast @ covariance @ contrast.T
    df = np.linalg.matrix_rank(spread)
    return float(chi2.sf(apart @ np.linalg.pinv(spread) @ apart, df))


def _compared(truth: np.ndarray, a: np.ndarray, b: np.ndarray) -> Iterator[tuple[str, Row]]:
    """Shares of right calls by the exact test, kappas by their influence: a derivative by a complex step."""
    only_a, only_b = int(((a == truth) & (b != truth)).sum()), int(((b == truth) & (a != truth)).sum())
    p = binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1.0
    yield "McNemar p, accuracy", (p, NONE, NONE)
    n, step = len(truth), 1e-30
    moved = np.zeros(n, complex)
    for i in range(n):
        weight = np.full(n, 1 / n) * (1 - 1j * step)
        weight[i] += 1j * step
        moved[i] = _weighted_kappa(truth, a, weight) - _weighted_kappa(truth, b, weight)
    difference, error = float(moved.real.mean()), float((moved.imag / step).std()) / n**0.5
    low, high = max(difference - Z * error, -2), min(difference + Z * error, 2)
    yield "kappa difference", (difference, low, high)
    p = 2 * norm.sf(abs(difference) / error) if error > 1e-12 else float(abs(difference) < 1e-12)
    yield "kappa difference p", (float(p), NONE, NONE)


def _weighted_kappa(truth: np.ndarray, calls: np.ndarray, weight: np.ndarray) -> complex:
    labels = sorted({*truth.tolist(), *calls.tolist()})
    shares = [(weight[truth == c].sum(), weight[calls == c].sum()) for c in labels]
    expected = sum(row * column for row, column in shares)
    return complex((weight[truth == calls].sum() - expected) / (1 - expected))


def _agreement(truth: np.ndarray, calls: np.ndarray) -> Iterator[tuple[str, Row]]:
    n = len(truth)
    yield "accuracy", _rate(int((truth == calls).sum()), n)
    kappa = cohen_kappa_score(truth, calls)
    labels = sorted({*truth.tolist(), *calls.tolist()})
    p = np.array([[np.mean((truth == r) & (calls == c)) for c in labels] for r in labels])
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    expected = float(rows @ columns)
    null = expected + expected**2 - float((rows * columns * (rows + columns)).sum())
    z = kappa * (1 - expected) / (null / n) ** 0.5
    spread = 0.0
    for i, j in itertools.product(range(len(labels)), repeat=2):
        weight = (columns[i] + rows[j]) * (1 - kappa)
        spread += p[i, j] * ((i == j) - weight) ** 2
    variance = max(spread - (kappa - expected * (1 - kappa)) ** 2, 0) / (n * (1 - expected) ** 2)
    half = Z * variance**0.5
    yield "kappa", (kappa, max(kappa - half, -1), min(kappa + half, 1))
    yield "kappa z", (z, NONE, NONE)
