"""`outline export|import`: the outlines of a case as DICOM Segmentation, NIfTI labels or JSON."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from dls.cli.home import add_home, store_of
from dls.errors import InputError

if TYPE_CHECKING:
    from dls.imaging.archive import ImageArchive
    from dls.study.store import Store

ENDINGS = ".dcm, .nii, .nii.gz or .json"


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `outline` and its actions to the command line."""
    outline = subparsers.add_parser("outline", help="outlines of a case as DICOM SEG, NIfTI or JSON")
    actions = outline.add_subparsers(dest="action", required=True, metavar="ACTION")
    export = actions.add_parser(
        "export",
        help="write the outlines of a case to a file",
        description=f"The ending of the file says the form: {ENDINGS}.  Only JSON holds the shifts.",
    )
    export.add_argument(
        "--source", type=Path, metavar="FOLDER", help="DICOM files of the case's T2 series (needed for .dcm)"
    )
    export.set_defaults(run=run_export)
    take = actions.add_parser(
        "import",
        help="take the outlines of a case from a file, as a new version",
        description=f"The ending of the file says the form: {ENDINGS}.  Shifts stay as they are unless the "
        "file holds some.",
    )
    take.add_argument("--reason", default="", help="why; needed once somebody has read the case")
    take.set_defaults(run=run_import)
    for action in (export, take):
        action.add_argument("case", type=int, help="number of the case")
        action.add_argument("file", type=Path, help=f"the file, by its ending: {ENDINGS}")
        add_home(action)


def run_export(args: argparse.Namespace) -> int:
    """Write the newest outlines of a case."""
    from dls.imaging.nifti import write_labels
    from dls.imaging.segmentation import make_segmentation, read_source

    form = _form(args.file)
    _, archive = _open(args)
    regions = archive.regions(args.case)
    if not regions.lesions:
        raise InputError("Nothing is outlined on the case", got=str(args.case))
    geometry = archive.t2_geometry(args.case)
    if form == ".json":
        regions.save_json(args.file)
    elif form == ".nii":
        write_labels(regions, geometry, args.file)
    else:
        make_segmentation(regions, read_source(_source(args)), geometry).save_as(args.file)
    print(f"{len(regions.lesions)} outlined in {args.file}")
    return 0


def run_import(args: argparse.Namespace) -> int:
    """Keep the outlines of a file as the newest version of a case."""
    from dls.case_regions import save_regions
    from dls.imaging.nifti import read_labels
    from dls.imaging.regions import Regions
    from dls.imaging.segmentation import read_segmentation
    from dls.study import outlines

    form = _form(args.file)
    store, archive = _open(args)
    before = archive.regions(args.case)
    if form == ".json":
        regions = Regions.load_json(args.file)
    else:
        read = read_labels if form == ".nii" else read_segmentation
        regions = read(args.file, archive.t2_geometry(args.case))
    if not regions.shifts:
        regions = Regions(regions.lesions, regions.target, before.shifts)
    newest = outlines.newest(store, args.case)
    after = newest.revision if newest else 0
    revision = save_regions(store, archive, args.case, regions, after=after, reason=args.reason)
    print(f"version {revision} of case {args.case}: {len(regions.lesions)} outlined")
    return 0


def _open(args: argparse.Namespace) -> tuple[Store, ImageArchive]:
    """Store and archive, once the archive holds the newest version of the case."""
    from dls.case_regions import update_regions
    from dls.imaging.archive import ImageArchive

    store, archive = store_of(args), ImageArchive(args.home / "images")
    store.case(args.case)
    update_regions(store, archive, args.case)
    return store, archive


def _form(path: Path) -> str:
    name = path.name.lower()
    for ending, form in ((".dcm", ".dcm"), (".nii", ".nii"), (".nii.gz", ".nii"), (".json", ".json")):
        if name.endswith(ending):
            return form
    raise InputError("The file's ending says no form", expected=ENDINGS, got=path.name)


def _source(args: argparse.Namespace) -> Path:
    if args.source is None:
        raise InputError(
            "A DICOM Segmentation refers to the images it was drawn on",
            expected="--source FOLDER with the DICOM files of the T2 series",
            remedy="give the folder, or export NIfTI or JSON",
        )
    return Path(args.source)
