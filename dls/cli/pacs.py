"""`import pacs`: a study from an image server; `export pacs`: a case's results to one."""

from __future__ import annotations

import argparse
import dataclasses
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dls.cli.home import add_home, store_of
from dls.cli.progress import print_progress
from dls.errors import InputError

if TYPE_CHECKING:
    from dls.imaging.pacs.peers import PacsStudy, Peer
    from dls.imaging.report_sr import ModelOutput
    from dls.study.store import Store

Parser = argparse.ArgumentParser
Run = Callable[[argparse.Namespace], int]


def add_parser(subparsers: argparse._SubParsersAction[Parser]) -> None:
    """Add `export` and its destinations to the command line."""
    exporting = subparsers.add_parser("export", help="send a case's results to an image server")
    destinations = exporting.add_subparsers(dest="destination", required=True, metavar="DESTINATION")
    pacs = destinations.add_parser(
        "pacs",
        help="the image server that the study came from",
        description="Send the outlines of a case's lesions (DICOM Segmentation) and the models' outputs "
        "(structured report) to an image server, as objects of the patient's study.",
    )
    _add_peer(pacs)
    add = pacs.add_argument
    add("--case", type=int, required=True, metavar="ID", help="number of the case")
    add("--images", type=Path, required=True, metavar="FOLDER", help="original images of the study")
    add("--out", type=Path, metavar="FOLDER", help="keep the files here; without a server, only write them")
    add_home(pacs)
    pacs.set_defaults(run=run_export)


def add_import(
    sources: argparse._SubParsersAction[Parser], options: Callable[[Parser], None], run: Run
) -> None:
    """Add `import pacs`.

    Parameters
    ----------
    options : adds the options that every import of a folder has
    run : imports `args.folder`, or what `args.fetch` brings
    """
    pacs = sources.add_parser(
        "pacs",
        help="a study on an image server (PACS)",
        description="Find a study on an image server, fetch it, and import it like a folder.  A fetch that "
        "was interrupted is taken up where it stopped.  Images are de-identified as they arrive, in memory: "
        "unless --into says so, no original is written anywhere.",
    )
    _add_peer(pacs)
    add = pacs.add_argument
    add("--patient", default="", metavar="ID", help="patient ID; * and ? stand for other characters")
    add("--study-uid", default="", metavar="UID", help="Study Instance UID")
    add("--accession", default="", metavar="NUMBER", help="accession number")
    add("--date", default="", metavar="DATE", help="date of the study, YYYYMMDD or YYYYMMDD-YYYYMMDD")
    add("--list", action="store_true", help="list the studies found and fetch nothing")
    add(
        "--into",
        type=Path,
        metavar="FOLDER",
        help="fetch the originals into this folder and leave them there",
    )
    options(pacs)
    pacs.set_defaults(run=lambda args: run_import(args, run), fetch=None)


def run_import(args: argparse.Namespace, run: Run) -> int:
    """Find, fetch and import one study."""
    from dls.imaging.pacs.delivering import deliver, source_of
    from dls.imaging.pacs.peers import Query
    from dls.imaging.pacs.transfer import fetch, find

    peer = _peer(args)
    studies = find(peer, Query(args.patient, args.study_uid, args.accession, args.date))
    if args.list:
        print("\n".join(_line(study) for study in studies) or "No study matches.")
        return 0
    if len(studies) != 1:
        print("\n".join(_line(study) for study in studies), file=sys.stderr)
        raise InputError(
            "Several studies match" if studies else "No study matches",
            expected=f"one study on {peer}",
            got=str(len(studies)),
            remedy="choose one with --study-uid" if studies else "check patient, date and server",
        )
    uid = studies[0].study_uid
    args.kind = source_of(peer)
    args.folder = args.into
    if args.into is None:
        args.fetch = partial(deliver, peer, uid, args.home, progress=print_progress)
        return run(args)
    try:
        fetched = fetch(peer, uid, args.into, progress=print_progress)
    except KeyboardInterrupt:
        print("Stopped. The same command again goes on from here.", file=sys.stderr)
        return 1
    print(f"{fetched.fetched} files fetched, {fetched.kept} were there", file=sys.stderr)
    return run(args)


