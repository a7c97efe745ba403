"""The golden figures laid out for print: a section a data set, the source's figure beside ours."""

from __future__ import annotations

from dls.analysis.labels import mark
from dls.analysis.printed import DASH, Cell, PrintedTable, Row, Section
from dls.analysis.validation import GoldenFigure, Validation


def validation_layout(validation: Validation) -> PrintedTable:
    """A row a golden figure, in the order of the groups."""
    groups = dict.fromkeys(f.group for f in validation.figures)
    return PrintedTable(
        name="validation",
        caption=f"{validation.n_passed} of {len(validation.figures)} published figures reproduced",
        columns=(
            Cell("Published"),
            Cell("Computed"),
            Cell("Difference"),
            Cell("Allowed"),
            Cell(""),
            Cell("Source"),
        ),
        sections=tuple(
            Section(group, tuple(_row(f) for f in validation.figures if f.group == group)) for group in groups
        ),
        notes=("Allowed: the precision to which the source gives the figure.",),
    )


def _row(figure: GoldenFigure) -> Row:
    got = DASH if figure.got is None else f"{figure.got:.12g}"
    difference = figure.problem or DASH if figure.difference is None else _small(figure.difference)
    return Row(
        figure.name,
        (
            Cell(f"{figure.expected:.12g}"),
            Cell(got),
            Cell(difference),
            Cell(f"{figure.tolerance:.0e}"),
            Cell(mark(right=figure.passed)),
            Cell(figure.source),
        ),
    )


def _small(difference: float) -> str:
    return f"{difference:.1e}" if difference else "0"
