"""The parts of a manuscript, in the order in which every form of it (Word, PDF, HTML) has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dls.analysis.linked_counts import ON_SCREEN
from dls.analysis.printed import Cell, PrintedTable, Row

WIDE = 5
"""A table with more columns than this has a page across."""
SHORTEST, LONGEST = 9, 90
"""Letters that count for a column's width, so that sentences do not squeeze numbers."""


@dataclass(frozen=True, slots=True)
class Heading:
    """Heading of a section; `new_page` where paper begins a page with it."""

    text: str
    new_page: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; `loud` for the warnings that no reader may miss, `small` for references."""

    text: str
    loud: bool = False
    small: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure as files.

    Parameters
    ----------
    name : for files, such as "figure-1-flow"
    svg, png : the same drawing; PNG at 300 dpi
    width, height : inches
    """

    name: str
    caption: str
    svg: bytes
    png: bytes
    width: float
    height: float


Block = Heading | Text | Picture | PrintedTable


@dataclass(frozen=True, slots=True)
class Manuscript:
    """Everything that is printed.

    Parameters
    ----------
    stamp : what the results rest on, a line each; at the head of the document
    footer : the same in one line; on every page, figure and table
    as_of : date of the files
    """

    title: str
    stamp: tuple[str, ...]
    footer: str
    as_of: datetime
    blocks: tuple[Block, ...]

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Its figures."""
        return tuple(block for block in self.blocks if isinstance(block, Picture))

    @property
    def tables(self) -> tuple[PrintedTable, ...]:
        """Its tables."""
        return tuple(block for block in self.blocks if isinstance(block, PrintedTable))


def placed(blocks: Sequence[Block]) -> list[tuple[Block, bool]]:
    """Every block and whether its page lies across; a heading lies as what it heads."""
    found: list[tuple[Block, bool]] = []
    across = False
    for block in reversed(blocks):
        if not isinstance(block, Heading):
            across = isinstance(block, PrintedTable) and len(block.columns) > WIDE
        found.append((block, across))
    return found[::-1]


def shares(table: PrintedTable) -> list[float]:
    """Part of the width that each column gets, the labels' first: by its longest text, within bounds."""
    rows = [row for section in table.sections for row in section.rows]
    texts = [[row.label for row in rows]]
    texts += [[column.text, *(row.cells[i].text for row in rows)] for i, column in enumerate(table.columns)]
    longest = [min(max((len(text) for text in column), default=0), LONGEST) for column in texts]
    longest = [max(length, SHORTEST) + 3 for length in longest]
    return [length / sum(longest) for length in longest]


def for_paper(table: PrintedTable, footer: str) -> PrintedTable:
    """A table of the pages without its links, with the line that says what it rests on.

    A row that has fewer cells than the table has columns gets empty ones.
    """
    sections = tuple(
        replace(s, rows=tuple(replace(r, cells=_paper_cells(r, len(table.columns))) for r in s.rows))
        for s in table.sections
    )
    notes = (*(note for note in table.notes if note not in ON_SCREEN), footer)
    return replace(table, sections=sections, notes=notes)


def _paper_cells(row: Row, columns: int) -> tuple[Cell, ...]:
    unlinked = tuple(replace(cell, cases=None) for cell in row.cells)
    return (*unlinked, *(Cell("") for _ in range(columns - len(unlinked))))
