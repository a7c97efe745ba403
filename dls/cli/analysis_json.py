"""Results of statistics as JSON: full precision, with the method, its variant and its source named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isinf
from typing import Any

import pandas as pd

from dls.errors import StatisticsError
from dls.stats.agreement import KappaResult
from dls.stats.delong import AucComparisons
from dls.stats.homogeneity import ChiSquareResult
from dls.stats.interval import ConfidenceInterval
from dls.stats.mcnemar import McNemarResult, PairedAccuracy
from dls.stats.mrmc import MrmcAnalysis, MrmcResult, VarianceComponents
from dls.stats.multirater import AgreementResult
from dls.stats.partial_auc import PartialAuc, PartialAucComparison
from dls.stats.power import PLANNING
from dls.stats.standalone import StandaloneResult

Json = dict[str, Any]


def roc_json(result: AucComparisons, n_missing: int, direction: str) -> Json:
    """Areas, pairwise and overall DeLong tests."""
    first = result.areas[0]
    return {
        "method": "area under the empirical ROC curve, DeLong variance",
        "variant": result.method,
        "source": result.reference,
        "confidence_level": result.confidence_level,
        "direction": direction,
        "n_positive": first.n_positive,
        "n_negative": first.n_negative,
        "n_missing": n_missing,
        "curves": [
            {
                "name": name,
                "auc": area.auc,
                "variance": area.variance,
                "ci": _pair(area.interval),
                "degenerate": area.degenerate,
                "method": area.method,
                "source": area.reference,
            }
            for name, area in zip(result.names, result.areas, strict=True)
        ],
        "comparisons": [
            {
                "a": pair.a,
                "b": pair.b,
                "difference": pair.comparison.difference,
                "se": pair.comparison.standard_error,
                "ci": _pair(pair.comparison.interval),
                "z": pair.comparison.statistic,
                "p": pair.comparison.pvalue,
                "p_holm": pair.p_holm,
                "degenerate": pair.comparison.degenerate,
                "method": pair.comparison.method,
                "source": pair.comparison.reference,
            }
            for pair in result.pairs
        ],
        "overall": {"chi2": result.statistic, "df": result.df, "p": result.pvalue},
    }


def partial_json(
    areas: Mapping[str, PartialAuc], tests: Mapping[tuple[str, str], PartialAucComparison]
) -> Json:
    """Partial areas of every curve by its name, and the test of every pair."""
    first = next(iter(areas.values()))
    return {
        "focus": first.focus,
        "range": [first.low, first.high],
        "method": first.method,
        "source": first.reference,
        "curves": [
            {
                "name": name,
                "area": area.area,
                "variance": area.variance,
                "ci": _pair(area.interval),
                "standardised": area.standardised,
                "standardised_ci": _pair(area.standardised_interval),
                "degenerate": area.degenerate,
            }
            for name, area in areas.items()
        ],
        "comparisons": [
            {
                "a": a,
                "b": b,
                "difference": test.difference,
                "ci": _pair(test.interval),
                "z": test.statistic,
                "p": test.pvalue,
                "method": test.method,
                "source": test.reference,
            }
            for (a, b), test in tests.items()
        ],
    }


def mrmc_json(result: MrmcResult) -> Json:
    """Areas, components and the analyses that are defined."""
    c = result.components
    return {
        "method": "Obuchowski-Rockette multi-reader multi-case analysis of the empirical AUC",
        "variant": result.method,
        "source": result.reference,
        "confidence_level": result.confidence_level,
        "n_positive": c.n_positive,
        "n_negative": c.n_negative,
        "n_excluded_cases": result.n_excluded,
        "auc": [
            {"reader": reader, "modality": modality, "auc": float(result.auc[i, j])}
            for i, modality in enumerate(result.modalities)
            for j, reader in enumerate(result.readers)
        ],
        "covariance": result.covariance,
        "components": _components(c),
        "analyses": {name: _mrmc_analysis(analysis) for name, analysis in result.analyses.items()},
        "undefined": dict(result.undefined),
    }


def standalone_json(result: StandaloneResult) -> Json:
    """The model against the mean of the readers."""
    return {
        "method": "one-treatment Obuchowski-Rockette analysis of the empirical AUC",
        "variant": result.method,
        "source": result.reference,
        "confidence_level": result.confidence_level,
        "n_positive": result.n_positive,
        "n_negative": result.n_negative,
        "n_excluded_cases": result.n_excluded,
        "model": result.model,
        "model_auc": result.model_auc,
        "readers": [
            {"reader": reader, "auc": float(area)}
            for reader, area in zip(result.readers, result.reader_auc, strict=True)
        ],
        "reader_mean_auc": result.reader_mean_auc,
        "difference": result.difference,
        "covariance": result.covariance,
        "components": {"ms_r": result.ms_reader, "var": result.var, "cov2": result.cov2},
        "analyses": {
            name: {
                "t": a.statistic,
                "df": _finite(a.df),
                "p": a.pvalue,
                "ci": _pair(a.interval),
                "se": a.standard_error,
                "generalises_to": a.generalises_to,
            }
            for name, a in result.analyses.items()
        },
        "undefined": dict(result.undefined),
    }


def attempt(statistic: Callable[..., Any], *args: Any, **settings: Any) -> Any:
    """The statistic's result, or its StatisticsError as a value, so that one pair does not hide the rest."""
    try:
        return statistic(*args, **settings)
    except StatisticsError as error:
        return error


