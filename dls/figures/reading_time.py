"""Reading times: a box a reader on a logarithmic axis; the longest readings open their cases."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from dls.analysis.reading_times import ReaderTime
from dls.domain import LesionClass
from dls.figures.style import AXIS, CLASS_COLOUR, INK, case_query, empty, paper

TICKS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
LONGEST = 10
"""Readings a reader that are shown as points."""


def time_boxes(found: Sequence[ReaderTime]) -> go.Figure:
    """Median and quartiles; whiskers to the last reading within 1.5 times their distance (Tukey)."""
    timed = [r for r in found if len(r.seconds) >= 2]
    if not timed:
        return empty(go.Figure(), "No reading with a measured time yet.")
    figure = go.Figure()
    for row in timed:
        values = np.sort(row.seconds.to_numpy())
        low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
        inside = values[(values >= low - 1.5 * (high - low)) & (values <= high + 1.5 * (high - low))]
        figure.add_trace(
            go.Box(
                y=[row.reader.name],
                q1=[low],
                median=[middle],
                q3=[high],
                lowerfence=[inside.min()],
                upperfence=[inside.max()],
                orientation="h",
                line={"color": INK, "width": 1.3},
                fillcolor=CLASS_COLOUR[LesionClass.CYST],
                hoverinfo="x",
                showlegend=False,
                width=0.5,
            )
        )
        longest = row.seconds[row.seconds > inside.max()].nlargest(LONGEST)
        figure.add_trace(
            go.Scatter(
                x=longest.to_numpy(),
                y=[row.reader.name] * len(longest),
                mode="markers",
                marker={"size": 7, "color": INK, "symbol": "circle-open"},
                selected={"marker": {"opacity": 1}},
                unselected={"marker": {"opacity": 1}},
                customdata=[case_query(int(i)) for i in longest.index],
                hovertemplate="%{x:.0f} s<br>click: the case<extra></extra>",
                showlegend=False,
            )
        )
    figure.update_xaxes(AXIS, type="log", title="Active seconds", tickvals=TICKS)
    figure.update_yaxes(fixedrange=True, autorange="reversed")
    return paper(figure, 42 * len(timed) + 90)
