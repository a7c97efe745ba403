"""Forest of the subgroups for print: a row a subgroup, a mark with its interval a model."""

from __future__ import annotations

from math import floor

from matplotlib.figure import Figure

from dls.analysis.subgroup_accuracy import SubgroupStudy
from dls.figures.calibration import DECISION_COLOURS
from dls.figures.style import MUTED, RULE

_MARKERS = ("o", "s", "D", "^")
_WIDTH = 6.4
_MARK_INCHES, _ROW_INCHES = 0.03, 0.11
"""Of a mark, and of what a row has beside its marks."""
_TALLEST = 8.6
"""Inches that a page has for a figure and its caption."""


def forest_size(studies: tuple[SubgroupStudy, ...]) -> tuple[float, float]:
    """Inches of the plate."""
    *_, end = _places(studies)
    return _WIDTH, 0.7 + end * (_ROW_INCHES + _MARK_INCHES * len(studies))


def fits(studies: tuple[SubgroupStudy, ...]) -> bool:
    """Whether a page has room for all rows; where it has not, the table of the subgroups says it all."""
    return forest_size(studies)[1] <= _TALLEST


def draw_forest(figure: Figure, studies: tuple[SubgroupStudy, ...]) -> None:
    """Fill a figure with the same rows for every model; a dotted line through its value in all cases."""
    axes = figure.subplots()
    places, headings, end = _places(studies)
    for i, study in enumerate(studies):
        colour = DECISION_COLOURS[study.question.system.key]
        found = [(p, row.estimate) for p, row in zip(places, study.rows, strict=True)]
        marks = [(p, *estimate) for p, estimate in found if estimate is not None]
        shift = 0.64 * ((i + 0.5) / len(studies) - 0.5)
        axes.axvline(marks[0][1], color=colour, linewidth=0.6, linestyle=":")
        axes.errorbar(
            [value for _, value, _ in marks],
            [p + shift for p, _, _ in marks],
            xerr=[
                [value - interval.low for _, value, interval in marks],
                [interval.high - value for _, value, interval in marks],
            ],
            fmt=_MARKERS[i % len(_MARKERS)],
            color=colour,
            markersize=3,
            linewidth=0.8,
            label=study.question.system.name,
        )
    ticks = [*zip(places, _labels(studies), strict=True), *((p, name.upper()) for p, name in headings)]
    axes.set_yticks([p for p, _ in ticks], [text for _, text in ticks])
    for label in axes.get_yticklabels()[len(places) :]:
        label.set_color(MUTED)
    lowest = min(row.estimate[1].low for s in studies for row in s.rows if row.estimate is not None)
    axes.set(xlim=(min(floor(10 * lowest) / 10, 0.9), 1.005), ylim=(end - 0.3, -0.7))
    axes.set_xlabel(f"{studies[0].question.measure} for malignancy (95% CI)")
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=RULE, linewidth=0.4)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1))


def _labels(studies: tuple[SubgroupStudy, ...]) -> list[str]:
    """Name of every subgroup with its cases; a dash where no model has a value."""
    rows = zip(*(study.rows for study in studies), strict=True)
    return [
        f"{same[0].label} ({same[0].n}){'' if any(r.estimate is not None for r in same) else ': –'}"
        for same in rows
    ]


def _places(studies: tuple[SubgroupStudy, ...]) -> tuple[list[float], list[tuple[float, str]], float]:
    """Height of every row, height and text of every heading, and the height below all; the first row is 0."""
    places: list[float] = []
    headings: list[tuple[float, str]] = []
    place, group = 0.0, studies[0].rows[0].group
    for row in studies[0].rows:
        if row.group != group:
            group = row.group
            headings.append((place + 0.2, group))
            place += 1.1
        places.append(place)
        place += 1
    return places, headings, place
