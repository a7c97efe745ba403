"""Tables joined below and beside each other: no row, cell or note is lost, and no note said twice."""

from __future__ import annotations

import pytest

from dls.analysis.printed import Cell, PrintedTable, Row, Section
from dls.report.joined_tables import beside, stacked


def table(value: str, *notes: str, label: str = "all") -> PrintedTable:
    rows = (Row(label, (Cell(value, "detail"),)),)
    return PrintedTable("one", "One", (Cell("AUC"),), (Section("", rows), Section("Sex", rows)), notes)


def test_stacked_tables_keep_their_rows_under_their_headings() -> None:
    found = stacked("both", "Both", {"A": table("1", "of all", "mine"), "B": table("2", "of all")})
    assert [s.heading for s in found.sections] == ["A", "A: Sex", "B", "B: Sex"]
    assert [s.rows[0].cells[0].text for s in found.sections] == ["1", "1", "2", "2"]
    assert found.notes == ("of all", "A: mine")
    assert (found.name, found.caption, found.columns) == ("both", "Both", (Cell("AUC"),))


def test_a_note_of_some_names_all_of_them_once() -> None:
    parts = {"A": table("1", "x"), "B": table("2", "x"), "C": table("3")}
    assert stacked("three", "Three", parts).notes == ("A; B: x",)


def test_tables_beside_each_other_have_a_column_each() -> None:
    found = beside("both", "Both", {"A": table("1", "of all"), "B": table("2", "of all", "other")})
    assert found.columns == (Cell("A", "AUC"), Cell("B", "AUC"))
    assert [s.heading for s in found.sections] == ["", "Sex"]
    assert [c.text for c in found.sections[1].rows[0].cells] == ["1", "2"]
    assert found.notes == ("of all", "B: other")


def test_tables_of_other_rows_are_not_put_beside_each_other() -> None:
    longer = table("2")
    more = PrintedTable("one", "One", longer.columns, longer.sections[:1], ())
    with pytest.raises(ValueError, match="zip"):
        beside("both", "Both", {"A": table("1"), "B": more})
