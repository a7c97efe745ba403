"""`analyze roc|mrmc|standalone|agreement|paired|power`: statistics of a CSV file."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dls.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from dls.stats.crossed import CrossedRatings

MODALITY_COLUMNS = ("modality", "treatment")
"""Names under which the modality column is found when none is given."""

SUBJECT_COLUMNS = frozenset(
    {"", "id", "case", "case_id", "subject", "subject_id", "patient", "patient_id", "item"}
)
"""Columns of an agreement table that name the subject and are no rater."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `analyze` and its analyses to the command line."""
    analyze = subparsers.add_parser("analyze", help="statistics of a CSV file of scores, readings or calls")
    kinds = analyze.add_subparsers(dest="analysis", required=True, metavar="ANALYSIS")
    _add_roc(kinds)
    _add_mrmc(kinds)
    _add_standalone(kinds)
    _add_agreement(kinds)
    _add_paired(kinds)
    _add_power(kinds)


def run_roc(args: argparse.Namespace) -> int:
    """Areas under ROC curves with DeLong's intervals and tests, and partial areas where a range is given."""
    import numpy as np

    from dls.cli.analysis_json import partial_json, roc_json
    from dls.cli.analysis_text import roc_text
    from dls.cli.csv_table import need_columns, numbers, read_table, truths
    from dls.stats.delong import compare_many
    from dls.stats.partial_auc import compare_partial_auc, partial_auc

    table = read_table(args.file)
    need_columns(table, [args.truth, *args.score])
    _distinct(args.score, "--score")
    scores = {name: numbers(table, name) for name in args.score}
    missing = np.any(np.isnan(np.stack(list(scores.values()))), axis=0)
    if missing.any() and args.missing == "refuse":
        raise InputError(
            "Scores are missing",
            expected="a number in every row of " + ", ".join(args.score),
            got=f"{int(missing.sum())} of {missing.size} rows with an empty cell",
            remedy="complete them, or leave those cases out of every curve with --missing exclude",
        )
    positive = truths(table.loc[np.flatnonzero(~missing)], args.truth, args.positive)
    whole = {name: values[~missing] for name, values in scores.items()}
    result = compare_many(positive, whole, args.confidence_level, direction=args.direction)
    found = roc_json(result, int(missing.sum()), args.direction)
    if args.specificity is not None:
        span = tuple(args.specificity)
        how = {"confidence_level": args.confidence_level, "direction": args.direction}
        areas = {name: partial_auc(positive, values, *span, **how) for name, values in whole.items()}
        tests = {
            (a, b): compare_partial_auc(positive, whole[a], whole[b], *span, **how)
            for a, b in combinations(whole, 2)
        }
        found["partial"] = partial_json(areas, tests)
    _print(args, found, roc_text)
    return 0


def run_mrmc(args: argparse.Namespace) -> int:
    """Modalities read by many readers: Obuchowski-Rockette."""
    from dls.cli.analysis_json import mrmc_json
    from dls.cli.analysis_text import mrmc_text
    from dls.cli.csv_table import read_table
    from dls.stats.mrmc import obuchowski_rockette

    table = read_table(args.file)
    ratings = _crossed(args, table, _modality_column(args, table))
    _print(args, mrmc_json(obuchowski_rockette(ratings, args.covariance, args.confidence_level)), mrmc_text)
    return 0


def run_standalone(args: argparse.Namespace) -> int:
    """A model against the mean of readers."""
    from dls.cli.analysis_json import standalone_json
    from dls.cli.analysis_text import standalone_text
    from dls.cli.csv_table import equals, need_columns, read_table
    from dls.stats.standalone import standalone

    table = read_table(args.file)
    column = _modality_column(args, table, needed=args.select is not None)
    if column is not None and args.select is not None:
        table = table[equals(table[column], args.select)]
    if column is not None and table[column].nunique() != 1:
        raise InputError(
            "A standalone analysis takes one modality",
            expected=f"one value in the column {column}",
            got=", ".join(map(repr, table[column].unique()[:8])) or "no row",
            remedy="name one with --select",
        )
    need_columns(table, [args.reader])
    result = standalone(_crossed(args, table, None), args.model, args.covariance, args.confidence_level)
    _print(args, standalone_json(result), standalone_text)
    return 0


