"""`report`: the manuscript's tables, figures and documents of a study."""

from __future__ import annotations

import argparse
from pathlib import Path

from dls.cli.home import add_home
from dls.cli.progress import print_progress

ENDINGS = (".zip", ".docx", ".pdf", ".html")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    command = subparsers.add_parser(
        "report",
        help="make the manuscript's tables and figures",
        description="Make the report of a study: Tables 1-4, ROC and confusion panels, feature maps, "
        "saliency, flow of cases, methods and reporting checklists as Word, PDF and HTML, figures as SVG and "
        "PNG, tables as CSV. The same data give the same bytes.",
    )
    command.add_argument("file", type=Path, help="file to make: .zip for everything, or .docx, .pdf, .html")
    command.add_argument("--reason", default="", help="why you look, where the protocol asks for it")
    command.set_defaults(run=run)
    add_home(command)


def run(args: argparse.Namespace) -> int:
    """Make the report and write it; progress goes to standard error."""
    from dls.analysis.manuscript import manuscript_results
    from dls.cli.home import store_of
    from dls.cli.study_files import refuse_existing
    from dls.errors import InputError
    from dls.report.saliency_plate import stored_explanations
    from dls.report.study_report import archive, study_report
    from dls.study.looks import everything_signed, look

    store = store_of(args)
    ending = args.file.suffix
    if ending not in ENDINGS:
        raise InputError("Unknown form of report", expected=" or ".join(ENDINGS), got=args.file.name)
    refuse_existing(args.file)
    if not everything_signed(store):
        look(store, "report", None, args.reason)
    results = manuscript_results(store, print_progress)
    explanations = stored_explanations(args.home, results.provenance.packages)
    files = study_report(results, print_progress, explanations)
    content = archive(files, results) if ending == ".zip" else files[f"report{ending}"]
    try:
        args.file.write_bytes(content)
    except OSError as error:
        raise InputError("The report cannot be written", got=str(error)) from error
    store.record("results.export", None, {"what": "report", "reason": args.reason})
    print(f"written: {args.file}")
    return 0
