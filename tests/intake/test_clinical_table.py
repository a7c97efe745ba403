from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date

import pytest
from openpyxl import Workbook

from dls.clinical import VARIABLES
from dls.domain import LesionClass
from dls.errors import InputError
from dls.intake.clinical_table import TableError, read_case_table

HEADER = (
    "code,class,reference_standard,lesion_mm,scanner,age,sex,AFP,bilirubin [mg/dL],cirrhosis_history,ascites"
)
ROWS = (
    "P-1,HCC,histopathology,34,Maker 3 T,61,m,820,1.1,yes,slight",
    "P-2,1,Formal report with follow-up,12.5,,,female,,,no,NA",
)


def table(*rows: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *rows, ""]).encode()


def workbook(rows: Sequence[Sequence[object]]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_cases_of_a_table() -> None:
    read = read_case_table(table(*ROWS), "cases.csv")
    first, second = (row.case for row in read.rows)
    assert (first.code, first.lesion_class, first.lesion_mm) == ("P-1", LesionClass.HCC, 34)
    assert (first.reference_standard, first.scanner) == ("histopathology", "Maker 3 T")
    given = {"age": 61, "sex": "male", "afp": 820, "bilirubin": pytest.approx(18.81)}
    given |= {"cirrhosis_history": True, "ascites": "slight"}
    assert first.clinical == {v.name: given.get(v.name) for v in VARIABLES}
    assert second.lesion_class is LesionClass.HEMANGIOMA
    assert (second.clinical["cirrhosis_history"], second.clinical["ascites"]) == (False, None)
    assert [row.number for row in read.rows] == [2, 3]


def test_missing_is_counted() -> None:
    missing = read_case_table(table(*ROWS), "cases.csv").missing
    assert {label: n for label, n in missing.items() if n < 2} == {
        "Age": 1,
        "Sex": 0,
        "AFP": 1,
        "Total bilirubin": 1,
        "Cirrhosis-related history": 0,
        "Ascites": 1,
    }
    assert len(missing) == len(VARIABLES)


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators_and_a_byte_order_mark(separator: str) -> None:
    content = b"\xef\xbb\xbf" + table(*ROWS).replace(b",", separator.encode()).replace(b"\n", b"\r\n")
    assert read_case_table(content, "cases.csv") == read_case_table(table(*ROWS), "cases.csv")


def test_excel_gives_the_same_as_csv() -> None:
    typed: list[list[object]] = [
        ["P-1", "HCC", "histopathology", 34, "Maker 3 T", 61, "m", 820.0, 1.1, True, "slight"],
        ["P-2", 1, "Formal report with follow-up", 12.5, None, None, "female", None, None, "no", "NA"],
        [None] * 11,
    ]
    content = workbook([HEADER.split(","), *typed])
    assert read_case_table(content, "Cases.XLSX") == read_case_table(table(*ROWS), "cases.csv")


# fmt: off
BAD = [
    ("P-1", "=1+1", 2, "code", "code cannot be used", "printable characters", "'=1+1'"),
    ("HCC", "abscess", 2, "class", "Unknown lesion class", "0 cyst", "'abscess'"),
    ("HCC", "", 2, "class", "a value is needed", "a class", "an empty cell"),
    ("histopathology", "biopsy", 2, "reference_standard", "unknown reference standard",
     "histopathology or formal report with follow-up", "'biopsy'"),
    ("P-1,HCC,histopathology", "P-1,HCC,formal report with follow-up", 2, "reference_standard",
     "must be proved by histopathology", "histopathology", "formal report with follow-up"),
    (",34,", ",0.4,", 2, "lesion_mm", "not plausible", "1 to 300 mm", "0.4 mm"),
    (",61,", ",610,", 2, "age", "outside its plausible range", "0 to 120 years", "610 years"),
    (",61,", ",sixty,", 2, "age", "not a number", "a number in years, or nothing", "'sixty'"),
    (",820,", ",<20,", 2, "AFP", "not a number", "a number in ng/mL, or nothing", "'<20'"),
    (",1.1,", ",110,", 2, "bilirubin [mg/dL]", "outside its plausible range", "2.5 to 1000 µmol/L",
     "1881 µmol/L"),
    (",m,", ",x,", 2, "sex", "unknown value", "'female'", "'x'"),
    (",yes,", ",perhaps,", 2, "cirrhosis_history", "neither yes nor no", "yes, no, or nothing", "'perhaps'"),
    (",slight", ",severe", 2, "ascites", "unknown value", "'moderate'", "'severe'"),
    ("P-2", "P-1", 2, "code", "occurs twice", "a code a case", "P-1"),
]
# fmt: on


@pytest.mark.parametrize(("old", "new", "row", "column", "message", "expected", "got"), BAD)
def test_a_cell_that_is_wrong(  # noqa: PLR0917  one parameter a column of the table above
    old: str, new: str, row: int, column: str, message: str, expected: str, got: str
) -> None:
    content = table(*ROWS).replace(old.encode(), new.encode(), 1)
    with pytest.raises(TableError) as caught:
        read_case_table(content, "cases.csv")
    problem = caught.value.problems[0]
    assert (problem.row, problem.column) == (row, column)
    assert message in problem.message
    assert expected in problem.expected
    assert problem.got == got
    text = str(caught.value)
    assert text.startswith(f"cases.csv, row {row}, column {column}: ")
    assert "Expected: " in text
    assert "Remedy: " in text


def test_every_problem_is_named_at_once() -> None:
    content = table(ROWS[0].replace("34", "x").replace("61", "y"), ROWS[1].replace("12.5", "z"))
    with pytest.raises(TableError, match=r"\(2 more problems\)") as caught:
        read_case_table(content, "cases.csv")
    found = [(p.row, p.column) for p in caught.value.problems]
    assert found == [(2, "lesion_mm"), (2, "age"), (3, "lesion_mm")]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (HEADER.replace("AFP", "AFP2"), "column AFP2: unknown column"),
        (HEADER.replace("AFP", "CEA [U/L]"), "Unknown unit of CEA"),
        (HEADER.replace("sex", "sex [m/f]"), "Sex has no unit"),
        (HEADER.replace("code", "scanner"), "two columns have the same name"),
        (HEADER.replace("scanner", "Age"), "column age: the column occurs twice"),
        (HEADER.replace("class", "psa"), "column class: the column is missing"),
        (HEADER.replace("lesion_mm", "lesion_mm [inch]"), "unknown unit of length"),
        (HEADER.replace("code", ""), "a column has no name"),
    ],
)
def test_a_header_that_is_wrong(header: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read_case_table(table(*ROWS, header=header), "cases.csv")
    assert said in str(caught.value)


def test_centimetres_by_the_header() -> None:
    content = table(ROWS[0].replace("34", "3.4"), header=HEADER.replace("lesion_mm", "lesion_mm [cm]"))
    assert read_case_table(content, "cases.csv").rows[0].case.lesion_mm == 34


def test_doubts_are_asked() -> None:
    content = table(
        ROWS[0].replace("34", "3.4").replace("1.1", "1.1"),
        header=HEADER.replace("bilirubin [mg/dL]", "albumin"),
    ).replace(b"1.1", b"41")
    assert read_case_table(content, "cases.csv").doubts == (
        "Row 2, P-1: The lesion's diameter is 3.4 mm: is it in cm?",
    )


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "a.csv", "has no rows"),
        (HEADER.encode(), "a.csv", "has no rows"),
        (b"\xff\xfe\x00", "a.csv", "not a CSV table"),
        (table('P-1,"HCC'), "a.csv", "not a CSV table"),
        (table(ROWS[0] + ",x"), "a.csv", "Row 2 has more cells"),
        (table(*ROWS), "a.xlsx", "not an Excel workbook"),
        (b"PK\x03\x04", "a.xlsx", "not an Excel workbook"),
        (
            workbook([["code", "class"], ["=A1", "HCC"]]),
            "a.xlsx",
            "Row 2, column A: a formula without a value",
        ),
        (bytes(20 * 2**20 + 1), "a.csv", "too large"),
    ],
)
def test_what_is_no_table(content: bytes, name: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_case_table(content, name)


def test_a_date_is_no_age() -> None:
    rows: list[list[object]] = [
        [*HEADER.split(",")],
        ["P-1", "HCC", "histopathology", 34, "", date(1961, 1, 1)],
    ]
    with pytest.raises(TableError, match=r"row 2, column age: not a number"):
        read_case_table(workbook(rows), "a.xlsx")
