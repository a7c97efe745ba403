"""Reliability curves, a class a panel, and decision curves."""

from __future__ import annotations

from math import ceil
from typing import Any

import plotly.graph_objects as go

from dls.analysis.calibrated import ClassCalibration, DecisionStudy, SystemCalibration, SystemDecision
from dls.analysis.labels import short_label
from dls.analysis.system import Kind, System
from dls.analysis.undefined import Undefined
from dls.domain import MODELS
from dls.figures.panels import COLUMNS, PANEL_HEIGHT, Part, axes, axis_number, panel_title
from dls.figures.style import (
    AXIS,
    INK,
    MODEL_COLOURS,
    MUTED,
    RULE,
    class_colour,
    empty,
    paper,
    paper_layout,
    query,
)
from dls.stats.decision_curve import DecisionCurve

DECISION_COLOURS = dict(zip("CDAB", (*MODEL_COLOURS, "#CC79A7"), strict=True))
"""Colour of a model's decision curve."""
READER_DASHES = ("dash", "dashdot", "longdash", "longdashdot", "5px,2px")


def reliability_panels(study: SystemCalibration) -> go.Figure:
    """Share of the class against its probability, with Wilson intervals; a point opens its cases."""
    if all(isinstance(c.found, Undefined) for c in study.classes):
        return empty(go.Figure(), "No probabilities yet: run the models, or wait for the readers.")
    n = len(study.classes)
    traces = [t for i, row in enumerate(study.classes) for t in _reliability(row, i)]
    layout = {
        **axes(n, "Probability", "Share of the class"),
        "annotations": [
            panel_title(f"{short_label(c.target)} ({c.n_positive} of {c.n})", i)
            for i, c in enumerate(study.classes)
        ],
        "showlegend": False,
    }
    height = 420 if n == 1 else ceil(n / COLUMNS) * PANEL_HEIGHT + 50
    return go.Figure({"data": traces, "layout": layout | paper_layout(height)})


def _reliability(row: ClassCalibration, i: int) -> list[Part]:
    place = {"type": "scatter", "xaxis": f"x{axis_number(i)}", "yaxis": f"y{axis_number(i)}"}
    diagonal = {"x": [0, 1], "y": [0, 1], "mode": "lines", "line": {"color": RULE, "width": 1}}
    traces: list[Part] = [diagonal | {"hoverinfo": "skip"}]
    if not isinstance(row.found, Undefined):
        curve = row.found.curve
        colour = class_colour(row.target)
        traces.append(
            {
                "x": curve.predicted,
                "y": curve.observed,
                "mode": "lines+markers",
                "line": {"color": colour, "width": 1.5},
                "marker": {"size": 8, "color": colour},
                "selected": {"marker": {"opacity": 1}},
                "unselected": {"marker": {"opacity": 1}},
                "error_y": {
                    "type": "data",
                    "symmetric": False,
                    "array": curve.high - curve.observed,
                    "arrayminus": curve.observed - curve.low,
                    "color": MUTED,
                    "thickness": 1,
                    "width": 2,
                },
                "customdata": [query(b) for b in row.bins],
                "text": [f"{n} cases" for n in curve.n],
                "hovertemplate": "probability %{x:.2f}, share %{y:.2f}<br>%{text}"
                "<br>click: its cases<extra></extra>",
            }
        )
    return [trace | place for trace in traces]


def decision_figure(study: DecisionStudy) -> go.Figure:
    """Net benefit per 100 cases over the threshold; the band is the first model's 95% interval."""
    curves = [d for d in study.decisions if not isinstance(d.curve, Undefined)]
    if not curves:
        return empty(go.Figure(), "No predictions or readings yet: run the models, or wait for the readers.")
    figure = go.Figure()
    readers = [d.system for d in curves if d.system.kind is Kind.READER]
    first = curves[0].curve
    assert not isinstance(first, Undefined)
    highest = first.prevalence
    if not isinstance(study.band, Undefined) and not curves[0].by_calls:
        _add_band(figure, study.band, _decision_colour(curves[0]))
        assert study.band.high is not None
        highest = max(highest, float(study.band.high.max()))
    figure.add_trace(_line(first, 100 * first.treat_all, "Treat all", MUTED, "dot"))
    for decision in curves:
        assert not isinstance(decision.curve, Undefined)
        name = decision.system.name
        dash = _decision_dash(decision.system, readers)
        figure.add_trace(
            _line(decision.curve, 100 * decision.curve.model, name, _decision_colour(decision), dash)
        )
    figure.add_hline(0, line={"color": MUTED, "width": 1})
    bottom, top = -25 * first.prevalence, 108 * highest
    figure.update_xaxes(AXIS, range=[0, 1.0], title="Threshold probability of malignancy", tickformat=".0%")
    figure.update_yaxes(AXIS, range=[bottom, top], title="Net benefit, true positives per 100")
    figure.update_layout(
        legend={
            "x": 1.02,
            "y": 1,
            "traceorder": "normal",
            "itemwidth": 50,
            "itemclick": False,
            "itemdoubleclick": False,
        }
    )
    return paper(figure, 420)


def _decision_dash(system: System, readers: list[System]) -> str:
    """Solid for models and the consensus, whose colours differ; a dash a reader."""
    return READER_DASHES[readers.index(system) % len(READER_DASHES)] if system in readers else "solid"


def _decision_colour(decision: SystemDecision) -> str:
    key = decision.system.key
    return DECISION_COLOURS.get(key, MODEL_COLOURS[0]) if key in MODELS else INK


def _add_band(figure: go.Figure, band: DecisionCurve, colour: str) -> None:
    assert band.low is not None
    assert band.high is not None
    edges = (100 * band.high, 100 * band.low)
    for edge, fill in zip(edges, ("none", "tonexty"), strict=True):
        figure.add_trace(
            go.Scatter(
                x=band.threshold,
                y=edge,
                mode="lines",
                line={"width": 0, "color": colour},
                fill=fill,
                opacity=0.3,
                hoverinfo="skip",
                showlegend=False,
            )
        )


def _line(curve: DecisionCurve, benefit: Any, name: str, colour: str, dash: str) -> go.Scatter:
    return go.Scatter(
        x=curve.threshold,
        y=benefit,
        mode="lines",
        line={"color": colour, "width": 1.6, "dash": dash},
        name=name,
        hovertemplate=name + ": %{y:.1f} at %{x:.0%}<extra></extra>",
    )
