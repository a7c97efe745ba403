"""`python -m dls train`: models from a file of image groups to packages."""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import date
from pathlib import Path

from dls.cli.progress import print_progress
from dls.domain import MODELS
from dls.nn.config import CONFIGS


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    command = subparsers.add_parser(
        "train",
        help="train models and write their packages",
        description="Train one of the models A to G, or all, on a cohort's image groups, to a package each.",
    )
    add = command.add_argument
    add("--model", required=True, choices=[*MODELS, "all"], help="which model, or all seven")
    add("--data", required=True, type=Path, metavar="FILE.npz", help="image groups of the training cohort")
    add("--out", required=True, type=Path, metavar="FOLDER", help="where a sub-folder a letter is written")
    add("--config", default="paper", choices=sorted(CONFIGS), help="settings; default: the paper's")
    add("--epochs", type=int, help="instead of the configuration's")
    add("--seed", type=int, help="instead of the configuration's")
    add("--weights", metavar="FILE", help='start from a weights file in Keras\' layout, or "none"')
    add(
        "--folds",
        type=int,
        default=0,
        metavar="K",
        help="cross-validate by patient first; default: 0, not",
    )
    add("--date", help="date that the provenance gives, ISO 8601; default: today")
    command.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Train; progress goes to standard error, the packages' hashes to standard output."""
    from dls.nn.data import GroupSet
    from dls.nn.train import train

    given = {"epochs": args.epochs, "seed": args.seed, "initial_weights": args.weights}
    config = replace(CONFIGS[args.config], **{k: v for k, v in given.items() if v is not None})
    if args.weights == "none":
        config = replace(config, initial_weights=None)
    trained_on = args.date or date.today().isoformat()
    groups = GroupSet.load(args.data)
    options = {"folds": args.folds, "trained_on": trained_on}
    for letter in MODELS if args.model == "all" else (args.model,):
        package = train(letter, groups, config, args.out, print_progress, **options)
        print(f"{package.spec.name}  {package.sha256}  {package.folder}", flush=True)
    return 0
