"""The feature map: a point an image group, coloured by the true class; a point opens its case."""

from __future__ import annotations

import plotly.graph_objects as go

from dls.analysis.feature_map import FeatureMap
from dls.domain import LesionClass
from dls.figures.style import CLASS_COLOUR, CLASS_SYMBOL, MARKED, RULE, case_query, empty, paper


def feature_map_figure(features: FeatureMap, method: str, marked: int | None = None) -> go.Figure:
    """Scatter of the stored map; axes have no unit, so they have no ticks.

    Parameters
    ----------
    method : printed name of the map's method, for example "t-SNE"
    marked : a case whose points are ringed
    """
    figure = go.Figure()
    if features.points.empty:
        return empty(figure, f"No {method} map of Model {features.letter} is stored yet.")
    for lesion in LesionClass:
        rows = features.points[features.points["lesion_class"] == lesion]
        figure.add_trace(
            go.Scatter(
                x=rows["x"],
                y=rows["y"],
                mode="markers",
                name=f"{lesion.label} ({rows['case_id'].nunique()})",
                marker={
                    "color": CLASS_COLOUR[lesion],
                    "symbol": CLASS_SYMBOL[lesion],
                    "size": 7,
                    "opacity": 0.85,
                    "line": {"width": 0.5, "color": "white"},
                },
                selected={"marker": {"opacity": 0.85}},
                unselected={"marker": {"opacity": 0.85}},
                customdata=[case_query(int(i)) for i in rows["case_id"]],
                hovertext=[
                    f"<b>{c}</b><br>{lesion.label}<br>group {g}"
                    for c, g in zip(rows["code"], rows["group"], strict=True)
                ],
                hovertemplate="%{hovertext}<br>click: the case<extra></extra>",
            )
        )
    ringed = features.points[features.points["case_id"] == marked]
    if len(ringed):
        figure.add_trace(
            go.Scatter(
                x=ringed["x"],
                y=ringed["y"],
                mode="markers",
                name="the marked case",
                marker={"symbol": "circle-open", "size": 16, "color": MARKED, "line": {"width": 3}},
                hoverinfo="skip",
            )
        )
    blank: dict[str, object] = {
        "visible": True,
        "showticklabels": False,
        "showgrid": False,
        "zeroline": False,
        "mirror": True,
    }
    blank |= {"showline": True, "linecolor": RULE}
    figure.update_xaxes(blank, title=f"{method} 1")
    figure.update_yaxes(blank, title=f"{method} 2", scaleanchor="x", scaleratio=1)
    figure.update_layout(legend={"title": {"text": "Reference standard (cases)"}, "itemsizing": "constant"})
    return paper(figure, 640)
