"""Cases from a table: code, truth, reference standard, lesion size and clinical data, one row a case.

Nothing is guessed and nothing is dropped: an unknown column, a value out of its range or a text that is no
value is an error that names row and column; an empty cell is missing, and is counted as such.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from dls.clinical import VARIABLES, Categorical, ClinicalRecord, Numeric, convert, doubts
from dls.domain import LesionClass
from dls.errors import InputError
from dls.intake.case_import import IMAGE_SOURCE
from dls.intake.spreadsheet import read_cells
from dls.intake.truth import STANDARDS, checked_standard
from dls.study.cases import NewCase, checked_code

NEEDED = ("code", "class", "reference_standard", "lesion_mm")
OPTIONAL = ("scanner", "images")
LESION_MM = (1.0, 300.0)
"""Plausible diameters of a lesion."""

SMALL_MM = 5.0
_MISSING = {"", "na", "n/a", "nan", "missing", "unknown", "not known", "-"}
_YES_NO = {
    "yes": True,
    "no": False,
    "true": True,
    "false": False,
    "1": True,
    "0": False,
    "y": True,
    "n": False,
}
_SEX = {"m": "male", "f": "female", "male": "male", "female": "female"}
SCANNER_UNKNOWN = "scanner not given"
"""Stands where neither table nor images name the scanner."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one cell."""

    row: int
    column: str
    message: str
    expected: str = ""
    got: str = ""
    remedy: str = "correct the cell and import the table again"


