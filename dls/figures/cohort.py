"""The cohort's composition as bars."""

from __future__ import annotations

import plotly.graph_objects as go

from dls.analysis.case_filter import CaseFilter
from dls.analysis.cohort import Cohort
from dls.domain import LesionClass
from dls.figures.style import APART, CLASS_COLOUR, paper, query


def composition(cohort: Cohort) -> go.Figure:
    """A bar a class with its number of cases; a bar opens its cases."""
    counts = cohort.composition["cases"].tolist()
    figure = go.Figure(
        go.Bar(
            y=[c.label for c in LesionClass],
            x=counts,
            orientation="h",
            marker={"color": [CLASS_COLOUR[c] for c in LesionClass]},
            selected={"marker": {"opacity": 1}},
            unselected={"marker": {"opacity": 1}},
            text=counts,
            textposition="outside",
            cliponaxis=False,
            customdata=[query(CaseFilter(truth=c.label)) for c in LesionClass],
            hovertemplate="%{y}: %{x} cases<extra></extra>",
        )
    )
    figure.update_xaxes(visible=False, range=[0, 1.1 * max([*counts, 1])], fixedrange=True)
    figure.update_yaxes(APART, autorange="reversed", fixedrange=True)
    figure.update_layout(bargap=0.3)
    return paper(figure, 300)
