"""Forest plot: an estimate with its interval a row, in groups; a row opens its cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from dls.figures.style import AXIS, INK, MODEL_COLOURS, MUTED, RULE, paper
from dls.stats.interval import ConfidenceInterval

ROW = 25


@dataclass(frozen=True, slots=True)
class ForestRow:
    """One line.

    Parameters
    ----------
    estimate, interval : None where there is none; the row stays and says so
    weight : number of cases; larger ones have a larger mark
    query : query string of the cases behind it; "" for none
    """

    group: str
    label: str
    estimate: float | None
    interval: ConfidenceInterval | None
    weight: int
    query: str = ""
    colour: str = MODEL_COLOURS[0]


def forest(rows: Sequence[ForestRow], axis: str, *, span: tuple[float, float] = (0.0, 1.0)) -> go.Figure:
    """Rows from the top, a heading before each group; a dashed line through the first row's estimate."""
    places, headings, end = _places(rows)
    figure = go.Figure()
    if rows and rows[0].estimate is not None:
        figure.add_vline(rows[0].estimate, line={"color": MUTED, "width": 1, "dash": "dash"})
    figure.add_trace(_marks([(p, r) for p, r in zip(places, rows, strict=True) if r.estimate is not None]))
    named = [
        (p, r.label if r.estimate is not None else f"{r.label} (–)")
        for p, r in zip(places, rows, strict=True)
    ]
    ticks = sorted([*named, *((p, f"<b>{name}</b>") for p, name in headings)])
    low, high = span
    figure.update_xaxes(
        AXIS,
        range=[low, high + 0.02 * (high - low)],
        title=axis,
        tickformat=".2~f",
        showgrid=True,
        gridcolor=RULE,
    )
    figure.update_yaxes(
        fixedrange=True,
        tickvals=[p for p, _ in ticks],
        ticktext=[text for _, text in ticks],
        range=[end - 0.3, -0.7],
        showgrid=False,
        zeroline=False,
    )
    return paper(figure, int(ROW * (end + 1)) + 80)


def _places(rows: Sequence[ForestRow]) -> tuple[list[float], list[tuple[float, str]], float]:
    """Height of every row, height and text of every heading, and the height below all; the first row is 0."""
    places, headings, place, group = [], [], 0.0, rows[0].group if rows else ""
    for row in rows:
        if row.group != group:
            group = row.group
            place += 0.3
            headings.append((place, group))
            place += 1
        places.append(place)
        place += 1
    return places, headings, place


def _marks(known: Sequence[tuple[float, ForestRow]]) -> go.Scatter:
    """Squares with whiskers, of rows that have an estimate."""
    heaviest = max((r.weight for _, r in known), default=1)
    return go.Scatter(
        x=[r.estimate for _, r in known],
        y=[p for p, _ in known],
        mode="markers",
        marker={
            "symbol": "square",
            "size": [6 + 8 * (r.weight / heaviest) ** 0.5 for _, r in known],
            "color": [r.colour for _, r in known],
        },
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [_over(r) for _, r in known],
            "arrayminus": [_under(r) for _, r in known],
            "color": INK,
            "thickness": 1.2,
            "width": 3,
        },
        customdata=[r.query for _, r in known],
        hovertext=[_words(r) for _, r in known],
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=False,
    )


def _over(row: ForestRow) -> float:
    assert row.interval is not None
    assert row.estimate is not None
    return row.interval.high - row.estimate


def _under(row: ForestRow) -> float:
    assert row.interval is not None
    assert row.estimate is not None
    return row.estimate - row.interval.low


def _words(row: ForestRow) -> str:
    assert row.interval is not None
    low, high = row.interval
    opens = "<br>click: its cases" if row.query else ""
    return f"<b>{row.label}</b><br>{row.estimate:.3f} ({low:.3f}–{high:.3f})<br>{row.weight} cases{opens}"
