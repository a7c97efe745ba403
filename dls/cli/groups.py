"""`python -m dls groups`: the cases of a study as a file of image groups to train on."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from dls.cli.home import add_home, store_of
from dls.cli.progress import print_progress
from dls.domain import IMAGE_SIZE


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    command = subparsers.add_parser(
        "groups",
        help="image groups of a study's cases, to train on",
        description="Write the image groups of the cases of the open study, to train on with `train --data`. "
        "Cases without all six sequences or without an outline are left out and named; patients of whom a "
        "frozen study analyses a case are refused.",
    )
    command.add_argument("out", type=Path, metavar="FILE.npz", help="the file to make")
    command.add_argument(
        "--size", type=int, default=IMAGE_SIZE, metavar="PIXELS", help="side of an image group (%(default)s)"
    )
    add_home(command)
    command.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Make the file; who was left out, and why, goes to standard error."""
    from dls.imaging.archive import ImageArchive
    from dls.training_cohort import make_training_cohort

    archive = ImageArchive(args.home / "images")
    made = make_training_cohort(store_of(args), archive, args.out, args.size, print_progress)
    for code, why in made.left_out.items():
        print(f"left out {code}: {why}", file=sys.stderr)
    lesions = f" with {made.lesions} lesions" if made.lesions > made.patients else ""
    said = f"{made.patients} patients{lesions}, {made.groups} image groups"
    print(f"{args.out}: {said}; {len(made.left_out)} left out")
    return 0