def run_agreement(args: argparse.Namespace) -> int:
    """Agreement of two or more raters."""
    import pandas as pd

    from dls.cli.analysis_json import agreement_json, attempt
    from dls.cli.analysis_text import agreement_text
    from dls.cli.csv_table import categories, need_columns, read_table
    from dls.stats.agreement import cohen_kappa
    from dls.stats.homogeneity import bhapkar, bowker, stuart_maxwell
    from dls.stats.multirater import conger_kappa, fleiss_kappa, gwet_ac1, light_kappa
    from dls.stats.ratings import cross_table, encode

    table = read_table(args.file)
    raters = args.rater or [c for c in table.columns if c.casefold() not in SUBJECT_COLUMNS]
    need_columns(table, raters)
    _distinct(raters, "--rater")
    if len(raters) < 2:
        raise InputError(
            "Agreement needs two raters",
            expected="a column for each of at least two raters",
            got="columns " + ", ".join(table.columns),
            remedy="export one column a rater, or name them with --rater",
        )
    # the named categories are read with the ratings, so that both are numbers or both are text
    named_rows = pd.DataFrame({rater: args.category or [] for rater in raters}, dtype=str)
    cells = categories(pd.concat([table[raters], named_rows], ignore_index=True), raters)
    ratings = cells.iloc[: len(table)]
    named = cells.iloc[len(table) :][raters[0]].tolist() or list(encode(ratings).categories)
    settings = {
        "categories": named,
        "weights": None if args.weights == "none" else args.weights,
        "confidence_level": args.confidence_level,
    }
    together = {"fleiss": fleiss_kappa, "conger": conger_kappa, "light": light_kappa, "gwet_ac1": gwet_ac1}
    marginal = {"stuart_maxwell": stuart_maxwell, "bhapkar": bhapkar, "bowker": bowker}
    pairs = list(combinations(raters, 2))
    result = agreement_json(
        pairwise={(a, b): attempt(cohen_kappa, ratings[a], ratings[b], **settings) for a, b in pairs},
        together={name: attempt(coefficient, ratings, **settings) for name, coefficient in together.items()},
        marginal={
            (a, b): {
                name: attempt(lambda a, b, test: test(cross_table(ratings[a], ratings[b], named)), a, b, test)
                for name, test in marginal.items()
            }
            for a, b in pairs
        },
        n_subjects=len(table),
        n_missing=int(ratings.isna().to_numpy().sum()),
        weights="unweighted"
        if args.weights == "none"
        else f"{args.weights} weights over {', '.join(map(str, named))} in this order",
        confidence_level=args.confidence_level,
        ignored=[c for c in table.columns if c not in raters],
        categories=named,
    )
    _print(args, result, agreement_text)
    return 0


def run_paired(args: argparse.Namespace) -> int:
    """Two sets of binary calls on the same cases: McNemar on sensitivity and on specificity."""
    import pandas as pd

    from dls.cli.analysis_json import paired_json
    from dls.cli.analysis_text import paired_text
    from dls.cli.csv_table import equals, need_columns, read_table, truths
    from dls.stats.mcnemar import paired_accuracy

    table = read_table(args.file)
    columns = [args.truth, args.a, args.b]
    need_columns(table, columns)
    positive = truths(table, args.truth, args.positive)
    values = pd.Series(sorted(set(table[columns].to_numpy(dtype=object).ravel()) - {""}), dtype=str)
    negatives = values[~equals(values, args.positive)]
    if not negatives.empty and not equals(negatives, negatives.iloc[0]).all():
        raise InputError(
            "Calls and truth must be binary",
            expected=f"{args.positive!r} and one other value in " + ", ".join(columns),
            got=", ".join(map(repr, values[:8])),
            remedy="reduce the calls to two classes first",
        )

    def calls(column: str) -> NDArray[np.object_]:
        called = equals(table[column], args.positive).astype(object)
        called[(table[column] == "").to_numpy()] = None
        return called

    result = paired_accuracy(positive, calls(args.a), calls(args.b), args.confidence_level)
    _print(args, paired_json(result, args.positive), paired_text)
    return 0