class TableError(InputError):
    """A table that cannot be taken; nothing of it was."""

    def __init__(self, name: str, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        first, others = problems[0], len(problems) - 1
        more = f" ({others} more {'problem' if others == 1 else 'problems'})" if others else ""
        super().__init__(
            f"{name}, row {first.row}, column {first.column}: {first.message}{more}",
            expected=first.expected,
            got=first.got,
            remedy=f"{first.remedy}; nothing was changed",
        )


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One row: its number in the file, the case, and where its images are, empty where that is not said."""

    number: int
    case: NewCase
    images: str


@dataclass(frozen=True, slots=True)
class CaseTable:
    """A table without errors.

    Parameters
    ----------
    rows : in order
    missing : label of a clinical variable -> number of cases without a value, those with none missing too
    doubts : questions about values that are possible but unlikely, each with its row
    """

    rows: tuple[CaseRow, ...]
    missing: Mapping[str, int]
    doubts: tuple[str, ...]


def read_case_table(content: bytes, name: str) -> CaseTable:
    """Cases of a CSV or Excel file.

    Columns: `NEEDED`, any of `OPTIONAL`, and clinical variables by name or label; a unit other than the
    coding table's stands in brackets in the header, "bilirubin [mg/dL]".

    Raises
    ------
    InputError
        when the file is no table.
    TableError
        with every problem of its columns and cells.
    """
    cells = read_cells(content, name)
    columns = _columns(cells.header, name)
    problems: list[Problem] = []
    rows = [_row(n, dict(zip(columns, row, strict=True)), problems) for n, row in cells.rows]
    codes = Counter(row.case.code for row in rows if row is not None)
    for row in rows:
        if row is not None and codes[row.case.code] > 1:
            problems.append(
                Problem(row.number, "code", "the code occurs twice", "a code a case", row.case.code)
            )
    if problems:
        raise TableError(name, tuple(sorted(problems, key=lambda p: p.row)))
    complete = tuple(row for row in rows if row is not None)
    missing = {v.label: sum(r.case.clinical.get(v.name) is None for r in complete) for v in VARIABLES}
    questions = tuple(f"Row {r.number}, {r.case.code}: {q}" for r in complete for q in case_doubts(r.case))
    return CaseTable(complete, missing, questions)


def case_doubts(case: NewCase) -> tuple[str, ...]:
    """Questions to ask about a case before it is stored for good."""
    asked = doubts(ClinicalRecord.from_dict(dict(case.clinical)))
    if case.lesion_mm < SMALL_MM:
        asked += (f"The lesion's diameter is {case.lesion_mm:g} mm: is it in cm?",)
    return asked


def checked_diameter(value: float) -> float:
    """A lesion's diameter in mm; InputError where it is not plausible."""
    low, high = LESION_MM
    if not low <= value <= high:
        raise InputError(
            "The lesion's diameter is not plausible",
            expected=f"{low:g} to {high:g} mm",
            got=f"{value:g} mm",
            remedy="give the largest diameter in mm",
        )
    return value


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the file: its name there, what it is, and its unit where that is said."""

    written: str
    name: str
    unit: str


def _columns(header: tuple[str, ...], name: str) -> list[_Column]:
    known = {n.casefold(): n for n in (*NEEDED, *OPTIONAL)}
    for variable in VARIABLES:
        known |= {variable.name.casefold(): variable.name, variable.label.casefold(): variable.name}
    columns, problems = [], []
    for written in header:
        plain, _, unit = (part.strip() for part in re.sub(r"[\])]\s*$", "", written).partition("["))
        if not unit and "(" in plain:
            plain, _, unit = (part.strip() for part in plain.partition("("))
        found = known.get(plain.casefold())
        if found is None:
            expected = ", ".join([*NEEDED, *OPTIONAL, *(v.name for v in VARIABLES)])
            problems.append(Problem(1, written, "unknown column", expected, written, "rename or remove it"))
        else:
            columns.append(_Column(written, found, unit))
    twice = [c for c, count in Counter(column.name for column in columns).items() if count > 1]
    problems += [Problem(1, c, "the column occurs twice", "one column of each kind", c) for c in twice]
    absent = [n for n in NEEDED if n not in {column.name for column in columns}]
    problems += [Problem(1, n, "the column is missing", ", ".join(NEEDED), ", ".join(header)) for n in absent]
    if problems:
        raise TableError(name, tuple(problems))
    return columns


def _row(number: int, cells: Mapping[_Column, str], problems: list[Problem]) -> CaseRow | None:
    """One case, or None after its problems were noted."""
    before = len(problems)
    values: dict[str, object] = {}
    for column, text in cells.items():
        try:
            values[column.name] = _READERS[column.name](text, column)
        except InputError as error:
            problems.append(_problem(number, column.written, error))
    if len(problems) > before:
        return None
    lesion = values.pop("class")
    assert isinstance(lesion, LesionClass)
    try:
        standard = checked_standard(lesion, str(values.pop("reference_standard")))
    except InputError as error:
        problems.append(_problem(number, "reference_standard", error))
        return None
    images = str(values.pop("images", ""))
    case = NewCase(
        str(values.pop("code")),
        lesion,
        standard,
        float(str(values.pop("lesion_mm"))),
        str(values.pop("scanner", "") or SCANNER_UNKNOWN),
        {v.name: values.get(v.name) for v in VARIABLES},
        IMAGE_SOURCE,
        simulated_images=False,
    )
    return CaseRow(number, case, images)


def _problem(row: int, column: str, error: InputError) -> Problem:
    remedy = {"remedy": error.remedy} if error.remedy else {}
    return Problem(row, column, error.message, error.expected, error.got, **remedy)


def _text(text: str, column: _Column) -> str:
    return text


def _needed(text: str, column: _Column) -> str:
    if text.casefold() in _MISSING:
        raise InputError("a value is needed", expected=f"a {column.name}", got="an empty cell")
    return text


def _class(text: str, column: _Column) -> LesionClass:
    return LesionClass.parse(_needed(text, column))


def _standard(text: str, column: _Column) -> str:
    if text.casefold() not in STANDARDS:
        raise InputError("unknown reference standard", expected=" or ".join(STANDARDS), got=repr(text))
    return text.casefold()


def _code(text: str, column: _Column) -> str:
    return checked_code(_needed(text, column))


def _diameter(text: str, column: _Column) -> float:
    if column.unit not in {"", "mm", "cm"}:
        raise InputError("unknown unit of length", expected="mm or cm", got=repr(column.unit))
    return checked_diameter(_number(_needed(text, column), "mm") * (10 if column.unit == "cm" else 1))


def _number(text: str, unit: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        remedy = "write the decimal point as a point" if re.fullmatch(r"-?\d+,\d+", text) else ""
        if re.match(r"[<>≤≥]", text):
            remedy = "give the limit itself where a laboratory reports one"
        raise InputError(
            "not a number", expected=f"a number in {unit}, or nothing", got=repr(text), remedy=remedy
        ) from error


def _clinical(variable: Numeric | Categorical, text: str, column: _Column) -> object:
    """Value of a clinical variable, None where it is missing."""
    if text.casefold() in _MISSING:
        return None
    if isinstance(variable, Numeric):
        number = _number(text, column.unit or variable.unit)
        value: object = convert(variable.name, number, column.unit) if column.unit else number
    elif column.unit:
        raise InputError(f"{variable.label} has no unit", got=column.unit)
    else:
        value = _category(variable, text)
    variable.check(value)
    return value


def _category(variable: Categorical, text: str) -> object:
    wanted = text.casefold()
    if variable.name == "sex":
        return _SEX.get(wanted, text)
    if variable.values == (False, True):
        if wanted not in _YES_NO:
            raise InputError("neither yes nor no", expected="yes, no, or nothing", got=repr(text))
        return _YES_NO[wanted]
    return next((v for v in variable.values if str(v).casefold() == wanted.replace("–", "-")), text)


_READERS: dict[str, Callable[[str, _Column], object]] = {
    "code": _code,
    "class": _class,
    "reference_standard": _standard,
    "lesion_mm": _diameter,
    "scanner": _text,
    "images": _text,
    **{variable.name: partial(_clinical, variable) for variable in VARIABLES},
}
