"""`import dicom`: check a study, show what its series are, make it a case; `import csv`: a table of cases."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dls.cli import lld, pacs
from dls.cli.case_options import add_case_options, new_case, read_table, refuse_description
from dls.cli.home import add_home, store_of
from dls.cli.progress import print_progress
from dls.domain import ALL_SEQUENCES, Sequence
from dls.errors import InputError, StoppedError

if TYPE_CHECKING:
    from dls.imaging.delivery import Delivery
    from dls.imaging.importer import ImportedStudy
    from dls.imaging.roi import Outline
    from dls.imaging.volume import Volume


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `import` and its sources to the command line."""
    importing = subparsers.add_parser("import", help="read the images of a patient")
    sources = importing.add_subparsers(dest="source", required=True, metavar="SOURCE")
    dicom = sources.add_parser(
        "dicom",
        help="a folder or zip archive with the DICOM files of one study",
        description="Check a study and show what its series are.  Without --case or --code nothing is kept; "
        "with one, de-identified images become those of the case.  Stopped with Ctrl-C (exit code 1) or "
        "broken off, the same command goes on where it stopped; the same study again changes nothing.",
    )
    dicom.add_argument("folder", type=Path, help="folder or zip archive of one study")
    add_options(dicom)
    dicom.set_defaults(run=run_dicom, kind="", fetch=None)
    table = sources.add_parser(
        "csv",
        help="a table of cases (CSV or Excel), with or without their images",
        description="Add the cases of a table: columns code, class, reference_standard, lesion_mm, and "
        'clinical variables by name (a unit in brackets, as in "bilirubin [mg/dL]").  A column images names '
        "the folder or zip archive of each study.  A table with an error changes nothing.",
    )
    table.add_argument("table", type=Path, help="the table; images are relative to its folder")
    table.add_argument("--accept-doubts", action="store_true", help="take possible but unlikely values")
    table.add_argument("--check", action="store_true", help="read the table and add nothing")
    _add_required(table)
    add_home(table)
    table.set_defaults(run=run_table)
    pacs.add_import(sources, add_options, run_dicom)
    lld.add_import(sources)


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
    _add_required(parser)
    parser.add_argument(
        "--outline", type=Path, help="JSON file of the lesion's contours, [[[x, y, z], ...]] mm"
    )
    add_case_options(parser)
    add_home(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def _add_required(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--required",
        default=",".join(s.slug for s in ALL_SEQUENCES),
        metavar="LIST",
        help="sequences without which the study is refused, separated by commas (default: all six)",
    )


def run_table(args: argparse.Namespace) -> int:
    """Add the cases of a table, with their images where it names them, and print what came of it."""
    from dls.intake.table_import import import_table

    required = _required(args)
    table = read_table(args.table)
    counted = ", ".join(f"{label} {count}" for label, count in table.missing.items() if count)
    print(f"{len(table.rows)} cases; without a value: {counted or 'none'}")
    if table.doubts and not args.accept_doubts:
        raise InputError(
            "Some values are unlikely",
            got=" ".join(table.doubts),
            remedy="correct them, or add --accept-doubts; nothing was changed",
        )
    if args.check:
        return 0
    try:
        done = import_table(
            store_of(args),
            args.home,
            table,
            args.table.parent,
            required=required,
            progress=print_progress,
        )
    except (KeyboardInterrupt, StoppedError):
        print("Stopped; the same command again goes on from here.", file=sys.stderr)
        return 1
    print(f"{len(done.added)} added, {len(done.present)} were there, {len(done.with_images)} with images")
    return 0


def run_dicom(args: argparse.Namespace) -> int:
    """Import a folder or archive, keep it when a case is named, and print what was found.

    `args.fetch`, where it is not None, brings the study as a delivery instead.
    """
    required = _required(args)
    assignment = dict(_assigned(text) for text in args.assign)
    outline = None if args.outline is None else read_outline(args.outline)
    try:
        if args.case is None and args.code is None:
            imported, kept = _look(args, required, assignment), ""
        else:
            imported, kept = _keep(args, required, assignment, outline)
    except (KeyboardInterrupt, StoppedError):
        print("Stopped; nothing was imported. The same command again goes on from here.", file=sys.stderr)
        return 1
    summary = _summary(imported)
    print(json.dumps(summary, indent=2) if args.json else _text(summary, kept))
    return 0


def _look(
    args: argparse.Namespace, required: tuple[Sequence, ...], assignment: Mapping[Sequence, str]
) -> ImportedStudy:
    """Check a study and keep nothing.

    A folder is read where it lies.  What comes from an archive or an image server is de-identified in memory
    as when it is kept, so that no original is written anywhere; the delivery goes afterwards, unless it had
    been there.
    """
    from dls.imaging.delivery import discard, received, volumes
    from dls.imaging.importer import import_study

    if args.fetch is None and not args.folder.is_file():
        return import_study(args.folder, required=required, assignment=assignment, progress=print_progress)
    before = received(args.home)
    delivery = _received(args)
    try:
        stacks = _stacks(args, delivery, required, assignment)
        return _found(delivery, stacks, volumes(delivery, stacks, print_progress))
    finally:
        if delivery.id not in before:
            discard(args.home, delivery.id)


def _received(args: argparse.Namespace) -> Delivery:
    """The study as a delivery; what was left out of it is said on standard error."""
    from dls.intake.table_import import receive_path

    if args.fetch is not None:
        delivery: Delivery = args.fetch()
    else:
        delivery = receive_path(args.home, args.folder, source=args.kind, progress=print_progress)
    for reason, files in delivery.left_out.items():
        print(f"left out, {files}: {reason}", file=sys.stderr)
    return delivery


def _keep(
    args: argparse.Namespace,
    required: tuple[Sequence, ...],
    assignment: Mapping[Sequence, str],
    outline: Outline | None,
) -> tuple[ImportedStudy, str]:
    """Receive a study and make it the images of a case; returns it and a sentence on what was kept.

    A study that is refused leaves nothing behind.
    """
    from dls.imaging.delivery import discard, received

    store = store_of(args)
    if args.case is not None:
        store.case(args.case)
        refuse_description(args)
    else:
        new_case(args, "")
    before = received(args.home)
    delivery = _received(args)
    try:
        return _imported(args, delivery, required, assignment, outline)
    except InputError:
        if delivery.id not in before:
            discard(args.home, delivery.id)
        raise


def _imported(
    args: argparse.Namespace,
    delivery: Delivery,
    required: tuple[Sequence, ...],
    assignment: Mapping[Sequence, str],
    outline: Outline | None,
) -> tuple[ImportedStudy, str]:
    """Make a delivery the images of a case, as `_keep` says."""
    from dls.imaging.archive import ImageArchive
    from dls.imaging.delivery import scanner
    from dls.intake.case_import import IMAGES, Confirmed, import_case

    stacks = _stacks(args, delivery, required, assignment)
    said = bool(assignment)
    done = import_case(
        store_of(args),
        args.home,
        delivery,
        Confirmed(stacks, by_person=said, why="assigned on the command line" if said else ""),
        case=None if args.code is None else new_case(args, scanner(delivery)),
        case_id=args.case,
        lesion=args.lesion,
        outline=outline,
        reason=args.reason,
        progress=print_progress,
    )
    return _found(delivery, stacks, ImageArchive(args.home / IMAGES).volumes(done.case_id)), (
        f"Kept as the images of case {done.case_id} ({done.code}); models {', '.join(done.models) or 'none'} "
        "are applicable."
    )


def _stacks(
    args: argparse.Namespace,
    delivery: Delivery,
    required: tuple[Sequence, ...],
    assignment: Mapping[Sequence, str],
) -> dict[Sequence, str]:
    """Which stack of a delivery is which sequence; series are named by their own UID or the delivery's."""
    from dls.imaging.reception import received_uid
    from dls.imaging.sequence_choice import choose

    known = {stack.uid.partition("#")[0] for stack in delivery.stacks}
    said = {
        sequence: uid if uid.partition("#")[0] in known else received_uid(args.home, uid)
        for sequence, uid in assignment.items()
    }
    chosen = choose(delivery.candidates, delivery.stacks, required, said)
    return {sequence: stack.uid for sequence, stack in chosen.items()}


def _found(
    delivery: Delivery, stacks: Mapping[Sequence, str], volumes: Mapping[Sequence, Volume]
) -> ImportedStudy:
    """A delivery as `_summary` takes it."""
    from dls.imaging.importer import ImportedStudy

    return ImportedStudy(
        dict(volumes), "", delivery.candidates, dict(stacks), delivery.patient, delivery.study
    )


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


def _required(args: argparse.Namespace) -> tuple[Sequence, ...]:
    return tuple(_sequence(name) for name in args.required.split(",") if name.strip())


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


def _text(summary: Mapping[str, Any], kept: str) -> str:
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
    return "\n".join([*lines, kept or "Checked; nothing was kept."])