def run_power(args: argparse.Namespace) -> int:
    """Cases that a coming study needs, from this one's variance components."""
    from dls.cli.analysis_json import power_json
    from dls.cli.analysis_text import power_text
    from dls.cli.csv_table import read_table
    from dls.stats.mrmc import obuchowski_rockette
    from dls.stats.power import power_table

    table = read_table(args.file)
    ratings = _crossed(args, table, _modality_column(args, table))
    pilot = obuchowski_rockette(ratings, args.covariance, args.confidence_level)
    plan = {"desired_power": args.desired_power, "analysis": args.generalise, "alpha": args.alpha}
    needed = power_table(pilot.components, args.effect, args.n_readers or range(3, 21), **plan)
    _print(args, power_json(pilot, needed, args.effect, **plan), power_text)
    return 0


def _add_roc(kinds: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    roc = _analysis(kinds, "roc", "areas under ROC curves, DeLong intervals and tests", run_roc)
    roc.add_argument("--truth", required=True, metavar="COL", help="column of the reference standard")
    roc.add_argument(
        "--score", required=True, action="append", metavar="COL", help="a score; may be repeated"
    )
    roc.add_argument("--positive", required=True, metavar="VALUE", help="value of the truth that is positive")
    roc.add_argument(
        "--missing",
        choices=("refuse", "exclude"),
        default="refuse",
        help="a row with an empty score stops the analysis (default), or is left out and counted",
    )
    roc.add_argument(
        "--specificity",
        nargs=2,
        type=float,
        metavar=("LOW", "HIGH"),
        help="partial areas between two specificities as well, such as 0.9 1",
    )
    _add_direction(roc)


def _add_mrmc(kinds: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    mrmc = _analysis(kinds, "mrmc", "modalities read by many readers, Obuchowski-Rockette", run_mrmc)
    _add_long_columns(mrmc)


def _add_standalone(kinds: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _analysis(kinds, "standalone", "a model against the mean of readers", run_standalone)
    parser.add_argument(
        "--model", required=True, metavar="NAME", help="the model's name in the reader column"
    )
    parser.add_argument(
        "--select", metavar="VALUE", help="the modality to analyse, where the file has several"
    )
    _add_long_columns(parser)


def _add_agreement(kinds: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _analysis(kinds, "agreement", "agreement of raters, one column each", run_agreement)
    parser.add_argument(
        "--weights",
        choices=("none", "linear", "quadratic"),
        default="none",
        help="weights of disagreement between ordered categories",
    )
    parser.add_argument(
        "--rater",
        action="append",
        metavar="COL",
        help="a rater's column; may be repeated (default: all but a case or patient column)",
    )
    parser.add_argument(
        "--category",
        action="append",
        metavar="VALUE",
        help="a category, repeated in their order (default: those found, sorted)",
    )


def _add_paired(kinds: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _analysis(kinds, "paired", "two sets of binary calls on the same cases, McNemar", run_paired)
    parser.add_argument("--truth", required=True, metavar="COL", help="column of the reference standard")
    parser.add_argument("--a", required=True, metavar="COL", help="column of the first calls")
    parser.add_argument("--b", required=True, metavar="COL", help="column of the second calls")
    parser.add_argument("--positive", default="1", metavar="VALUE", help="the positive value (default: 1)")


def _add_power(kinds: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _analysis(kinds, "power", "cases that a coming reader study needs, from a pilot", run_power)
    parser.add_argument("--effect", type=float, required=True, metavar="D", help="difference of AUC to find")
    parser.add_argument(
        "--n-readers", type=int, action="append", metavar="N", help="may be repeated (default: 3 to 20)"
    )
    parser.add_argument("--desired-power", type=float, default=0.8, metavar="P", help="default: 0.8")
    parser.add_argument(
        "--alpha", type=float, default=0.05, metavar="P", help="two-sided level (default: 0.05)"
    )
    parser.add_argument(
        "--generalise",
        choices=("RRRC", "FRRC", "RRFC"),
        default="RRRC",
        help="what is random, readers (RR) and cases (RC), or fixed (default: RRRC)",
    )
    _add_long_columns(parser)


def _analysis(
    kinds: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    summary: str,
    run: Callable[[argparse.Namespace], int],
) -> argparse.ArgumentParser:
    parser = kinds.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
    parser.add_argument("file", type=Path, metavar="FILE.csv", help="comma-separated, with a header line")
    parser.add_argument("--json", action="store_true", help="print full precision as JSON")
    parser.add_argument(
        "--confidence-level", type=float, default=0.95, metavar="P", help="of every interval (default: 0.95)"
    )
    parser.set_defaults(run=run)
    return parser


def _add_direction(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--direction",
        choices=("higher", "lower"),
        default="higher",
        help="which scores speak for a positive case (default: higher; it is never guessed)",
    )


def _add_long_columns(parser: argparse.ArgumentParser) -> None:
    """Options of a long table of readings: one row for every reader, modality and case."""
    parser.add_argument("--reader", default="reader", metavar="COL", help="column of the reader")
    parser.add_argument(
        "--modality", metavar="COL", help="column of the modality (default: modality or treatment)"
    )
    parser.add_argument("--case", default="case", metavar="COL", help="column of the case")
    parser.add_argument("--truth", default="truth", metavar="COL", help="column of the reference standard")
    parser.add_argument("--rating", default="rating", metavar="COL", help="column of the rating")
    parser.add_argument(
        "--positive", default="1", metavar="VALUE", help="positive value of the truth (default: 1)"
    )
    parser.add_argument(
        "--covariance",
        choices=("jackknife", "delong"),
        default="jackknife",
        help="over cases (default: jackknife)",
    )
    parser.add_argument(
        "--incomplete",
        choices=("refuse", "exclude"),
        default="refuse",
        help="a case that lacks a reading stops the analysis (default) or is left out and counted",
    )
    _add_direction(parser)


def _modality_column(args: argparse.Namespace, table: pd.DataFrame, *, needed: bool = True) -> str | None:
    """The modality's column: the one named, or the first of the usual names; None if it is optional."""
    if args.modality is not None:
        return str(args.modality)
    found = [name for name in MODALITY_COLUMNS if name in table.columns]
    if not found and needed:
        raise InputError(
            "The table lacks a column of the modality",
            expected=" or ".join(MODALITY_COLUMNS),
            got="columns " + ", ".join(table.columns),
            remedy="name the column with --modality",
        )
    return found[0] if found else None


def _distinct(names: list[str], option: str) -> None:
    if len(set(names)) < len(names):
        raise InputError(
            f"A column is named twice with {option}",
            expected="distinct columns",
            got=", ".join(names),
            remedy="name every column once",
        )


def _crossed(args: argparse.Namespace, table: pd.DataFrame, modality: str | None) -> CrossedRatings:
    import pandas as pd

    from dls.cli.csv_table import categories, need_columns, numbers, truths
    from dls.stats.crossed import crossed_ratings

    labels = [args.reader, args.case] + ([modality] if modality is not None else [])
    need_columns(table, [*labels, args.truth, args.rating])
    rating = numbers(table, args.rating)
    # each label by itself: numbered readers sort as numbers although cases may have names
    readings = pd.concat([categories(table, [label]) for label in labels], axis=1)
    readings["truth"] = truths(table, args.truth, args.positive)
    readings["rating"] = rating if args.direction == "higher" else -rating
    return crossed_ratings(
        readings,
        reader=args.reader,
        modality=modality,
        case=args.case,
        positive=True,
        incomplete=args.incomplete,
    )


def _print(args: argparse.Namespace, result: dict[str, Any], text: Callable[[dict[str, Any]], str]) -> None:
    print(json.dumps(result, indent=2, allow_nan=False) if args.json else text(result))
