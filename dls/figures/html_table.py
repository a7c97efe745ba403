"""Printed tables as HTML, in the form of a journal: three rules, no colour; counts link to their cases."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from dls.analysis.printed import Cell, PrintedTable, Row
from dls.analysis.study_filter import StudyFilter
from dls.figures.style import query

LONGEST_LABEL = 30
LONGEST_FIGURE = 40
"""Characters; a longer cell is a sentence and may break into lines."""
STYLE = """<style>
.printed {border-collapse:collapse; min-width:min(100%, 620px); font-size:13px; line-height:1.35;
  font-variant-numeric:tabular-nums;}
.printed caption {caption-side:top; text-align:left; font-weight:600; font-size:15px; padding:0 0 6px 0;}
.printed th, .printed td {border:none; padding:3px 11px 3px 0; text-align:left; vertical-align:top;
  white-space:nowrap;}
.printed thead th {border-top:2px solid currentColor; border-bottom:1px solid currentColor; font-weight:600;
  white-space:normal; vertical-align:bottom;}
.printed tbody:last-of-type tr:last-child > * {border-bottom:2px solid currentColor;}
.printed td.prose {white-space:normal; min-width:190px; font-size:12px;}
.printed caption + tbody tr:first-child > * {border-top:2px solid currentColor;}
.printed .section th {padding-top:9px; font-weight:600;}
.printed .label {padding-left:14px; font-weight:400; white-space:normal; min-width:110px;}
.printed.long .label {min-width:220px;}
.printed-box {overflow-x:auto;}
.printed small.part {font-size:12px; opacity:1;}
.printed small {display:block; font-size:11px; font-weight:400; opacity:.7;}
.printed td a {color:inherit; text-decoration:underline dotted; text-underline-offset:2px;}
.printed td a:hover {text-decoration:underline solid;}
.printed-notes {font-size:12px; line-height:1.45; opacity:.75; margin:6px 0 14px 0;}
</style>"""


def html_table(table: PrintedTable, cases_page: str = "cases", *, narrow: bool = False) -> str:
    """The table as HTML with its style.

    Parameters
    ----------
    cases_page : address of the page that shows the cases of a query
    narrow : whether its place is so narrow that long labels break early
    """
    address = _Address(cases_page, StudyFilter() if table.part is None else table.part.chosen)
    head = "".join(f"<th scope='col'>{_cell(c, address)}</th>" for c in table.columns)
    bodies = []
    for section in table.sections:
        heading = (
            f"<tr class='section'><th colspan='{len(table.columns) + 1}'>{escape(section.heading)}</th></tr>"
            if section.heading
            else ""
        )
        bodies.append(f"<tbody>{heading}{''.join(_row(r, address) for r in section.rows)}</tbody>")
    head = f"<thead><tr><th></th>{head}</tr></thead>" if any(c.text for c in table.columns) else ""
    labels = [len(r.label) for s in table.sections for r in s.rows]
    long = max(labels, default=0) > LONGEST_LABEL and not narrow
    style = "printed long" if long else "printed"
    part = "" if table.part is None else f"<small class='part'>{escape(str(table.part))}</small>"
    caption = escape(table.caption) + part
    notes = "<br>".join(escape(n) for n in table.notes)
    return (
        f"{STYLE}<div class='printed-box'><table class='{style}'><caption>{caption}</caption>"
        f"{head}{''.join(bodies)}</table></div>"
        f"<div class='printed-notes'>{notes}</div>"
    )


@dataclass(frozen=True, slots=True)
class _Address:
    """The page that shows cases, and the part of the study that they are of unless a cell says otherwise."""

    page: str
    within: StudyFilter

    def of(self, cell: Cell) -> str:
        assert cell.cases is not None
        return f"{self.page}?{query(cell.cases, self.within if cell.within is None else cell.within)}"


def _row(row: Row, address: _Address) -> str:
    cells = "".join(f"<td{_prose(c)}>{_cell(c, address)}</td>" for c in row.cells)
    return f"<tr><th scope='row' class='label'>{escape(row.label)}</th>{cells}</tr>"


def _prose(cell: Cell) -> str:
    return " class='prose'" if len(cell.text) > LONGEST_FIGURE else ""


def _cell(cell: Cell, address: _Address) -> str:
    text, detail = escape(cell.text), escape(cell.detail)
    if cell.cases is not None:
        linked = f"<a href='{escape(address.of(cell), quote=True)}' target='_self'>{detail or text}</a>"
        text, detail = (text, linked) if detail else (linked, "")
    return text + (f"<small>{detail}</small>" if detail else "")
