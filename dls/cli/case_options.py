"""Options that describe the case that a study becomes, and the case made of them."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dls.domain import LesionClass
from dls.errors import InputError

if TYPE_CHECKING:
    from dls.study.cases import NewCase


def add_case_options(parser: argparse.ArgumentParser) -> None:
    """Add what describes a new case, or names one that exists."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--case", type=int, metavar="ID", help="keep the images as those of this case")
    which.add_argument("--code", metavar="CODE", help="make a new case of this code, with its images")
    add = parser.add_argument
    add(
        "--class",
        dest="lesion_class",
        metavar="CLASS",
        help="truth: number or name of a class",
    )
    add("--reference-standard", metavar="TEXT", help="how the truth is known")
    add("--lesion-mm", type=float, metavar="MM", help="largest diameter of the lesion")
    add(
        "--clinical",
        type=Path,
        metavar="FILE",
        help='clinical data: JSON, {"afp": 12.5, ...}; or a table of cases (.csv, .xlsx) with a row of '
        "--code, which gives the truth too",
    )
    add("--lesion", type=int, default=1, metavar="N", help="number of the lesion, for patients with several")
    add("--reason", default="", metavar="TEXT", help="why the images of --case are replaced")
    add("--accept-doubts", action="store_true", help="take values that are possible but unlikely")


def refuse_description(args: argparse.Namespace) -> None:
    """Raise InputError where `--case` names a case that exists and options describe a new one."""
    given = [
        option
        for option, value in (
            ("--class", args.lesion_class),
            ("--reference-standard", args.reference_standard),
            ("--lesion-mm", args.lesion_mm),
            ("--clinical", args.clinical),
        )
        if value is not None
    ]
    if given:
        raise InputError(
            "The case exists and its data stay",
            expected="--case without a description, or --code with one",
            got=", ".join(given),
        )


def new_case(args: argparse.Namespace, scanner: str) -> NewCase:
    """The case that the options describe.

    Raises
    ------
    InputError
        when something is missing, not plausible, or said differently by option and table.
    """
    from dls.intake.clinical_table import case_doubts, checked_diameter
    from dls.intake.truth import checked_standard
    from dls.study.cases import NewCase

    said = _said(args)
    absent = [option for option, value in said["needed"].items() if value is None]
    if absent:
        raise InputError(
            "A new case needs more", expected=", ".join(said["needed"]), got=f"no {', '.join(absent)}"
        )
    lesion = LesionClass.parse(said["needed"]["--class"])
    case = NewCase(
        args.code,
        lesion,
        checked_standard(lesion, said["needed"]["--reference-standard"]),
        checked_diameter(said["needed"]["--lesion-mm"]),
        said["scanner"] or scanner,
        said["clinical"],
        "import",
        simulated_images=False,
    )
    asked = case_doubts(case)
    if asked and not args.accept_doubts:
        raise InputError(
            "Some values are unlikely", got=" ".join(asked), remedy="correct them, or add --accept-doubts"
        )
    return case


def _said(args: argparse.Namespace) -> dict[str, Any]:
    """Truth and clinical data by option and file together."""
    options = {
        "--class": args.lesion_class,
        "--reference-standard": args.reference_standard,
        "--lesion-mm": args.lesion_mm,
    }
    if args.clinical is None:
        return {"needed": options, "clinical": {}, "scanner": ""}
    if args.clinical.suffix.casefold() == ".json":
        return {"needed": options, "clinical": _from_json(args.clinical), "scanner": ""}
    row = _from_table(args.clinical, args.code)
    in_table: dict[str, Any] = {
        "--class": str(int(row.lesion_class)),
        "--reference-standard": row.reference_standard,
        "--lesion-mm": row.lesion_mm,
    }
    for option, value in options.items():
        if value is not None and _plain(option, value) != in_table[option]:
            raise InputError(f"{option} and the table differ", expected=str(in_table[option]), got=str(value))
    return {"needed": in_table, "clinical": dict(row.clinical), "scanner": row.scanner}


def _plain(option: str, value: object) -> object:
    if option == "--class":
        return str(int(LesionClass.parse(str(value))))
    return value.strip().casefold() if isinstance(value, str) else value


def _from_json(path: Path) -> dict[str, object]:
    from dls.clinical import ClinicalRecord

    try:
        values = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise InputError(
            "The clinical data cannot be read", expected="a JSON object", got=f"{path}: {error}"
        ) from error
    if not isinstance(values, dict):
        raise InputError("The clinical data are no JSON object", expected='{"afp": 12.5, ...}', got=str(path))
    return ClinicalRecord.from_dict(values).to_dict()


def _from_table(path: Path, code: str) -> NewCase:
    table = read_table(path)
    for row in table.rows:
        if row.case.code == code:
            return row.case
    raise InputError("The table has no row for the case", expected=f"a row with code {code}", got=str(path))


def read_table(path: Path) -> Any:
    """The table of cases in a file; InputError when it cannot be read, see `read_case_table`."""
    from dls.intake.clinical_table import read_case_table

    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError("The table cannot be read", got=f"{path}: {error.strerror}") from error
    return read_case_table(content, path.name)
