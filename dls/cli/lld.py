"""`import lld FOLDER`: the LLD-MMRI data set as a study, and models trained on its other folds."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from contextlib import redirect_stdout
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dls.cli.home import add_home
from dls.cli.progress import print_progress
from dls.cli.study_jobs import do_job
from dls.cli.train import make_packages
from dls.domain import IMAGE_SIZE, MODELS
from dls.errors import InputError

if TYPE_CHECKING:
    from dls.lld_study import LldReport

WITHOUT_CLINICAL = tuple(letter for letter, spec in MODELS.items() if not spec.clinical)
"""Models that need nothing but images; the data set has nothing else."""


def add_import(sources: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `lld` to the sources of `import`."""
    lld = sources.add_parser(
        "lld",
        help="the public LLD-MMRI data set, in either of its layouts",
        description="Make a study of the held-out patients (images, outlines, shifts) and a file of the "
        "others' image groups to train on.  With --train, train on them and score the study's cases too, so "
        "that readers can begin.  Broken off, the same command goes on where it stopped.  "
        "Abscesses and patients without a published class are left out and counted.",
    )
    lld.add_argument("folder", type=Path, help="folder that holds images and labels")
    lld.add_argument("--fold", type=int, default=1, metavar="N", help="fold that is held out (%(default)s)")
    lld.add_argument(
        "--size",
        type=int,
        default=IMAGE_SIZE,
        metavar="PIXELS",
        help="side of a training group (%(default)s)",
    )
    lld.add_argument(
        "--train",
        nargs="?",
        const="paper",
        metavar="CONFIG",
        help="train and score as well: paper (where nothing is named), demo or a TOML file",
    )
    lld.add_argument(
        "--model",
        action="append",
        choices=WITHOUT_CLINICAL,
        help="train this one; may be repeated (default: A to E; F and G need clinical data)",
    )
    add_home(lld)
    lld.add_argument("--json", action="store_true", help="print JSON")
    lld.set_defaults(run=run_lld)


def run_lld(args: argparse.Namespace) -> int:
    """Import the data set and say what came of it; train and score where that is wanted."""
    from dls.lld_study import make_lld_study
    from dls.nn.config_file import read_config

    config = None if args.train is None else replace(read_config(args.train), absent_classes=True)
    try:
        report = make_lld_study(
            args.folder, args.home, fold=args.fold, size=args.size, progress=print_progress
        )
    except KeyboardInterrupt:
        return _stopped()
    content = asdict(report) | {"path": str(report.path)}
    print(json.dumps(content, indent=2) if args.json else _text(report, args.home), flush=True)
    if config is None:
        if not args.json:
            print(_next(report, args.home))
        return 0
    if report.groups is None:
        raise InputError(
            "There is nothing to train on",
            expected="patients outside the held-out fold",
            got="none",
            remedy="see above why patients were left out",
        )
    try:
        with redirect_stdout(sys.stderr if args.json else sys.stdout):
            make_packages(
                args.model or WITHOUT_CLINICAL, report.path, config, args.home / "models", args.home
            )
            return do_job(args, "predict", {"letters": []})
    except KeyboardInterrupt:
        return _stopped()


def _stopped() -> int:
    print("Stopped. The same command again goes on from here.", file=sys.stderr)
    return 1


def _text(report: LldReport, home: Path) -> str:
    lines = [f"{report.cases} patients are cases of the study in {home}."]
    if report.groups is not None:
        lines.append(f"{report.training} patients, {report.groups} image groups to train on: {report.path}")
    lines += [f"left out, {count}: {reason}" for reason, count in Counter(report.excluded.values()).items()]
    lines += [f"{patient}: {'; '.join(remarks)}" for patient, remarks in report.remarks.items()]
    if report.accounts:
        lines.append(f"Accounts without a password yet: {', '.join(report.accounts)} (user password NAME)")
    return "\n".join(lines)


def _next(report: LldReport, home: Path) -> str:
    return (
        "Next: the same command with --train; or, for each of the models A to E,\n"
        f"      python -m dls train --model A --data {report.path} --out {home / 'models'} --home {home} "
        "--absent-classes\n"
        f"and   python -m dls predict --study --home {home}"
    )
