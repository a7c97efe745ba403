from xml.etree import ElementTree

from dls.analysis.accuracy import accuracy_table
from dls.analysis.accuracy_layout import accuracy_layout
from dls.analysis.case_filter import CaseFilter
from dls.analysis.printed import Cell, PrintedTable, Row, Section
from dls.analysis.system import CONSENSUS
from dls.domain import Task
from dls.figures.html_table import html_table
from tests.analysis.tiny_study import tiny_study


def test_every_row_has_every_column() -> None:
    table = accuracy_layout(accuracy_table(tiny_study(), Task.SEVEN_WAY, CONSENSUS))
    html = ElementTree.fromstring(f"<div>{html_table(table).replace('<br>', '<br/>')}</div>")
    rows = [r for r in html.iter("tr") if r.get("class") != "section"]
    assert {len(list(row)) for row in rows} == {8}
    assert len(rows) == 1 + 3 + 5 + 5


def test_text_is_escaped_and_a_count_links_to_its_cases() -> None:
    cells = (Cell("<b>", "1/2", CaseFilter(truth="HCC")), Cell("3", cases=CaseFilter(truth="cyst")))
    shown = html_table(
        PrintedTable("t", "A < B", (Cell("c"), Cell("d")), (Section("", (Row("r", cells),)),), ("n & m",))
    )
    assert "A &lt; B" in shown
    assert "&lt;b&gt;" in shown
    assert "n &amp; m" in shown
    assert "<a href='cases?task=seven-way&amp;truth=HCC' target='_self'>1/2</a></small>" in shown
    assert "<td><a href='cases?task=seven-way&amp;truth=cyst' target='_self'>3</a></td>" in shown


def test_long_labels_have_room_unless_their_place_is_narrow() -> None:
    table = PrintedTable("t", "T", (Cell("n"),), (Section("", (Row("a label " * 5, (Cell("1"),)),)),), ())
    assert "class='printed long'" in html_table(table)
    assert "class='printed'" in html_table(table, narrow=True)
