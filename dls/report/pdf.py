"""The manuscript as PDF, by ReportLab; its font comes with matplotlib, so that every machine has it."""

from __future__ import annotations

import io
from datetime import UTC
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import matplotlib as mpl
from reportlab import rl_config
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_LEFT
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import inch, mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    Image,
    KeepTogether,
    NextPageTemplate,
    PageBreak,
    PageBreakIfNotEmpty,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from dls.analysis.printed import Cell, PrintedTable
from dls.figures.style import INK, MUTED, RULE
from dls.report.document import WIDE, Block, Heading, Manuscript, Picture, Text, placed, shares

_MARGIN = 16 * mm
_UPRIGHT, _ACROSS = "upright", "across"
_FONT, _BOLD = "DejaVuSans", "DejaVuSans-Bold"
_LOUD = "#B03A00"
_LONG = 30
"""Rows; a longer table begins where its caption stands, and goes on over the page."""


rl_config.useA85 = 0
"""Streams as bytes, not as text: a fifth smaller, and sooner written."""


def pdf(manuscript: Manuscript) -> bytes:
    """The document: A4, wide tables across."""
    _fonts()
    buffer = io.BytesIO()
    document = BaseDocTemplate(
        buffer, pagesize=A4, title=manuscript.title, author="", subject=manuscript.footer, invariant=1
    )
    document.addPageTemplates([_page(_UPRIGHT, A4, manuscript), _page(_ACROSS, landscape(A4), manuscript)])
    story: list[Flowable] = [Paragraph(escape(manuscript.title), _style(17, bold=True))]
    story += [Paragraph(escape(line), _style(6.5, colour=MUTED)) for line in manuscript.stamp]
    across = False
    for block, wide in placed(manuscript.blocks):
        if wide != across:
            story += [NextPageTemplate(_ACROSS if wide else _UPRIGHT), PageBreak()]
            across = wide
        story += _flow(block, across=wide)
    document.build(story)
    return buffer.getvalue()


@cache
def _fonts() -> None:
    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    for name in (_FONT, _BOLD):
        pdfmetrics.registerFont(TTFont(name, str(folder / f"{name}.ttf")))


def _page(name: str, size: tuple[float, float], manuscript: Manuscript) -> PageTemplate:
    frame = Frame(_MARGIN, _MARGIN, size[0] - 2 * _MARGIN, size[1] - 2 * _MARGIN, 0, 0, 0, 0)

    def foot(canvas: Canvas, _document: Any) -> None:
        _dated(canvas, manuscript)
        text = Paragraph(
            f"{escape(manuscript.footer)} · page {canvas.getPageNumber()}", _style(5, colour=MUTED)
        )
        _, height = text.wrap(size[0] - 2 * _MARGIN, _MARGIN)
        text.drawOn(canvas, _MARGIN, _MARGIN - 4 - height)

    return PageTemplate(name, [frame], onPage=foot, pagesize=size)


def _dated(canvas: Canvas, manuscript: Manuscript) -> None:
    """Give the file the date of the data in place of the clock's."""
    stamp, moment = canvas._doc._timeStamp, manuscript.as_of.astimezone(UTC)
    stamp.t, stamp.lt = moment.timestamp(), moment.timetuple()
    stamp.YMDhms = tuple(moment.timetuple())[:6]


def _style(size: float, *, bold: bool = False, colour: str = INK) -> ParagraphStyle:
    return ParagraphStyle(
        f"{size}{bold}{colour}",
        fontName=_BOLD if bold else _FONT,
        fontSize=size,
        leading=size * 1.35,
        textColor=HexColor(colour),
        alignment=TA_LEFT,
        spaceAfter=size * 0.35,
    )


def _flow(block: Block, *, across: bool) -> list[Flowable]:
    if isinstance(block, Heading):
        heading = Paragraph(escape(block.text), _style(12, bold=True))
        heading.keepWithNext = True
        return [PageBreakIfNotEmpty() if block.new_page else Spacer(1, 10), heading]
    if isinstance(block, Text):
        style = _style(7 if block.small else 8.5, bold=block.loud, colour=_LOUD if block.loud else INK)
        return [Paragraph(escape(block.text), style)]
    if isinstance(block, Picture):
        return [_picture(block)]
    return _table(block, (A4[1] if across else A4[0]) - 2 * _MARGIN)


def _picture(picture: Picture) -> Flowable:
    room = A4[0] - 2 * _MARGIN
    scale = min(1.0, room / (picture.width * inch))
    size = picture.width * inch * scale, picture.height * inch * scale
    return KeepTogether(
        [
            Spacer(1, 8),
            Image(io.BytesIO(picture.png), *size, hAlign="LEFT"),
            Paragraph(escape(picture.caption), _style(8, bold=True)),
        ]
    )


def _table(table: PrintedTable, room: float) -> list[Flowable]:
    size = 6.0 if len(table.columns) > WIDE else 6.8
    rows: list[list[Any]] = [["", *(_cell(c, size, bold=True) for c in table.columns)]]
    rules: list[tuple[Any, ...]] = [
        ("LINEABOVE", (0, 0), (-1, 0), 1, HexColor(INK)),
        ("LINEBELOW", (0, 0), (-1, 0), 0.5, HexColor(INK)),
        ("LINEBELOW", (0, -1), (-1, -1), 1, HexColor(INK)),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 2),
        ("RIGHTPADDING", (0, 0), (-1, -1), 4),
        ("TOPPADDING", (0, 0), (-1, -1), 1.2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1.2),
    ]
    for section in table.sections:
        if section.heading:
            rules += [
                ("SPAN", (0, len(rows)), (-1, len(rows))),
                ("LINEABOVE", (0, len(rows)), (-1, len(rows)), 0.3, HexColor(RULE)),
            ]
            rows.append([_cell(Cell(section.heading), size, bold=True), *[""] * len(table.columns)])
        rows += [[_cell(Cell(r.label), size), *(_cell(c, size) for c in r.cells)] for r in section.rows]
    grid = Table(
        rows,
        colWidths=[room * share for share in shares(table)],
        repeatRows=1,
        hAlign="LEFT",
        style=TableStyle(rules),
    )
    notes = [Paragraph(escape(note), _style(5.8, colour=MUTED)) for note in table.notes]
    caption = Paragraph(escape(table.caption), _style(8, bold=True))
    caption.keepWithNext = len(rows) <= _LONG
    return [Spacer(1, 8), caption, grid, Spacer(1, 3), *notes]


def _cell(cell: Cell, size: float, *, bold: bool = False) -> Paragraph:
    detail = (
        f'<br/><font size="{size - 0.8}" color="{MUTED}">{escape(cell.detail)}</font>' if cell.detail else ""
    )
    style = _style(size, bold=bold)
    style.spaceAfter = 0
    return Paragraph(escape(cell.text) + detail, style)
