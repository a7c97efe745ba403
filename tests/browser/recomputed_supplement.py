"""The supplementary numbers from the files of an export, with NumPy and SciPy and nothing of the program.

Mean of the readers against a model: Hillis, Stat Med 2014;33:330, one treatment; covariances by leaving out a
case at a time.  Times: Bland and Altman, BMJ 1996;312:1079.  Calibration: Cox, Biometrika 1958;45:562, by a
general minimiser; Brier, Mon Weather Rev 1950;78:1.  Net benefit: Vickers and Elkin, Med Decis Making
2006;26:565.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, log, sqrt

import numpy as np
import pandas as pd
from scipy.optimize import minimize, root
from scipy.stats import norm, t
from sklearn.metrics import roc_auc_score

from tests.browser.recomputed import CLASSES, NONE, Exported, Key, Row, Z, auc_row

THRESHOLDS = (0.1, 0.2, 0.3, 0.5, 0.7, 0.9)
JUDGES = "CDAB"
BANDS = {"Diameter": ("lesion_mm", (20, 50), "mm"), "Age": ("age", (40, 60), "years")}
MALIGNANT = "malignant"


def recomputed_supplement(study: Exported) -> dict[Key, Row]:
    """(table, system, target, measure) -> value, low, high; of a study whose readers saw no opinion."""
    found: dict[Key, Row] = {}
    y = study.truth.to_numpy() >= 4
    models = {f"Model {k}": malignancy(study, k) for k in JUDGES if k in study.scores}
    readers = {name: values.to_numpy() / 100 for name, values in study.confidence.items()}
    for name, score in models.items():
        for measure, row in _against_readers(y, score, list(readers.values())):
            found["model-against-readers", f"Mean of the readers vs {name}", MALIGNANT, measure] = row
        for label, inside in _subgroups(study.cases):
            if 2 <= y[inside].sum() <= inside.sum() - 2:
                found["subgroups", name, MALIGNANT, f"AUC, {label}"] = auc_row(y[inside], score[inside])
    found |= {("reading-time", *place): row for place, row in _times(study.seconds)}
    for system, target, positive, p in _probabilities(study, readers):
        found |= {("calibration", system, target, m): row for m, row in _calibration(positive, p)}
    calls = {name: own.to_numpy() >= 4 for name, own in study.calls.items()}
    for threshold in THRESHOLDS:
        acted = {name: p >= threshold for name, p in models.items()} | calls
        for name, treated in acted.items():
            worth = (treated & y).mean() - (treated & ~y).mean() * threshold / (1 - threshold)
            place = ("decision-curve", name, MALIGNANT, f"net benefit at {100 * threshold:.0f}%")
            found[place] = (worth, NONE, NONE)
    return found


def malignancy(study: Exported, letter: str) -> np.ndarray:
    """A model's probability of malignancy; a seven-way model's is the sum of three classes."""
    rows = study.scores[letter].to_numpy()
    return rows[:, 1] if letter in "CD" else rows[:, 4:].sum(axis=1)


def _against_readers(
    y: np.ndarray, model: np.ndarray, readers: list[np.ndarray]
) -> Iterator[tuple[str, Row]]:
    def psi(kept: np.ndarray) -> np.ndarray:
        own = roc_auc_score(y[kept], model[kept])
        return np.array([roc_auc_score(y[kept], reader[kept]) - own for reader in readers])

    n, r = len(y), len(readers)
    whole = psi(np.ones(n, bool))
    left_out = np.array([psi(np.arange(n) != i) for i in range(n)])
    spread = np.cov(left_out.T, ddof=1) * (n - 1) ** 2 / n
    between = [spread[i, j] for i in range(r) for j in range(r) if i != j]
    var, cov2 = np.trace(spread) / r, max(sum(between) / len(between), 0)
    square = whole.var(ddof=1)
    both = square + r * cov2
    analyses = {
        "random readers, random cases": (both / r, (r - 1) * both**2 / square**2 if square else inf),
        "fixed readers, random cases": ((var + (r - 1) * cov2) / r, inf),
        "random readers, fixed cases": (square / r, r - 1),
    }
    for name, (variance, df) in analyses.items():
        if variance > 1e-20:
            law, error = (norm if df == inf else t(df)), sqrt(variance)
            half = law.isf(0.025) * error
            middle = whole.mean()
            yield f"AUC difference, {name}", (middle, middle - half, middle + half)
            yield f"p, {name}", (2 * law.sf(abs(middle) / error), NONE, NONE)


def _subgroups(cases: pd.DataFrame) -> Iterator[tuple[str, np.ndarray]]:
    yield "All cases", np.ones(len(cases), bool)
    for name, (column, (low, high), unit) in BANDS.items():
        value = cases[column].to_numpy(float)
        yield f"{name}: up to {low} {unit}", value <= low
        yield f"{name}: over {low} to {high} {unit}", (value > low) & (value <= high)
        yield f"{name}: over {high} {unit}", value > high
    for name, column in (
        ("Scanner", "scanner"),
        ("Sex", "sex"),
        ("Reference standard", "reference_standard"),
    ):
        if column in cases:
            for level in cases[column].dropna().unique():
                yield f"{name}: {level}", (cases[column] == level).to_numpy()


def _times(seconds: dict[str, pd.Series]) -> Iterator[tuple[tuple[str, str, str], Row]]:
    known = {name: own[own > 0] for name, own in seconds.items()}
    (first, of_first), *_ = known.items()
    for name, own in known.items():
        yield (name, "all", "geometric mean, s"), _geometric(np.log(own.to_numpy()))[0]
        yield (name, "all", "median, s"), (float(np.median(own)), NONE, NONE)
        yield (name, "all", "in all, s"), (float(sum(own)), NONE, NONE)
        if name != first:
            both = own.index.intersection(of_first.index)
            ratio, p = _geometric(np.array([log(own[i]) - log(of_first[i]) for i in both]))
            yield (f"{name} vs {first}", "all", "time ratio"), ratio
            yield (f"{name} vs {first}", "all", "time ratio p"), (p, NONE, NONE)


def _geometric(logs: np.ndarray) -> tuple[Row, float]:
    """Geometric mean with limits, and the p value of its being 1."""
    error, law = logs.std(ddof=1) / sqrt(len(logs)), t(len(logs) - 1)
    middle, half = logs.mean(), law.isf(0.025) * error
    row = tuple(float(np.exp(v)) for v in (middle, middle - half, middle + half))
    return row, float(2 * law.sf(abs(middle) / error))  # type: ignore[return-value]


def _probabilities(
    study: Exported, readers: dict[str, np.ndarray]
) -> Iterator[tuple[str, str, np.ndarray, np.ndarray]]:
    for letter, table in study.scores.items():
        number = "1" if letter in "AB" else "2" if letter in "CD" else "3"
        inside, truth = study.task(number)
        rows = table.to_numpy()[inside]
        targets = {"1": dict(enumerate(CLASSES)), "2": {1: MALIGNANT}, "3": dict(enumerate(CLASSES[4:]))}
        for index, target in targets[number].items():
            yield f"Model {letter}", target, truth == index, rows[:, index]
    for name, p in readers.items():
        yield name, MALIGNANT, study.truth.to_numpy() >= 4, p


def _calibration(y: np.ndarray, p: np.ndarray) -> Iterator[tuple[str, Row]]:
    losses = (p - y) ** 2
    half = Z * losses.std(ddof=1) / sqrt(len(p))
    score = losses.mean()
    yield "Brier score", (score, max(score - half, 0), min(score + half, 1))
    if 0 < y.sum() < len(y):
        yield "scaled Brier score", (1 - score / (y.mean() * (1 - y.mean())), NONE, NONE)
    yield "calibration error", (_error(y, p), NONE, NONE)
    x = np.log(np.clip(p, 1e-6, 1 - 1e-6)) - np.log(1 - np.clip(p, 1e-6, 1 - 1e-6))
    if y.any() and (~y).any() and x[y].min() < x[~y].max() and x[y].max() > x[~y].min():
        ones = np.ones(len(x))
        yield "intercept", _fitted(ones[:, None], y, x, 0)
        yield "slope", _fitted(np.column_stack([ones, x]), y, 0 * x, 1)


def _fitted(design: np.ndarray, y: np.ndarray, offset: np.ndarray, place: int) -> Row:
    """A coefficient of a logistic regression with its Wald interval."""

    def mean(beta: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-(design @ beta + offset)))

    def loss(beta: np.ndarray) -> float:
        eta = design @ beta + offset
        return float(np.sum(np.logaddexp(0, eta) - y * eta))

    def slope(beta: np.ndarray) -> np.ndarray:
        return design.T @ (mean(beta) - y)

    def curvature(beta: np.ndarray) -> np.ndarray:
        m = mean(beta)
        return (design.T * (m * (1 - m))) @ design

    near = minimize(loss, np.zeros(design.shape[1]), jac=slope, hess=curvature, method="trust-exact").x
    beta = root(slope, near, jac=curvature, tol=1e-13).x
    half = Z * sqrt(np.linalg.inv(curvature(beta))[place, place])
    return float(beta[place]), float(beta[place] - half), float(beta[place] + half)


def _error(y: np.ndarray, p: np.ndarray) -> float:
    """Mean distance of share and probability over ten bins cut at the quantiles, equal values together."""
    cuts = sorted({float(q) for q in np.quantile(p, np.arange(11) / 10)})
    inner = cuts[1:-1]
    bins = np.array([sum(value >= cut for cut in inner) for value in p])
    parts = [(y[bins == b].mean() - p[bins == b].mean(), (bins == b).sum()) for b in set(bins.tolist())]
    return float(sum(abs(off) * n for off, n in parts) / len(p))
