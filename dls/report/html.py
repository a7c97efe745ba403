"""The manuscript as one page of HTML that needs nothing from the network."""

from __future__ import annotations

import base64
from html import escape

from dls.analysis.printed import PrintedTable
from dls.figures.html_table import STYLE, html_table
from dls.report.document import Block, Heading, Manuscript, Picture, Text

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>body {{font-family: 'Helvetica Neue', Arial, sans-serif; color: #1F2933; max-width: 1200px;
  line-height: 1.5; margin: 32px auto; padding: 0 24px; font-size: 15px;}}
h2 {{margin-top: 36px; font-size: 19px;}}
.stamp {{font-size: 12px; color: #6B7785; overflow-wrap: anywhere; line-height: 1.4;}}
figure {{margin: 28px 0;}}
figure img {{max-width: 100%;}} figcaption {{font-weight: 600; font-size: 14px;}} .loud {{color: #B03A00;
  font-weight: 700;}} .small {{font-size: 13px; margin: 2px 0;}} footer {{margin-top: 48px;
  border-top: 1px solid #D5DBE1;}} body .printed td {{white-space: normal;}}
@page {{size: A4 landscape; margin: 14mm;}}
@media print {{figure, tr {{break-inside: avoid;}} h2, caption {{break-after: avoid;}}
  body .printed {{font-size: 11px;}}}}</style>
{tables}</head><body><h1>{title}</h1><div class="stamp">{stamp}</div>
{body}
<footer class="stamp">{footer}</footer></body></html>
"""
_PIXELS_PER_INCH = 130


def html(manuscript: Manuscript) -> bytes:
    """The page; figures are SVG inside it."""
    return _PAGE.format(
        title=escape(manuscript.title),
        tables=STYLE,
        stamp="<br>".join(escape(line) for line in manuscript.stamp),
        body="\n".join(_block(block) for block in manuscript.blocks),
        footer=escape(manuscript.footer),
    ).encode()


def _block(block: Block) -> str:
    if isinstance(block, Heading):
        return f"<h2>{escape(block.text)}</h2>"
    if isinstance(block, Text):
        look = "loud" if block.loud else "small" if block.small else ""
        return f'<p class="{look}">{escape(block.text)}</p>'
    if isinstance(block, PrintedTable):
        return html_table(block).removeprefix(STYLE)
    return _figure(block)


def _figure(picture: Picture) -> str:
    data = base64.b64encode(picture.svg).decode()
    caption = escape(picture.caption)
    return (
        f'<figure id="{picture.name}"><img alt="{caption}" width="{picture.width * _PIXELS_PER_INCH:.0f}" '
        f'src="data:image/svg+xml;base64,{data}"><figcaption>{caption}</figcaption></figure>'
    )