def agreement_json(
    *,
    pairwise: dict[tuple[str, str], KappaResult | StatisticsError],
    together: dict[str, AgreementResult | StatisticsError],
    marginal: dict[tuple[str, str], dict[str, ChiSquareResult | StatisticsError]],
    n_subjects: int,
    n_missing: int,
    weights: str,
    confidence_level: float,
    ignored: list[str],
    categories: list[Any],
) -> Json:
    """Cohen's kappa of every pair, the coefficients of all raters together, and tests of equal marginals.

    A statistic that the data do not determine is null, with the reason under "undefined".

    Raises
    ------
    StatisticsError
        when no coefficient of all raters is defined.
    """
    errors = [c for c in together.values() if isinstance(c, StatisticsError)]
    if len(errors) == len(together):
        raise errors[0]
    return {
        "method": "chance-corrected agreement of nominal ratings",
        "variant": f"{weights}; missing ratings: every subject counts by the pairs of ratings that it has",
        "source": "Gwet, Handbook of Inter-Rater Reliability, 4th ed., 2014",
        "confidence_level": confidence_level,
        "n_subjects": n_subjects,
        "n_missing": n_missing,
        "categories": categories,
        "ignored_columns": ignored,
        "pairwise": [
            {
                "a": a,
                "b": b,
                **_kappa(kappa),
                "marginal_homogeneity": {name: _chi_square(test) for name, test in marginal[a, b].items()},
            }
            for (a, b), kappa in pairwise.items()
        ],
        **{
            name: _coefficient(result, "ac1" if name == "gwet_ac1" else "kappa")
            for name, result in together.items()
        },
    }


def _kappa(result: KappaResult | StatisticsError) -> Json:
    if isinstance(result, StatisticsError):
        return _undefined(result, "kappa", "se", "ci", "z", "p")
    return {
        "kappa": result.kappa,
        "se": result.se,
        "ci": _pair(result.interval),
        "z": result.statistic,
        "p": result.pvalue,
        "n": result.n,
        "n_missing": result.n_missing,
        "method": result.method,
        "source": result.reference,
    }


def _coefficient(result: AgreementResult | StatisticsError, name: str) -> Json:
    if isinstance(result, StatisticsError):
        return _undefined(result, name, "se", "ci", "z", "p")
    return {
        name: result.coefficient,
        "se": result.se,
        "ci": _pair(result.interval),
        "z": result.statistic,
        "p": result.pvalue,
        "se_null": result.se_null,
        "method": result.method,
        "source": result.reference,
    }