def run_export(args: argparse.Namespace) -> int:
    """Write the results of a case and send them."""
    from dls.case_regions import update_regions
    from dls.imaging.archive import ImageArchive
    from dls.imaging.pacs.transfer import send
    from dls.imaging.results_back import write_results

    peer = _peer(args) if args.server or args.out is None else None
    store = store_of(args)
    store.case(args.case)
    archive = ImageArchive(args.home / "images")
    update_regions(store, archive, args.case)
    with tempfile.TemporaryDirectory() as folder:
        paths = write_results(
            args.images,
            args.out or Path(folder),
            _outputs(store, args.case),
            archive.regions(args.case),
            archive.t2_geometry(args.case),
        )
        if peer is not None:
            send(peer, paths, progress=print_progress)
    names = ", ".join(path.name for path in paths)
    print(f"{names}: " + (f"written to {args.out}" if peer is None else f"stored on {peer}"))
    return 0


def _outputs(store: Store, case_id: int) -> list[ModelOutput]:
    """Patient-level scores of every model that scored the case."""
    from dls.imaging.report_sr import ModelOutput

    found = []
    for letter, sha256 in sorted(store.packages().items()):
        frame = store.patient_scores(letter)
        if case_id in frame.index:
            found.append(
                ModelOutput(letter, sha256, tuple(float(p) for p in frame.loc[case_id].to_numpy(float)))
            )
    if not found:
        raise InputError("No model has scored the case", got=f"case {case_id}", remedy="run the models first")
    return found


def _add_peer(parser: Parser) -> None:
    server = parser.add_mutually_exclusive_group().add_argument
    server(
        "--dicomweb",
        dest="server",
        metavar="URL",
        help="a DICOMweb server; DLS_PACS_USER and DLS_PACS_PASSWORD, or DLS_PACS_TOKEN, sign in",
    )
    server("--dimse", dest="server", metavar="AE@HOST:PORT", help="a DIMSE peer")
    server("--server", dest="server", metavar="NAME", help="a server of dls.toml, [pacs.NAME]")
    add = parser.add_argument
    add("--calling", metavar="AE", help="AE title by which a DIMSE peer knows us (default: DLS)")
    add("--retrieve", choices=("get", "move"), help="how a DIMSE peer hands over (default: get)")
    add("--move-port", type=int, metavar="PORT", help="where we receive for --retrieve move (default: 11113)")
    add("--ca-file", type=Path, metavar="FILE", help="certificates to trust, for TLS")
    add("--timeout", type=float, metavar="SECONDS", help="silence that counts as gone (default: 30)")


def _peer(args: argparse.Namespace) -> Peer:
    """The server that was named, by address or by name, or the only one that is configured."""
    from dls.configuration import configuration
    from dls.imaging.pacs.peers import DicomWebServer, Retrieval
    from dls.imaging.pacs.settings import known_peers, peer_at

    named = args.server or ""
    if "://" in named or "@" in named:
        peer = peer_at(named)
    else:
        known = known_peers(configuration(args.home).pacs)
        if named not in known and (named or len(known) != 1):
            raise InputError(
                "No image server is chosen",
                expected="--dicomweb, --dimse or --server " + "|".join(known or ["NAME"]),
                got=repr(named),
                remedy="name a server, or describe it in dls.toml as [pacs.NAME]",
            )
        peer = known[named] if named else next(iter(known.values()))
    changes: dict[str, Any] = {"timeout_s": args.timeout}
    retrieval = None if args.retrieve is None else Retrieval(args.retrieve)
    if isinstance(peer, DicomWebServer):
        if args.calling or retrieval or args.move_port:
            raise InputError(
                "AE titles and ways to retrieve are a DIMSE peer's", got=f"the DICOMweb server {peer}"
            )
        changes |= {"ca_file": args.ca_file}
    else:
        changes |= {"calling": args.calling, "retrieval": retrieval, "move_port": args.move_port}
        changes |= {"tls_ca_file": args.ca_file}
    return dataclasses.replace(peer, **{name: v for name, v in changes.items() if v is not None})


def _line(study: PacsStudy) -> str:
    count = "?" if study.instance_count is None else str(study.instance_count)
    about = (study.date, study.patient_id, "/".join(study.modalities), f"{count} instances")
    return "  ".join((*about, study.study_uid, study.description)).rstrip()
