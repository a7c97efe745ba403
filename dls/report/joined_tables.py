"""Tables of one form made one, so that a report has a table a question and not one a system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dls.analysis.printed import Cell, PrintedTable, Row, Section


def stacked(name: str, caption: str, parts: Mapping[str, PrintedTable]) -> PrintedTable:
    """Tables with the same columns below each other.

    Parameters
    ----------
    parts : heading of its rows -> table; a note of all is printed once, any other under its heading
    """
    sections = tuple(
        Section(": ".join(filter(None, (heading, section.heading))), section.rows)
        for heading, part in parts.items()
        for section in part.sections
    )
    return replace(_first(parts), name=name, caption=caption, sections=sections, notes=_notes(parts))


def beside(name: str, caption: str, parts: Mapping[str, PrintedTable]) -> PrintedTable:
    """Tables of one column with the same rows beside each other.

    Parameters
    ----------
    parts : heading of its column -> table
    """
    measured = _first(parts).columns[0].text
    sections = tuple(
        Section(
            rows[0].heading,
            tuple(
                Row(same[0].label, tuple(cell for row in same for cell in row.cells))
                for same in zip(*(section.rows for section in rows), strict=True)
            ),
        )
        for rows in zip(*(part.sections for part in parts.values()), strict=True)
    )
    columns = tuple(Cell(heading, measured) for heading in parts)
    return PrintedTable(name, caption, columns, sections, _notes(parts))


def _first(parts: Mapping[str, PrintedTable]) -> PrintedTable:
    return next(iter(parts.values()))


def _notes(parts: Mapping[str, PrintedTable]) -> tuple[str, ...]:
    """Every note once: those of every part first, then those of some of them after their headings."""
    whose: dict[str, list[str]] = {}
    for heading, part in parts.items():
        for note in part.notes:
            whose.setdefault(note, []).append(heading)
    of_all = [note for note, headings in whose.items() if len(headings) == len(parts)]
    own = [f"{'; '.join(whose[note])}: {note}" for note in whose if note not in of_all]
    return (*of_all, *own)
