"""One visual language: colours, symbols and layout of every figure.

Colours are those of Okabe and Ito 2008 (Color Universal Design), told apart with any colour vision; benign
classes are cool, malignant warm.  Systems differ in dash or symbol as well as in colour, so that figures
survive a grey print.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import plotly.graph_objects as go

from dls.analysis.case_filter import CaseFilter
from dls.analysis.study_filter import Part, StudyFilter
from dls.analysis.system import Kind, System
from dls.domain import LesionClass

CLASS_COLOUR = {
    LesionClass.CYST: "#56B4E9",
    LesionClass.HEMANGIOMA: "#0072B2",
    LesionClass.FNH: "#009E73",
    LesionClass.OTHER_BENIGN: "#8C8C8C",
    LesionClass.HCC: "#D55E00",
    LesionClass.METASTASIS: "#CC79A7",
    LesionClass.OTHER_PRIMARY: "#E69F00",
}
CLASS_SYMBOL = {
    LesionClass.CYST: "circle",
    LesionClass.HEMANGIOMA: "square",
    LesionClass.FNH: "diamond",
    LesionClass.OTHER_BENIGN: "cross",
    LesionClass.HCC: "triangle-down",
    LesionClass.METASTASIS: "triangle-up",
    LesionClass.OTHER_PRIMARY: "x",
}
INK, MUTED, RULE = "#1F2933", "#6B7785", "#D5DBE1"
MODEL_COLOURS = ("#0072B2", "#D55E00", "#009E73")
MODEL_DASHES = ("solid", "dash", "dot")
READER_SYMBOLS = (
    "circle-open",
    "square-open",
    "diamond-open",
    "triangle-up-open",
    "pentagon-open",
    "hexagon-open",
)
MARKED = "#C2185B"
"""Colour of the one case that a figure marks; no class or model has it."""
CONSENSUS_SYMBOL, AVERAGE_SYMBOL = "star", "cross-thin-open"
FONT = "'Source Sans', 'Source Sans 3', 'Helvetica Neue', Arial, sans-serif"
"""That of the pages; the others are for a figure that was saved and is opened elsewhere."""

POINT_VALUE = "customdata"
"""In the query of a trace, whose points carry no query of their own: the place of a point's number."""

_MIDDLE = {"x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper"}
PART_LINE = 26
"""Pixels for the line that names the part of the study."""

ORIGIN_LINE, ORIGIN_POINTS = 18, 10
"""Pixels for the line that says what a figure rests on, and of its letters."""

AXIS = {
    "showline": True,
    "linecolor": INK,
    "linewidth": 1,
    "ticks": "outside",
    "ticklen": 4,
    "tickcolor": INK,
    "showgrid": False,
    "zeroline": False,
    "fixedrange": True,
}

APART = {"ticks": "outside", "ticklen": 5, "tickcolor": "rgba(0,0,0,0)"}
"""Keeps the names of classes off the bars and cells that they belong to."""


def paper_layout(height: int) -> dict[str, Any]:
    """Layout of a printed figure: white, one typeface, thin rules."""
    return {
        "height": height,
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "font": {"family": FONT, "size": 13, "color": INK},
        "margin": {"l": 8, "r": 8, "t": 34, "b": 8},
        "hoverlabel": {"bgcolor": "white", "bordercolor": RULE, "font": {"family": FONT, "color": INK}},
        "clickmode": "event+select",
        "dragmode": False,
    }


def paper(figure: go.Figure, height: int) -> go.Figure:
    """Give a figure the look of a printed one."""
    figure.update_layout(paper_layout(height), legend_title_font_size=13)
    figure.update_xaxes(automargin=True, title_font_size=13)
    figure.update_yaxes(automargin=True, title_font_size=13)
    return figure


def empty(figure: go.Figure, message: str) -> go.Figure:
    """A figure without data that says what is missing."""
    figure.add_annotation(text=message, showarrow=False, font={"color": MUTED, "size": 14}, **_MIDDLE)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return paper(figure, 220)


def of_part(figure: go.Figure, part: Part) -> go.Figure:
    """A figure that says above itself of which part of the study it is, so that its saved file does."""
    height, margin = figure.layout.height, figure.layout.margin.t or 0
    return figure.update_layout(
        title={
            "text": str(part),
            "font": {"size": 13, "color": INK, "weight": "bold"},
            "x": 0,
            "xref": "container",
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "pad": {"t": 6, "l": 8},
        },
        margin_t=margin + PART_LINE,
        height=None if height is None else height + PART_LINE,
    )


def resting_on(figure: go.Figure, line: str) -> go.Figure:
    """A figure that says what it rests on, in small letters below itself, or below the part that it is of."""
    look = f"font-size:{ORIGIN_POINTS}px;font-weight:normal;color:{MUTED}"
    small = f'<span style="{look}">{line}</span>'
    height = figure.layout.height
    grown = None if height is None else height + ORIGIN_LINE
    if figure.layout.title.text:
        above = (figure.layout.margin.t or 0) + ORIGIN_LINE
        return figure.update_layout(
            title_text=f"{figure.layout.title.text}<br>{small}",
            title_pad_t=(figure.layout.title.pad.t or 0) + ORIGIN_LINE / 2,
            margin_t=above,
            height=grown,
        )
    return figure.update_layout(
        title={
            "text": small,
            "x": 0,
            "xref": "container",
            "y": 0,
            "yref": "container",
            "yanchor": "bottom",
            "automargin": True,
            "pad": {"b": 4, "l": 8},
        },
        height=grown,
    )


def query(cases: CaseFilter, within: StudyFilter | None = None) -> str:
    """Query string of a selection; every mark carries the one of its cases as its custom data.

    Parameters
    ----------
    within : the part of the study that the cases are of, where it is not that of the page
    """
    part = {} if within is None else within.to_query()
    return urlencode({**part, **cases.to_query()}, doseq=True)


def query_of(figure: go.Figure, point: Mapping[str, Any]) -> str | None:
    """Query string of the cases behind a point that was clicked; None for one that stands for no cases.

    A point's custom data is its query, or the number that stands at `POINT_VALUE` in the query of its trace:
    so many points as a curve has would be long in queries of their own.

    Parameters
    ----------
    point : with `curve_number` and `customdata`, as the browser names them
    """
    own = point.get("customdata")
    own = own[0] if isinstance(own, list) else own
    of_trace = figure.data[point["curve_number"]].meta
    if own is None or of_trace is None:
        return own
    return str(of_trace).replace(POINT_VALUE, repr(float(own)))


def case_query(case_id: int) -> str:
    """Query string of one case, to be opened."""
    return urlencode({"case": case_id})


def class_colour(label: str) -> str:
    """Colour of a class by its label; that of a first model for anything else."""
    return next((colour for c, colour in CLASS_COLOUR.items() if c.label == label), MODEL_COLOURS[0])


def symbol(system: System, readers: list[System]) -> str:
    """Marker of a system on an ROC: an open symbol a reader, a star for the consensus."""
    if system.kind is Kind.CONSENSUS:
        return CONSENSUS_SYMBOL
    return READER_SYMBOLS[readers.index(system) % len(READER_SYMBOLS)]
