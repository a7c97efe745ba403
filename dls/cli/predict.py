"""`python -m dls predict`: scores of models over a file of image groups."""

from __future__ import annotations

import argparse
from pathlib import Path

from dls.cli.home import add_home
from dls.cli.progress import print_progress


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    command = subparsers.add_parser(
        "predict",
        help="run models over image groups",
        description="Run every model package of a folder over a cohort's image groups; writes the scores of "
        "each group (a NumPy archive) or the patients' mean scores (CSV), by the ending of --out. With "
        "--study: run the models of the study over those of its cases that they have not scored.",
    )
    add = command.add_argument
    add("--models", type=Path, metavar="FOLDER", help="folder with a package a sub-folder")
    add("--data", type=Path, metavar="FILE.npz", help="image groups of the cohort")
    add("--out", type=Path, metavar="FILE", help=".npz: scores of groups; .csv: of patients")
    add("--study", action="store_true", help="score the cases of the study instead, and keep the features")
    add_home(command)
    command.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Predict and write; progress goes to standard error."""
    from dls.errors import InputError

    if args.study:
        from dls.cli.study_jobs import do_job

        return do_job(args, "predict", {"letters": []})
    if args.models is None or args.data is None or args.out is None:
        raise InputError("Nothing to predict", expected="--models, --data and --out, or --study")
    from dls.nn.data import GroupSet
    from dls.nn.package import load_packages
    from dls.nn.predictions import predict_all

    out = args.out
    if out.suffix not in {".npz", ".csv"}:
        raise InputError("Unknown kind of output", expected="a name ending in .npz or .csv", got=out.name)
    packages = load_packages(args.models)
    predictions = predict_all(packages, GroupSet.load(args.data), print_progress)
    if out.suffix == ".npz":
        predictions.save(out)
    else:
        import pandas as pd

        columns = {
            f"{letter} {name}": predictions.of_patients(letter)[:, i]
            for letter, package in packages.items()
            for i, name in enumerate(package.classes)
        }
        out.parent.mkdir(parents=True, exist_ok=True)
        pd.DataFrame(columns, index=pd.Index(predictions.codes, name="patient")).to_csv(out)
    patients, groups = len(predictions.codes), len(predictions.patient)
    print(f"{', '.join(packages)}: {patients} patients, {groups} image groups")
    return 0
