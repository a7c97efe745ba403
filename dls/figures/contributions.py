"""What each clinical variable contributed to a model's answer: bars to either side of nothing."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from dls.figures.style import AXIS, INK, RULE, empty, paper

TITLE_PIXELS = 52
"""Of the two lines above the bars."""
FOR, AGAINST = "#D55E00", "#0072B2"


def contribution_figure(contributions: Mapping[str, float], change: float, title: str) -> go.Figure:
    """Bars, the largest on top; variables that contributed nothing are left out.

    Parameters
    ----------
    contributions : label of the variable -> change of the class's log-probability, in nats
    change : their sum as the model itself shows it
    """
    shown = sorted(((v, k) for k, v in contributions.items() if v), key=lambda pair: abs(pair[0]))
    if not shown:
        return empty(go.Figure(), "No clinical data are recorded.")
    values, labels = [v for v, _ in shown], [k for _, k in shown]
    bar = go.Bar(
        x=values,
        y=labels,
        orientation="h",
        marker={"color": [FOR if v > 0 else AGAINST for v in values]},
        text=[_signed(v) for v in values],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y}: %{x:+.3f}<extra></extra>",
    )
    figure = go.Figure(bar)
    reach = 1.35 * max(abs(v) for v in values)
    axis = {**AXIS, "range": [-reach, reach], "zeroline": True, "zerolinecolor": RULE}
    figure.update_xaxes(axis, title="Change of the log-probability")
    figure.update_yaxes(fixedrange=True)
    heading = f"<b>{title}</b><br>together {_signed(change)} against no clinical data"
    figure.update_layout(title={"text": heading, "font": {"size": 12, "color": INK}}, showlegend=False)
    return paper(figure, 22 * len(shown) + 125).update_layout(margin_t=TITLE_PIXELS)


def _signed(change: float) -> str:
    return f"{change:+.2f}".replace("-", "−")
