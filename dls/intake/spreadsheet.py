"""A CSV or Excel file as rows of text, each with the number that a spreadsheet shows beside it."""

from __future__ import annotations

import csv
import warnings
from collections import Counter
from dataclasses import dataclass
from io import BytesIO, StringIO
from zipfile import BadZipFile

from dls.errors import InputError
from dls.imaging.zip_archive import Limits, zip_files

LARGEST = 20 * 2**20
_UNPACKED = Limits(files=2000, total=200 * 2**20)


@dataclass(frozen=True, slots=True)
class Cells:
    """A table of text.

    Parameters
    ----------
    header : names of the columns
    rows : (number, cells) of every row that is not empty; numbers count from 1, which is the header
    """

    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def read_cells(content: bytes, name: str) -> Cells:
    """Cells of a table.

    Parameters
    ----------
    content : the file
    name : its name; ".xlsx" tells Excel from CSV.  A CSV's separator is the comma, semicolon or tab that the
        header has most of

    Raises
    ------
    InputError
        when the file cannot be read as such a table, has no rows, names a column twice or not at all, or a
        row has more cells than the header.
    """
    if len(content) > LARGEST:
        raise InputError(
            f"{name} is too large", expected=f"at most {LARGEST // 2**20} MiB", got=f"{len(content)} bytes"
        )
    rows = _excel(content, name) if name.casefold().endswith(".xlsx") else _csv(content, name)
    filled = [(number, row) for number, row in rows if any(row)]
    if len(filled) < 2:
        raise InputError(
            f"{name} has no rows", expected="a header and at least one row", got=f"{len(filled)} rows"
        )
    header = _trimmed(filled[0][1])
    _check_header(header, name)
    return Cells(header, tuple((n, _fitted(n, row, header)) for n, row in filled[1:]))


def _csv(content: bytes, name: str) -> list[tuple[int, tuple[str, ...]]]:
    try:
        text = content.decode("utf-8-sig")
        first = text.partition("\n")[0]
        separator = max(",;\t", key=first.count)
        reader = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
        return [(reader.line_num, tuple(cell.strip() for cell in row)) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"{name} is not a CSV table",
            expected="UTF-8 text with a header line",
            got=str(error),
            remedy='save it as "CSV UTF-8", or give the Excel file (.xlsx)',
        ) from error


def _excel(content: bytes, name: str) -> list[tuple[int, tuple[str, ...]]]:
    """First sheet of a workbook; a formula must have been calculated."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        zip_files(BytesIO(content), _UNPACKED)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions, which carry no values
            values = load_workbook(BytesIO(content), data_only=True).worksheets[0]
            written = load_workbook(BytesIO(content)).worksheets[0]
    except (
        InputError,
        InvalidFileException,
        BadZipFile,
        KeyError,
        ValueError,
        IndexError,
        TypeError,
    ) as error:
        raise InputError(
            f"{name} is not an Excel workbook",
            expected="a complete .xlsx file",
            got=str(error),
            remedy="save it again as .xlsx or as CSV UTF-8",
        ) from error
    rows = []
    for number, (shown, source) in enumerate(
        zip(values.iter_rows(), written.iter_rows(), strict=True), start=1
    ):
        for cell, origin in zip(shown, source, strict=True):
            if cell.value is None and origin.value is not None:
                raise InputError(
                    f"Row {number}, column {cell.column_letter}: a formula without a value",
                    expected="a value",
                    got=str(origin.value),
                    remedy="open the workbook, let it calculate and save it, or paste values",
                )
        rows.append((number, tuple(_text(cell.value) for cell in shown)))
    return rows


def _text(value: object) -> str:
    """A cell of Excel as it would be typed into a CSV."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _trimmed(header: tuple[str, ...]) -> tuple[str, ...]:
    """The header without the empty cells at its end."""
    end = max(i for i, name in enumerate(header) if name) + 1
    return header[:end]


def _check_header(header: tuple[str, ...], name: str) -> None:
    if not all(header):
        raise InputError(
            f"{name}: a column has no name", expected="a name for every column", got=", ".join(header)
        )
    twice = [column for column, count in Counter(header).items() if count > 1]
    if twice:
        raise InputError(f"{name}: two columns have the same name", got=", ".join(twice), remedy="rename one")


def _fitted(number: int, row: tuple[str, ...], header: tuple[str, ...]) -> tuple[str, ...]:
    if any(row[len(header) :]):
        raise InputError(
            f"Row {number} has more cells than the header",
            expected=f"{len(header)} cells",
            got=f"{len(row)}",
            remedy="put cells that hold the separator in quotation marks",
        )
    return (*row, *[""] * (len(header) - len(row)))[: len(header)]
