"""`python -m dls package`: model packages from the command line."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from dls.cli.progress import print_progress


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "package",
        help="model packages: card, verification, zip files, novelty, calibration",
        description="Describe, verify, zip and complete model packages. Nothing in a package is executed.",
    )
    commands = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    card = commands.add_parser("card", help="print the model card")
    _folder(card)
    card.add_argument("--json", action="store_true", help="as JSON instead of Markdown")
    card.set_defaults(run=run_card)
    verify = commands.add_parser(
        "verify", help="check hashes, specification and weights; build the network and run it once"
    )
    _folder(verify)
    verify.set_defaults(run=run_verify)
    pack = commands.add_parser("pack", help="write a package to one zip file, for upload on the Models page")
    _folder(pack)
    pack.add_argument("--out", required=True, type=Path, metavar="FILE.zip", help="where it is written")
    pack.set_defaults(run=run_pack)
    unpack = commands.add_parser("unpack", help="verify a zipped package and put it into a folder")
    unpack.add_argument("zip", type=Path, metavar="FILE.zip", help="the zipped package")
    unpack.add_argument(
        "--out", required=True, type=Path, metavar="FOLDER", help="a folder that is not there yet"
    )
    unpack.set_defaults(run=run_unpack)
    novelty = commands.add_parser(
        "novelty",
        help="fit where the training features lie, for warnings about unusual patients",
        description="Run a model over its training image groups, fit class Gaussians to its features, and "
        "store them beside the weights; the model and its hash stay as they are.",
    )
    _folder(novelty)
    novelty.add_argument(
        "--data", required=True, type=Path, metavar="FILE.npz", help="image groups it was trained on"
    )
    novelty.set_defaults(run=run_novelty)
    calibration = commands.add_parser(
        "calibration",
        help="fit a temperature on patients that the model has not seen",
        description="Run a model over image groups of patients kept apart, fit the temperature that makes "
        "its scores as sure as they are right, and store it beside the weights; the model and its hash stay "
        "as they are.",
    )
    _folder(calibration)
    calibration.add_argument(
        "--data", required=True, type=Path, metavar="FILE.npz", help="image groups of patients kept apart"
    )
    calibration.set_defaults(run=run_calibration)


def run_card(args: argparse.Namespace) -> int:
    """Print the card of a package."""
    from dls.nn.model_card import model_card
    from dls.nn.package import load_package

    card = model_card(load_package(args.folder))
    print(json.dumps(card.to_dict(), indent=2, ensure_ascii=False) if args.json else card.to_markdown())
    return 0


def run_verify(args: argparse.Namespace) -> int:
    """Verify a package down to a run of its network."""
    from dls.nn.package import load_package
    from dls.nn.registry import check_shapes, try_package

    package = load_package(args.folder)
    check_shapes(package)
    trial = try_package(args.folder)
    print(f"{package.spec.name}  {package.sha256}  {trial.weights} weights  verified")
    return 0


def run_pack(args: argparse.Namespace) -> int:
    """Zip a package."""
    from dls.nn.package import load_package
    from dls.nn.package_archive import pack

    pack(load_package(args.folder), args.out)
    print(args.out)
    return 0


def run_unpack(args: argparse.Namespace) -> int:
    """Verify a zipped package and copy it to a folder."""
    import tempfile

    from dls.errors import InputError
    from dls.nn.registry import Registry, copy_package

    if args.out.exists():
        raise InputError("The folder is there already", got=str(args.out), remedy="name a new one")
    with tempfile.TemporaryDirectory() as space:
        package = copy_package(Registry(Path(space)).receive(args.zip), args.out)
    print(f"{package.spec.name}  {package.sha256}  {package.folder}")
    return 0


def run_novelty(args: argparse.Namespace) -> int:
    """Fit and store the Gaussians of a model's training features."""
    from dls.nn.data import GroupSet
    from dls.nn.novelty import fit_package
    from dls.nn.package import load_package

    package = load_package(args.folder)
    gaussians = fit_package(package, GroupSet.load(args.data), print_progress)
    print(f"{package.spec.name}  {package.sha256}  threshold {gaussians.threshold:.2f}")
    return 0


def run_calibration(args: argparse.Namespace) -> int:
    """Fit and store the temperature of a model."""
    from dls.nn.calibration import calibrate_package
    from dls.nn.data import GroupSet
    from dls.nn.package import load_package

    package = load_package(args.folder)
    fitted = calibrate_package(package, GroupSet.load(args.data), print_progress)
    before, after = fitted.calibration_error
    print(
        f"{package.spec.name}  {package.sha256}  temperature {fitted.temperature:.3f}, {fitted.patients} "
        f"patients, expected calibration error {before:.3f} before and {after:.3f} after"
    )
    return 0


def _folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="folder of the package")
