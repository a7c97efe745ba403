"""The golden sets of the statistics, run live: published figures beside what this installation computes.

Data, figures and their sources are in data/golden; its README says where each data set comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit

from dls.analysis.published import load_published
from dls.analysis.published_checks import PrintedCounts
from dls.errors import InputError, StatisticsError
from dls.home import PROGRAM
from dls.progress import Progress
from dls.stats.agreement import kappa_from_table, kappa_of_totals
from dls.stats.brier import brier_score
from dls.stats.calibration import calibration_line
from dls.stats.crossed import crossed_ratings
from dls.stats.delong import compare_many
from dls.stats.homogeneity import bhapkar, bowker, stuart_maxwell
from dls.stats.mcnemar import mcnemar_counts
from dls.stats.mrmc import obuchowski_rockette
from dls.stats.multirater import conger_kappa, fleiss_kappa, gwet_ac1, light_kappa
from dls.stats.partial_auc import partial_auc
from dls.stats.power import power
from dls.stats.proportions import clopper_pearson, wilson

GOLDEN = PROGRAM / "data" / "golden"

Figures = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class GoldenFigure:
    """One figure: what its source gives, and what is computed here.

    `got` is None where it could not be computed; `problem` then says why.
    """

    group: str
    name: str
    source: str
    expected: float
    got: float | None
    tolerance: float
    problem: str = ""

    @property
    def difference(self) -> float | None:
        """got - expected; None where there is nothing to compare."""
        return None if self.got is None else self.got - self.expected

    @property
    def passed(self) -> bool:
        """Whether the difference is within the tolerance, to which the source is known."""
        return self.difference is not None and abs(self.difference) <= self.tolerance


@dataclass(frozen=True, slots=True)
class Validation:
    """Every golden figure, recomputed."""

    figures: tuple[GoldenFigure, ...]

    @property
    def passed(self) -> bool:
        """Whether every figure passes."""
        return all(figure.passed for figure in self.figures)

    @property
    def n_passed(self) -> int:
        """Number of figures that pass."""
        return sum(figure.passed for figure in self.figures)

    @property
    def summary(self) -> pd.DataFrame:
        """One row a figure: group, name, source, expected, got, difference, tolerance, passed, problem."""
        names = ["group", "name", "source", "expected", "got", "difference", "tolerance", "passed", "problem"]
        return pd.DataFrame([[getattr(f, n) for n in names] for f in self.figures], columns=names)


def validate_statistics(folder: Path = GOLDEN, progress: Progress | None = None) -> Validation:
    """Recompute every golden figure.

    A statistic that cannot be computed fails its figures, with the reason; it does not stop the others.

    Parameters
    ----------
    folder : with expected.csv and the data sets
    progress : called with (groups done, groups in all, group)

    Raises
    ------
    InputError
        when a file is missing, or expected.csv names a group that nothing computes.
    """
    expected = _read(folder, "expected.csv")
    unknown = sorted(set(expected["group"]) - set(_GROUPS))
    if unknown:
        raise InputError(
            "A golden figure belongs to no group", expected=", ".join(_GROUPS), got=", ".join(unknown)
        )
    figures: list[GoldenFigure] = []
    groups = list(dict.fromkeys(expected["group"]))
    for done, group in enumerate(groups, start=1):
        got, problem = _compute(group, folder)
        for row in expected[expected["group"] == group].itertuples():
            value = got.get(str(row.name))
            missing = "" if value is not None else problem or "nothing computes this figure"
            figures.append(
                GoldenFigure(
                    group,
                    str(row.name),
                    str(row.source),
                    float(row.expected),
                    None if value is None else float(value),
                    float(row.tolerance),
                    missing,
                )
            )
        if progress is not None:
            progress(done, len(groups), group)
    return Validation(tuple(figures))


def _compute(group: str, folder: Path) -> tuple[Figures, str]:
    try:
        return _GROUPS[group](folder), ""
    except StatisticsError as error:
        return {}, str(error)


def _read(folder: Path, name: str) -> pd.DataFrame:
    path = folder / name
    if not path.is_file():
        raise InputError("A golden data set is missing", expected=str(path), remedy="restore the file")
    return pd.read_csv(path)


def _roc(folder: Path) -> Figures:
    data = _read(folder, "asah.csv")
    poor = data["outcome"] == "Poor"
    scores = {name: data[name] for name in ("wfns", "s100b", "ndka")}
    curves = compare_many(poor, scores)
    figures: dict[str, float] = {
        "three curves: chi-square": curves.statistic,
        "three curves: p": curves.pvalue,
        "s100b: partial AUC, specificity 0.9-1": partial_auc(poor, data["s100b"], 0.9).area,
    }
    for name, area in zip(curves.names, curves.areas, strict=True):
        figures |= {
            f"{name}: AUC": area.auc,
            f"{name}: DeLong variance": area.variance,
            f"{name}: lower limit": area.interval.low,
            f"{name}: upper limit": area.interval.high,
        }
    for pair in curves.pairs:
        figures |= {
            f"{pair.a} - {pair.b}: Z": pair.comparison.statistic,
            f"{pair.a} - {pair.b}: p": pair.comparison.pvalue,
        }
    return figures


def _multi_reader(folder: Path) -> Figures:
    ratings = crossed_ratings(_read(folder, "vandyke.csv"), modality="treatment")
    jackknife, delong = obuchowski_rockette(ratings), obuchowski_rockette(ratings, "delong")
    parts, both = jackknife.components, jackknife.analyses["RRRC"]
    readers, cases, other = jackknife.analyses["FRRC"], jackknife.analyses["RRFC"], delong.analyses["RRRC"]
    (difference,) = both.differences
    figures: dict[str, float] = {
        "MS(T)": parts.ms_modality,
        "MS(TR)": parts.ms_modality_reader,
        "Var": parts.var,
        "Cov1": parts.cov1,
        "Cov2": parts.cov2,
        "Cov3": parts.cov3,
        "RRRC: difference": difference.difference,
        "RRRC: SE": difference.standard_error,
        "RRRC: F": both.statistic,
        "RRRC: df2": both.df2 or np.nan,
        "RRRC: p": both.pvalue,
        "RRRC: lower limit": difference.interval.low,
        "RRRC: upper limit": difference.interval.high,
        "FRRC: chi-square": readers.statistic,
        "FRRC: p": readers.pvalue,
        "RRFC: F": cases.statistic,
        "RRFC: p": cases.pvalue,
        "RRRC, DeLong covariance: SE": other.differences[0].standard_error,
        "RRRC, DeLong covariance: df2": other.df2 or np.nan,
        "RRRC, DeLong covariance: p": other.pvalue,
        "power, 6 readers, 112 cases": power(parts, abs(difference.difference), 6, 112).power,
    }
    for (modality, reader), area in np.ndenumerate(jackknife.auc):
        figures[f"AUC, treatment {modality + 1} reader {reader + 1}"] = area
    return figures


def _agreement(folder: Path) -> Figures:
    diagnoses = _read(folder, "fleiss1971_diagnoses.csv").drop(columns="patient")
    fleiss = fleiss_kappa(diagnoses)
    table = [[106, 10, 4], [22, 28, 10], [2, 12, 6]]
    weights = np.array([[1, 0, 0.4444], [0, 1, 0.6667], [0.4444, 0.6667, 1]])
    cohen = kappa_from_table(table)
    conger, ac1 = conger_kappa(diagnoses), gwet_ac1(diagnoses)
    return {
        "Fleiss' kappa": fleiss.coefficient,
        "Fleiss' kappa: z under chance": fleiss.statistic if fleiss.statistic is not None else np.nan,
        "Fleiss' kappa: SE for intervals": fleiss.se,
        "Conger's kappa": conger.coefficient,
        "Conger's kappa: SE for intervals": conger.se,
        "Gwet's AC1": ac1.coefficient,
        "Gwet's AC1: SE for intervals": ac1.se,
        "Light's kappa": light_kappa(diagnoses).coefficient,
        "Cohen's kappa": cohen.kappa,
        "Cohen's kappa: SE for intervals": cohen.se,
        "weighted kappa": kappa_from_table(table, weights).kappa,
    }


def _homogeneity(folder: Path) -> Figures:
    long = _read(folder, "vision_stuart1955_table.csv")
    table = long.pivot_table(index="r.eye", columns="l.eye", values="Freq", aggfunc="sum").to_numpy()
    return {
        "Stuart-Maxwell": stuart_maxwell(table).statistic,
        "Bhapkar": bhapkar(table).statistic,
        "Bowker": bowker(table).statistic,
    }


def _paired_proportions(folder: Path) -> Figures:
    larger, smaller = mcnemar_counts(794, 86, 150, 570), mcnemar_counts(0, 1, 7, 0)
    return {
        "McNemar 86:150, exact p": larger.p_exact,
        "McNemar 86:150, chi-square": larger.statistic,
        "McNemar 86:150, chi-square with correction": larger.statistic_corrected,
        "McNemar 1:7, exact p": smaller.p_exact,
        "McNemar 1:7, mid-p": smaller.p_mid,
    }


def _proportions(folder: Path) -> Figures:
    score, exact = wilson(81, 263), clopper_pearson(34, 38)
    return {
        "Wilson 81/263: lower limit": score.low,
        "Wilson 81/263: upper limit": score.high,
        "Clopper-Pearson 34/38: lower limit": exact.low,
        "Clopper-Pearson 34/38: upper limit": exact.high,
    }


def _published_study(folder: Path) -> Figures:
    counts = PrintedCounts(load_published())
    figures: dict[str, float] = {}
    for table, system in (("1", "Model A"), ("3", "Model G"), ("1", "Reader consensus")):
        totals = counts.totals(table, system)
        if totals is not None:
            kappa, z = kappa_of_totals(*totals)
            figures |= {f"{system}: kappa": float(kappa), f"{system}: z": float(z)}
    return figures


def _calibration(folder: Path) -> Figures:
    data = _read(folder, "asah.csv")
    poor, probability = data["outcome"] == "Poor", expit(4 * data["s100b"] - 1.5)
    line = calibration_line(poor, probability)
    return {
        "intercept": line.intercept,
        "intercept: SE": line.intercept_se,
        "slope": line.slope,
        "slope: SE": line.slope_se,
        "Brier score": brier_score(poor, probability).score,
    }


_GROUPS: Mapping[str, Callable[[Path], Figures]] = {
    "ROC": _roc,
    "Multi-reader": _multi_reader,
    "Agreement": _agreement,
    "Marginal homogeneity": _homogeneity,
    "Paired proportions": _paired_proportions,
    "Proportions": _proportions,
    "Published study": _published_study,
    "Calibration": _calibration,
}
