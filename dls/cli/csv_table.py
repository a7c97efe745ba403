"""A CSV file as a table of text, and its columns as numbers, truths or categories.

Every cell is read as text, so that nothing is guessed.  An empty cell is missing, and so is NA or NaN, as R
and pandas write it.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dls.errors import InputError

_MISSING = frozenset({"NA", "N/A", "NaN", "nan"})
_BOOLEAN = {"true": "1", "false": "0"}


def read_table(path: Path) -> pd.DataFrame:
    """All cells as stripped text, one row a line; missing cells are the empty string, blank lines are
    skipped.

    Raises
    ------
    InputError
        when the file cannot be read, is no UTF-8 text, has no rows, names a column twice, or has a row with
        more or fewer cells than the header.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(lines, skipinitialspace=True, strict=True)
            rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if row]
    except OSError as error:
        raise InputError(
            "The file cannot be read",
            expected="a readable CSV file",
            got=f"{path}: {error.strerror or error}",
            remedy="check the path and its permissions",
        ) from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(
            "The file is not a CSV table",
            expected="comma-separated UTF-8 text with a header line",
            got=f"{path}: {error}",
            remedy="export the table again as CSV",
        ) from error
    if len(rows) < 2:
        raise InputError(
            "The table has no rows",
            expected="a header line and at least one row",
            got=f"{path} with columns {', '.join(rows[0][1])}" if rows else f"{path}, which is empty",
            remedy="export the table again",
        )
    header = rows[0][1]
    ragged = [number for number, row in rows if len(row) != len(header)]
    if ragged:
        raise InputError(
            "Rows do not have as many cells as the header",
            expected=f"{len(header)} cells in every row",
            got=f"another number in {len(ragged)} rows, the first in line {ragged[0]} of {path}",
            remedy="export the table again as CSV, with commas between the cells",
        )
    if len(set(header)) < len(header):
        raise InputError(
            "Two columns have the same name",
            expected="distinct names in the header line",
            got=", ".join(header),
            remedy="rename one of them",
        )
    cells = [["" if cell in _MISSING else cell for cell in row] for _, row in rows[1:]]
    return pd.DataFrame(cells, columns=header, dtype=str)


def need_columns(table: pd.DataFrame, names: Sequence[str]) -> None:
    """InputError naming the columns found, unless all the named ones are there."""
    absent = [name for name in names if name not in table.columns]
    if absent:
        raise InputError(
            f"The table lacks the column{'s' if len(absent) > 1 else ''} {', '.join(absent)}",
            expected="columns " + ", ".join(names),
            got="columns " + ", ".join(table.columns),
            remedy="name the columns with the options of this command (see --help)",
        )


def numbers(table: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """A column (n_rows,) as numbers, NaN where it is empty; InputError names cells that are no number."""
    text = table[column]
    values = pd.to_numeric(text.where(text != ""), errors="coerce").to_numpy(dtype=np.float64, copy=True)
    bad = (text != "").to_numpy() & ~np.isfinite(values)
    if bad.any():
        raise InputError(
            f"The column {column} must hold finite numbers",
            expected="numbers with a decimal point",
            got=", ".join(map(repr, text[bad].unique()[:5])),
            remedy="correct those cells, or leave them empty where the value is missing",
        )
    return values


def equals(text: pd.Series[str], value: str) -> NDArray[np.bool_]:
    """Which cells (n_rows,) are the value, as text or as the same number; 1, 1.0 and True are one."""
    same = (text == value.strip()).to_numpy(dtype=bool)
    return same | (_numeric(text) == _numeric(pd.Series([value.strip()], dtype=str)))  # NaN equals nothing


def _numeric(text: pd.Series[str]) -> NDArray[np.float64]:
    """Cells as numbers (n_rows,), truth values as 1 and 0; NaN where they are neither."""
    words = text.str.casefold()
    return pd.to_numeric(words.map(_BOOLEAN).fillna(words), errors="coerce").to_numpy(dtype=np.float64)


def truths(table: pd.DataFrame, column: str, positive: str) -> NDArray[np.bool_]:
    """Which rows are positive (n_rows,); every other value is negative.

    Raises
    ------
    InputError
        when a truth is missing, or the positive value or any other never occurs.
    """
    text = table[column]
    empty = int((text == "").sum())
    if empty:
        raise InputError(
            f"The column {column} has cases without truth",
            expected="a value in every row",
            got=f"{empty} empty of {len(text)}",
            remedy="complete or remove those rows",
        )
    positives = equals(text, positive)
    if positives.all() or not positives.any():
        raise InputError(
            f"The column {column} does not tell two classes apart",
            expected=f"{positive!r} and at least one other value",
            got="values " + ", ".join(map(repr, text.unique()[:8])),
            remedy="name the positive value with --positive",
        )
    return positives


def categories(table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Columns as categories: numbers where every cell given is one, else text; None where empty."""
    part = table[list(columns)]
    cells = part.to_numpy(dtype=object)
    given = cells != ""
    parsed = pd.to_numeric(pd.Series(cells[given]), errors="coerce")
    values = np.full(cells.shape, None, dtype=object)
    values[given] = cells[given] if parsed.isna().any() else [_whole(number) for number in parsed]
    return pd.DataFrame(values, columns=part.columns, dtype=object)


def _whole(number: float) -> float | int:
    return int(number) if float(number).is_integer() else float(number)