def _chi_square(result: ChiSquareResult | StatisticsError) -> Json:
    if isinstance(result, StatisticsError):
        return _undefined(result, "chi2", "df", "p")
    return {"chi2": result.statistic, "df": result.df, "p": result.pvalue, "source": result.reference}


def _undefined(error: StatisticsError, *keys: str) -> Json:
    return {**dict.fromkeys(keys), "undefined": error.message}


def paired_json(result: PairedAccuracy, positive: str) -> Json:
    """McNemar's tests; a side without cases is null."""
    sides = {"sensitivity": result.sensitivity, "specificity": result.specificity}
    example = next(side for side in sides.values() if side is not None)
    return {
        "method": example.method,
        "variant": "two-sided: exact binomial, mid-p, and chi-square without continuity correction",
        "source": example.reference,
        "confidence_level": example.confidence_level,
        "positive": positive,
        "n_missing": result.n_missing,
        **{name: _side(side) if side is not None else None for name, side in sides.items()},
    }


def power_json(
    pilot: MrmcResult,
    needed: pd.DataFrame,
    effect: float,
    *,
    desired_power: float,
    analysis: str,
    alpha: float,
) -> Json:
    """Cases needed for every number of readers; null where no number of cases is enough."""
    return {
        "method": "power of an Obuchowski-Rockette analysis, noncentral F or chi-square",
        "variant": f"{analysis}; two-sided; the pilot's ratio of positive to negative cases",
        "source": PLANNING,
        "effect": effect,
        "alpha": alpha,
        "desired_power": desired_power,
        "components": _components(pilot.components),
        "covariance": pilot.covariance,
        "studies": [
            {
                "n_readers": row["n_readers"],
                "n_cases": None if pd.isna(row["n_cases"]) else row["n_cases"],
                "power": row["power"],
            }
            for row in needed.to_dict("records")
        ],
    }


def _components(c: VarianceComponents) -> Json:
    return {
        "ms_t": c.ms_modality,
        "ms_r": c.ms_reader,
        "ms_tr": c.ms_modality_reader,
        "var": c.var,
        "cov1": c.cov1,
        "cov2": c.cov2,
        "cov3": c.cov3,
        "cov2_minus_cov3": c.cov2_minus_cov3,
        "truncated": c.truncated,
        "var_r": c.reader,
        "var_tr": c.modality_reader,
    }


def _side(side: McNemarResult) -> Json:
    return {
        "n": side.n,
        "a": side.a.estimate,
        "b": side.b.estimate,
        "discordant": [side.only_a, side.only_b],
        "difference": side.difference,
        "ci_difference": _pair(side.interval),
        "p_exact": side.p_exact,
        "p_mid": side.p_mid,
        "chi2": side.statistic,
        "p_asymptotic": side.p_asymptotic,
        "ci_a": _pair(side.a.interval),
        "ci_b": _pair(side.b.interval),
        "ci_method": side.a.method,
    }


def _mrmc_analysis(analysis: MrmcAnalysis) -> Json:
    return {
        "generalises_to": analysis.generalises_to,
        "statistic": analysis.statistic,
        "reference_distribution": "chi-square" if analysis.df2 is None else "F",
        "df1": analysis.df1,
        "df2": None if analysis.df2 is None else _finite(analysis.df2),
        "p": analysis.pvalue,
        "differences": [
            {
                "a": d.a,
                "b": d.b,
                "difference": d.difference,
                "se": d.standard_error,
                "ci": _pair(d.interval),
                "statistic": d.statistic,
                "df": _finite(d.df),
                "p": d.pvalue,
                "p_holm": d.p_holm,
            }
            for d in analysis.differences
        ],
        "modalities": [
            {
                "modality": area.modality,
                "auc": area.auc,
                "se": area.standard_error,
                "df": _finite(area.df),
                "ci": _pair(area.interval),
                "degenerate": area.degenerate,
            }
            for area in analysis.areas
        ],
    }


def _pair(interval: ConfidenceInterval) -> list[float]:
    return [interval.low, interval.high]


def _finite(df: float) -> float | None:
    """Degrees of freedom, null where the reference is normal."""
    return None if isinf(df) else df
