"""`import lld FOLDER`: the LLD-MMRI data set as a study and a file of training groups, in one command."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from dls.cli.home import add_home
from dls.cli.progress import print_progress

if TYPE_CHECKING:
    from dls.lld_study import LldReport

SIZE = 299


def add_import(sources: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `lld` to the sources of `import`."""
    lld = sources.add_parser(
        "lld",
        help="the public LLD-MMRI data set, in either of its layouts",
        description="Make a study of the held-out patients (images, outlines, shifts) and a file of the "
        "others' image groups to train on.  Broken off, the same command goes on where it stopped.  "
        "Abscesses and patients without a published class are left out and counted.",
    )
    lld.add_argument("folder", type=Path, help="folder that holds images and labels")
    lld.add_argument("--fold", type=int, default=1, metavar="N", help="fold that is held out (%(default)s)")
    lld.add_argument(
        "--size", type=int, default=SIZE, metavar="PIXELS", help="side of a training group (%(default)s)"
    )
    add_home(lld)
    lld.add_argument("--json", action="store_true", help="print JSON")
    lld.set_defaults(run=run_lld)


def run_lld(args: argparse.Namespace) -> int:
    """Import the data set and say what came of it."""
    from dls.lld_study import make_lld_study

    report = make_lld_study(args.folder, args.home, fold=args.fold, size=args.size, progress=print_progress)
    content = asdict(report) | {"path": str(report.path)}
    print(json.dumps(content, indent=2) if args.json else _text(report, args.home))
    return 0


def _text(report: LldReport, home: Path) -> str:
    lines = [f"{report.cases} patients are cases of the study in {home}."]
    if report.groups is not None:
        lines.append(f"{report.training} patients, {report.groups} image groups to train on: {report.path}")
    lines += [f"left out, {count}: {reason}" for reason, count in Counter(report.excluded.values()).items()]
    lines += [f"{patient}: {'; '.join(remarks)}" for patient, remarks in report.remarks.items()]
    if report.accounts:
        lines.append(f"Accounts without a password yet: {', '.join(report.accounts)} (user password NAME)")
    lines += [
        f"Next: python -m dls train --model all --data {report.path} --out {home / 'models'} --home {home}",
        f"      python -m dls predict --study --home {home}",
    ]
    return "\n".join(lines)
