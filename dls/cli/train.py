"""`python -m dls train`: models from a file of image groups to packages."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from dls.cli.home import add_home
from dls.cli.progress import print_progress
from dls.domain import MODELS
from dls.errors import InputError
from dls.nn.config import CONFIGS, DISTRIBUTIONS, PRECISIONS, TrainingConfig

DESCRIPTION = """\
Train one of the models A to G, or all, on a cohort's image groups, to a package each.

With folds (the paper's configuration has five), networks are first trained on all patients but a fold's and
looked at on that fold's; they choose the setting and the number of epochs, and calibrate the scores.  Then
one is trained on every patient.

Checkpoints, histories and TensorBoard files go to HOME/training/RUN.  The same command takes a run up again
that was stopped or killed, and ends with the same weights.
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    command = subparsers.add_parser(
        "train",
        help="train models and write their packages",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = command.add_argument
    add("--model", choices=[*MODELS, "all"], help="which model, or all seven")
    add("--data", type=Path, metavar="FILE.npz", help="image groups of the training cohort")
    add("--out", type=Path, metavar="FOLDER", help="where a sub-folder a letter is written")
    names = ", ".join(sorted(CONFIGS))
    add("--config", default="paper", metavar="NAME", help=f"{names} or a TOML file; default: the paper's")
    add("--write-config", type=Path, metavar="FILE.toml", help="write the configuration out, and stop")
    add("--run", dest="name", metavar="NAME", help="of the run; default: made from configuration and cohort")
    add("--restart", action="store_true", help="forget what the run has done so far")
    add(
        "--ray", metavar="ADDRESS", help='spread folds and models over a Ray cluster; "local" starts one here'
    )
    settings = command.add_argument_group("instead of the configuration's")
    setting = settings.add_argument
    setting("--epochs", type=int, help="passes over the training cohort")
    setting("--seed", type=int, help="of every draw")
    setting("--folds", type=int, metavar="K", help="of the cross-validation by patient; 0 for none")
    setting("--weights", metavar="FILE", help='start from a weights file in Keras\' layout, or "none"')
    setting(
        "--absent-classes",
        action="store_true",
        default=None,
        help="train although no patient has one of the classes; the model does not learn that class",
    )
    setting(
        "--precision", choices=PRECISIONS, help="of the arithmetic; mixed ones need an accelerator to gain"
    )
    setting("--xla", action="store_true", default=None, help="compile by XLA; gives up repeatable weights")
    setting("--distribute", choices=DISTRIBUTIONS, help="over several accelerators or machines")
    add("--date", help="date that the provenance gives, ISO 8601; default: today")
    add_home(command)
    command.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Train; progress goes to standard error, the packages' hashes to standard output."""
    from dls.nn.config_file import write_config

    config = _config(args)
    if args.write_config:
        args.write_config.write_text(write_config(config), encoding="utf-8")
        print(f"{args.write_config}: configuration {config.name}")
        return 0
    if missing := [name for name in ("model", "data", "out") if getattr(args, name) is None]:
        raise InputError(
            "Training needs to know what and from what", expected=" and ".join(f"--{n}" for n in missing)
        )
    make_packages(
        list(MODELS) if args.model == "all" else [args.model],
        args.data,
        config,
        args.out,
        args.home,
        name=args.name,
        restart=args.restart,
        ray_address=args.ray,
        trained_on=args.date,
    )
    return 0


def make_packages(
    letters: Sequence[str],
    data: Path,
    config: TrainingConfig,
    out: Path,
    home: Path,
    *,
    name: str | None = None,
    restart: bool = False,
    ray_address: str | None = None,
    trained_on: str | None = None,
) -> None:
    """Train models in a run below the home folder, and print the packages' hashes."""
    from dls.nn.data import GroupSet
    from dls.nn.run_folder import remove_run, run_name
    from dls.nn.train import train_models
    from dls.report.training import training_report

    groups = GroupSet.load(data)
    folder = home / "training" / (name or run_name(config, groups.sha256))
    if restart:
        remove_run(folder)
    print(f"run: {folder}", file=sys.stderr)
    packages = train_models(
        letters,
        groups,
        config,
        out,
        print_progress,
        trained_on=trained_on or date.today().isoformat(),
        run=folder,
        ray_address=ray_address,
    )
    for package in packages:
        report = training_report(package.spec.name, package.classes, package.provenance, package.metrics)
        (folder / package.spec.letter / "report.html").write_text(report, encoding="utf-8")
        print(f"{package.spec.name}  {package.sha256}  {package.folder}", flush=True)


def _config(args: argparse.Namespace) -> TrainingConfig:
    """The configuration that was named, with what was given instead."""
    from dls.nn.config_file import read_config

    given: dict[str, Any] = {
        "epochs": args.epochs,
        "seed": args.seed,
        "folds": args.folds,
        "initial_weights": args.weights,
        "absent_classes": args.absent_classes,
        "precision": args.precision,
        "xla": args.xla,
        "deterministic": False if args.xla else None,
        "distribution": args.distribute,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    if args.weights == "none":
        changes["initial_weights"] = None
    return replace(read_config(args.config), **changes)
