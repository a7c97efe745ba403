"""`import dicom FOLDER`: check a study, show what its series are, keep its images when a case is named."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dls.cli import pacs
from dls.cli.home import add_home, store_of
from dls.cli.progress import print_progress
from dls.domain import ALL_SEQUENCES, Sequence
from dls.errors import InputError

if TYPE_CHECKING:
    from dls.imaging.importer import ImportedStudy
    from dls.imaging.roi import Outline


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `import` and its sources to the command line."""
    importing = subparsers.add_parser("import", help="read the images of a patient")
    sources = importing.add_subparsers(dest="source", required=True, metavar="SOURCE")
    dicom = sources.add_parser(
        "dicom",
        help="a folder with the DICOM files of one study",
        description="Check a study and show what its series are.  Without --case nothing is kept.",
    )
    dicom.add_argument("folder", type=Path, help="folder of one study; subfolders are searched")
    add_options(dicom)
    dicom.set_defaults(run=run_dicom)
    pacs.add_import(sources, add_options, run_dicom)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what every import of a study's folder can be told."""
    parser.add_argument(
        "--assign",
        action="append",
        default=[],
        metavar="SEQUENCE=SERIES_UID",
        help="say which series a sequence is, where that is not certain (SEQUENCE: "
        + ", ".join(s.slug for s in ALL_SEQUENCES)
        + "); may be repeated",
    )
    parser.add_argument(
        "--required",
        default=",".join(s.slug for s in ALL_SEQUENCES),
        metavar="LIST",
        help="sequences without which the study is refused, separated by commas (default: all six)",
    )
    parser.add_argument(
        "--outline", type=Path, help="JSON file of the lesion's contours, [[[x, y, z], ...]] mm"
    )
    parser.add_argument("--case", type=int, metavar="ID", help="keep the images as those of this case")
    add_home(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def run_dicom(args: argparse.Namespace) -> int:
    """Import a folder, keep it when a case is named, and print what was found."""
    from dls.imaging.importer import import_study

    required = tuple(_sequence(name) for name in args.required.split(",") if name.strip())
    assignment = dict(_assigned(text) for text in args.assign)
    outline = None if args.outline is None else read_outline(args.outline)
    wanted: dict[str, Any] = {"required": required, "assignment": assignment, "progress": print_progress}
    if args.case is None:
        imported = import_study(args.folder, **wanted)
    else:
        store_of(args).case(args.case)
        imported = import_into(args.home, args.folder, args.case, outline, **wanted)
    summary = _summary(imported)
    print(json.dumps(summary, indent=2) if args.json else _text(summary, args.case))
    return 0


def import_into(
    home: Path,
    folder: Path,
    case_id: int,
    outline: Outline | None,
    *,
    required: tuple[Sequence, ...] = ALL_SEQUENCES,
    assignment: Mapping[Sequence, str] | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> ImportedStudy:
    """Import a study's folder and keep its volumes as those of a case; nothing is kept on failure.

    Parameters
    ----------
    home : folder of the study; images go to `home`/images
    outline : drawn on T2, or None

    Raises
    ------
    InputError, GeometryError
        from `importer.import_study` and `ImageArchive.put`.
    """
    from dls.imaging.archive import ImageArchive
    from dls.imaging.importer import import_study

    imported = import_study(folder, required=required, assignment=assignment, progress=progress)
    ImageArchive(home / "images").put(case_id, imported.volumes, outline)
    return imported


def read_outline(path: Path) -> Outline:
    """Outline from a JSON file of contours, [[[x, y, z], ...], ...] in mm (LPS).

    Raises
    ------
    InputError
        when the file cannot be read or is not JSON.
    GeometryError
        when it does not hold contours.
    """
    from dls.imaging.roi import Outline

    try:
        contours = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise InputError(
            "The outline cannot be read", expected="a JSON file", got=f"{path}: {error}"
        ) from error
    if not isinstance(contours, list):
        raise InputError(
            "The outline is not a list of contours", expected="[[[x, y, z], ...], ...]", got=str(path)
        )
    return Outline.of(contours)


def _sequence(text: str) -> Sequence:
    for sequence in Sequence:
        if text.strip().casefold() in {sequence.slug, sequence.value.casefold()}:
            return sequence
    raise InputError("Unknown sequence", expected=", ".join(s.slug for s in Sequence), got=repr(text))


def _assigned(text: str) -> tuple[Sequence, str]:
    name, separator, uid = text.partition("=")
    if not separator or not uid:
        raise InputError("An assignment cannot be read", expected="SEQUENCE=SERIES_UID", got=repr(text))
    return _sequence(name), uid.strip()


def _summary(imported: ImportedStudy) -> dict[str, Any]:
    """What was found, ready for JSON; without the patient's identifiers."""
    sequences = []
    for sequence, volume in imported.volumes.items():
        uid = imported.series[sequence]
        chosen = next((c for c in imported.typing if (c.series_uid, c.sequence) == (uid, sequence)), None)
        g = volume.geometry
        sequences.append(
            {
                "sequence": str(sequence),
                "series_uid": uid,
                "title": chosen.title if chosen else "",
                "confidence": chosen.confidence if chosen else None,
                "reasons": list(chosen.reasons) if chosen else ["assigned"],
                "size": list(g.size),
                "spacing": list(g.spacing),
                "origin": list(g.origin),
                "direction": list(g.direction),
            }
        )
    others = [
        {
            "series_uid": c.series_uid,
            "title": c.title,
            "sequence": str(c.sequence),
            "confidence": c.confidence,
        }
        for c in imported.typing
        if imported.series.get(c.sequence) != c.series_uid
    ]
    return {"sequences": sequences, "other_candidates": others}


def _text(summary: Mapping[str, Any], case_id: int | None) -> str:
    lines = []
    for row in summary["sequences"]:
        size = " x ".join(str(n) for n in row["size"])
        spacing = " x ".join(f"{s:.2f}" for s in row["spacing"])
        certainty = "assigned" if row["confidence"] is None else f"confidence {row['confidence']:.2f}"
        lines += [
            f"{row['sequence']:16s} {row['title'] or row['series_uid']}",
            f"{'':16s} {size} voxels of {spacing} mm; {certainty}: {', '.join(row['reasons'])}",
        ]
    lines += [
        f"{'not used':16s} {row['title']} as {row['sequence']}, confidence {row['confidence']:.2f}"
        for row in summary["other_candidates"]
    ]
    kept = "Checked; nothing was kept." if case_id is None else f"Kept as the images of case {case_id}."
    return "\n".join([*lines, kept])
