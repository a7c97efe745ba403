"""`python -m dls saliency`: what a model looked at in a case of a study."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from dls.cli.home import add_home, store_of
from dls.domain import MODELS
from dls.errors import InputError

if TYPE_CHECKING:
    from dls.study.cases import Case
    from dls.study.store import Store


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    command = subparsers.add_parser(
        "saliency",
        help="saliency of a case, on each sequence's own grid",
        description="Saliency of a case of the study for one model; stores a volume a sequence "
        "below the study's folder and prints, as JSON, where they are and how much lies in the lesion.",
    )
    add_home(command)
    add = command.add_argument
    add("--case", required=True, metavar="ID", help="number or code of the case")
    add(
        "--model",
        required=True,
        metavar="MODEL",
        help="letter of one of the study's models, or a package's folder",
    )
    add("--class", dest="target", metavar="NAME", help="class to explain; default: the predicted one")
    add(
        "--method",
        default="gradient",
        choices=["gradient", "smoothgrad", "integrated", "gradcam"],
        help="default: gradient, as in the paper",
    )
    command.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Compute or find the saliency; images of phantoms are made when they are not kept yet."""
    from dls.case_regions import update_regions
    from dls.demo.images import render_case
    from dls.imaging.archive import ImageArchive
    from dls.nn.case_saliency import case_saliency, saliency_folder
    from dls.nn.saliency import SaliencyMethod

    store = store_of(args)
    case = _case(store, args.case)
    images, found = args.home / "images", args.home / "saliency"
    if case.image_source.startswith("phantom:"):
        render_case(images, case.id, case.image_source)
    update_regions(store, ImageArchive(images), case.id)
    package = args.home / "models" / args.model if args.model in MODELS else Path(args.model)
    asked = {"target": args.target, "method": SaliencyMethod(args.method)}
    result = case_saliency(package, images, found, case.id, clinical=case.clinical, **asked)
    folder = saliency_folder(found, case.id, result.package_sha256, **asked)
    print(json.dumps({"case": case.code, **asdict(result), "folder": str(folder)}, indent=2))
    return 0


def _case(store: Store, name: str) -> Case:
    codes = store.cases()["code"]
    named = codes.index[codes == name]
    if len(named):
        return store.case(int(named[0]))
    if not name.isdigit():
        raise InputError("No such case", expected="a case's number or code", got=repr(name))
    return store.case(int(name))
