"""The manuscript as a Word document."""

from __future__ import annotations

import io
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Inches, Mm, Pt, RGBColor

from dls.analysis.printed import Cell, PrintedTable
from dls.report.archive import repacked
from dls.report.document import WIDE, Heading, Manuscript, Picture, Text, placed, shares

_PAGE, _MARGIN = (Mm(210), Mm(297)), Mm(20)
_FONT = "Arial"
_LOUD = RGBColor(0xB0, 0x3A, 0x00)


def word(manuscript: Manuscript) -> bytes:
    """The document; tables are Word tables, figures pictures of 300 dpi."""
    document = Document()
    _prepare(document, manuscript)
    document.add_heading(manuscript.title, 0)
    for line in manuscript.stamp:
        _paragraph(document, line, size=8)
    across = False
    for block, wide in placed(manuscript.blocks):
        if wide != across:
            _turn(document, across=wide)
            across = wide
        _add(document, block)
    buffer = io.BytesIO()
    document.save(buffer)
    return repacked(buffer.getvalue(), manuscript.as_of)


def _prepare(document: Any, manuscript: Manuscript) -> None:
    style = document.styles["Normal"]
    style.font.name, style.font.size = _FONT, Pt(10)
    for name, size in (("Title", 20), ("Heading 1", 14)):
        heading = document.styles[name]
        heading.font.name, heading.font.size, heading.font.color.rgb = _FONT, Pt(size), RGBColor(0, 0, 0)
        heading.element.rPr.rFonts.attrib.clear()
        heading.font.name = _FONT
    facts = document.core_properties
    facts.title, facts.author, facts.last_modified_by, facts.comments = manuscript.title, "", "", ""
    moment = manuscript.as_of.replace(tzinfo=None, microsecond=0)
    facts.created = facts.modified = moment
    facts.revision = 1
    section = document.sections[0]
    section.page_width, section.page_height = _PAGE
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = _MARGIN
    _paragraph(section.footer, manuscript.footer, size=6)


def _turn(document: Any, *, across: bool) -> None:
    section = document.add_section()
    section.orientation = WD_ORIENT.LANDSCAPE if across else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = _PAGE[::-1] if across else _PAGE


def _add(document: Any, block: Heading | Text | Picture | PrintedTable) -> None:
    if isinstance(block, Heading):
        document.add_heading(block.text, 1).paragraph_format.page_break_before = block.new_page
    elif isinstance(block, Text):
        run = _paragraph(document, block.text, size=8 if block.small else 10).runs[0]
        if block.loud:
            run.bold, run.font.color.rgb = True, _LOUD
    elif isinstance(block, Picture):
        room = (_PAGE[0] - 2 * _MARGIN) / Inches(1)
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.keep_with_next = True
        picture = paragraph.add_run().add_picture(io.BytesIO(block.png), width=Inches(min(block.width, room)))
        for edge in "TBLR":  # where none is said, LibreOffice leaves 3 mm and passes the margin
            picture._inline.set(f"dist{edge}", "0")
        _paragraph(document, block.caption, size=9, bold=True)
    else:
        _table(document, block)


def _table(document: Any, table: PrintedTable) -> None:
    caption = _paragraph(document, table.caption, size=9, bold=True)
    caption.paragraph_format.keep_with_next = True
    small = 6.5 if len(table.columns) > WIDE else 8
    grid = document.add_table(rows=1, cols=len(table.columns) + 1)
    _rule(grid)
    page = document.sections[-1]
    room = page.page_width - page.left_margin - page.right_margin
    widths = [int(room * share) for share in shares(table)]
    grid.autofit = False
    for column, width in zip(grid.columns, widths, strict=True):
        column.width = width
    for cell, column in zip(grid.rows[0].cells, (Cell(""), *table.columns), strict=True):
        _fill(cell, column, small, bold=True)
    for cell, width in zip(grid.rows[0].cells, widths, strict=True):
        cell.width = width
    repeat = OxmlElement("w:tblHeader")
    grid.rows[0]._tr.get_or_add_trPr().append(repeat)
    for section in table.sections:
        if section.heading:
            cells = grid.add_row().cells
            _fill(cells[0].merge(cells[-1]), Cell(section.heading), small, bold=True)
        for row in section.rows:
            cells = grid.add_row().cells
            for cell, content, width in zip(cells, (Cell(row.label), *row.cells), widths, strict=True):
                _fill(cell, content, small)
                cell.width = width
    for row in grid.rows:
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    for note in table.notes:
        _paragraph(document, note, size=7)
    document.add_paragraph()


def _fill(cell: Any, content: Cell, size: float, *, bold: bool = False) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_after = Pt(0)
    run = paragraph.add_run(content.text)
    run.font.size, run.bold = Pt(size), bold
    if content.detail:
        detail = paragraph.add_run(f"\n{content.detail}")
        detail.font.size = Pt(size - 1)


def _rule(grid: Any) -> None:
    """Three rules, as in a journal: the outer two here, the third under the head."""
    borders = OxmlElement("w:tblBorders")
    for edge in ("top", "bottom"):
        line = OxmlElement(f"w:{edge}")
        line.set(qn("w:val"), "single")
        line.set(qn("w:sz"), "8")
        borders.append(line)
    grid._tbl.tblPr.append(borders)
    for cell in grid.rows[0].cells:
        under = OxmlElement("w:tcBorders")
        line = OxmlElement("w:bottom")
        line.set(qn("w:val"), "single")
        line.set(qn("w:sz"), "4")
        under.append(line)
        cell._tc.get_or_add_tcPr().append(under)


def _paragraph(place: Any, text: str, *, size: float, bold: bool = False) -> Any:
    paragraph = place.add_paragraph()
    paragraph.paragraph_format.space_after = Pt(3 if size < 10 else 6)
    run = paragraph.add_run(text)
    run.font.size, run.bold = Pt(size), bold
    return paragraph
