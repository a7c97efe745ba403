"""ROC panels: a class a panel, the models' curves with the readers' and the consensus' operating points.

Source of the form: Zhen et al., Front Oncol 2020, 10:680, Figure 2.
"""

from __future__ import annotations

from math import ceil

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dls.analysis.accuracy import AccuracyTable, AveragePoint, ClassAccuracy, Curve, OperatingPoint
from dls.analysis.disagreement import MISJUDGED, CaseFilter, Condition, short_label
from dls.analysis.printed import DASH
from dls.analysis.system import Kind, System
from dls.analysis.undefined import Undefined
from dls.figures.style import (
    AVERAGE_SYMBOL,
    AXIS,
    INK,
    MODEL_COLOURS,
    MODEL_DASHES,
    MUTED,
    RULE,
    empty,
    paper,
    query,
    symbol,
)

COLUMNS = 4
PANEL_HEIGHT = 255
SINGLE_HEIGHT = 480
LEGEND_HEIGHT = 420
UNIT = [-0.02, 1.02]


def roc_panels(table: AccuracyTable) -> go.Figure:
    """One panel a class.  A reader's mark carries the query of the cases that the reader got wrong there."""
    if not any(row.points for row in table.classes):
        return empty(go.Figure(), "No predictions or readings yet: run the models, or wait for the readers.")
    n = len(table.classes)
    columns, rows = min(n, COLUMNS), ceil(n / COLUMNS)
    figure = make_subplots(rows, columns, horizontal_spacing=0.055, vertical_spacing=0.17)
    for i, row in enumerate(table.classes):
        _panel(figure, table, row, i // columns + 1, i % columns + 1, first=i == 0)
    figure.update_xaxes(AXIS, range=UNIT, dtick=0.25, tickformat=".2~f", constrain="domain")
    figure.update_yaxes(AXIS, range=UNIT, dtick=0.25, tickformat=".2~f", constrain="domain")
    for i in range(n):
        below = i + columns >= n
        name = "" if i == 0 else str(i + 1)
        figure.update_layout({f"yaxis{name}": {"scaleanchor": f"x{name}"}})
        if below:
            figure.update_layout({f"xaxis{name}": {"title": {"text": "1 − specificity", "standoff": 4}}})
        if i % columns == 0:
            figure.update_layout({f"yaxis{name}": {"title": {"text": "Sensitivity", "standoff": 4}}})
    figure.update_annotations(
        font={"size": 13, "color": INK}, selector={"yanchor": "bottom", "yref": "paper"}
    )
    figure.update_layout(legend=_legend(n), legend_itemclick=False, legend_itemdoubleclick=False)
    height = SINGLE_HEIGHT if n == 1 else max(LEGEND_HEIGHT, rows * PANEL_HEIGHT + 50)
    return paper(figure, height)


def _legend(panels: int) -> dict[str, object]:
    """In the empty place of the last row, at the right of a single panel, or below a full row."""
    if panels == 1:
        place = {"x": 1.02, "y": 1, "xanchor": "left", "yanchor": "top"}
    elif panels % COLUMNS and panels > COLUMNS:
        place = {"x": 0.79, "y": 0.4, "xanchor": "left", "yanchor": "top"}
    else:
        place = {"x": 0, "y": -0.18, "xanchor": "left", "yanchor": "top", "orientation": "h"}
    return place | {"font": {"size": 12}}


def _panel(
    figure: go.Figure, table: AccuracyTable, row: ClassAccuracy, r: int, c: int, *, first: bool
) -> None:
    readers = [p.system for p in row.points if p.system.kind is Kind.READER]
    diagonal = go.Scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": RULE, "width": 1}, hoverinfo="skip", showlegend=False
    )
    figure.add_trace(diagonal, r, c)
    for curve in row.curves:
        if not isinstance(curve.roc, Undefined):
            figure.add_trace(_curve_trace(curve, table.models, first=first), r, c)
    for point in row.points:
        if isinstance(point.sensitivity, Undefined) or isinstance(point.specificity, Undefined):
            continue
        figure.add_trace(_point_trace(table, row.target, point, readers, first=first), r, c)
    if row.average_reader is not None and row.average_reader.readers > 1:
        figure.add_trace(_average_trace(row.average_reader, first=first), r, c)
    figure.add_annotation(
        text=f"{short_label(row.target)} ({row.n_positive} of {row.n_positive + row.n_negative})",
        x=0.5,
        y=1.03,
        xref="x domain",
        yref="y domain",
        xanchor="center",
        yanchor="bottom",
        showarrow=False,
        font={"size": 13},
        row=r,
        col=c,
    )
    figure.add_annotation(
        text="<br>".join(_area_text(curve, table.models) for curve in row.curves),
        align="right",
        x=1,
        y=0.03,
        xanchor="right",
        yanchor="bottom",
        xref="x",
        yref="y",
        showarrow=False,
        font={"size": 11},
        row=r,
        col=c,
    )


def _look(system: System, models: tuple[System, ...]) -> tuple[str, str]:
    if system.kind is not Kind.MODEL:
        return MUTED, "longdashdot"
    i = models.index(system)
    return MODEL_COLOURS[i % len(MODEL_COLOURS)], MODEL_DASHES[i % len(MODEL_DASHES)]


def _curve_trace(curve: Curve, models: tuple[System, ...], *, first: bool) -> go.Scatter:
    assert not isinstance(curve.roc, Undefined)
    colour, dash = _look(curve.system, models)
    return go.Scatter(
        x=curve.roc.false_positive_rate,
        y=curve.roc.true_positive_rate,
        mode="lines",
        line={"color": colour, "width": 2 if curve.system.kind is Kind.MODEL else 1, "dash": dash},
        name=curve.system.name if curve.system.kind is Kind.MODEL else f"{curve.system.name}, confidence",
        legendgroup=f"curve {curve.system.key}",
        showlegend=first,
        hovertemplate=curve.system.name + ": sensitivity %{y:.3f}, 1 − specificity %{x:.3f}<extra></extra>",
    )


def _point_trace(
    table: AccuracyTable, target: str, point: OperatingPoint, readers: list[System], *, first: bool
) -> go.Scatter:
    system, sensitivity, specificity = point.system, point.sensitivity, point.specificity
    assert not isinstance(sensitivity, Undefined)
    assert not isinstance(specificity, Undefined)
    if system.kind is Kind.MODEL:
        colour = _look(system, table.models)[0]
        marker = {"symbol": "circle", "size": 8, "color": colour, "line": {"color": "white", "width": 1}}
    else:
        marker = {
            "symbol": symbol(system, readers),
            "size": 10,
            "color": INK,
            "line": {"color": INK, "width": 1.6},
        }
    wrong = CaseFilter(table.task, where=(Condition(system.key, f"{MISJUDGED}:{target}"),))
    return go.Scatter(
        x=[1 - specificity.estimate],
        y=[sensitivity.estimate],
        mode="markers",
        marker=marker,
        name=f"{system.name}, operating point" if system.kind is Kind.MODEL else system.name,
        legendgroup=f"point {system.key}",
        showlegend=first,
        customdata=[query(wrong)],
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
        hovertemplate=(
            f"<b>{system.name}</b><br>sensitivity {sensitivity.count}/{sensitivity.n}"
            f"<br>specificity {specificity.count}/{specificity.n}"
            "<br>click: the cases that were wrong<extra></extra>"
        ),
    )


def _average_trace(average: AveragePoint, *, first: bool) -> go.Scatter:
    return go.Scatter(
        x=[average.false_positive_rate],
        y=[average.sensitivity],
        mode="markers",
        marker={"symbol": AVERAGE_SYMBOL, "size": 11, "color": INK, "line": {"color": INK, "width": 2}},
        name=f"Average of {average.readers} readers",
        legendgroup="average",
        showlegend=first,
        hovertemplate=(
            f"<b>Average of {average.readers} readers</b><br>1 − specificity %{{x:.3f}}"
            "<br>sensitivity %{y:.3f}<extra></extra>"
        ),
    )


def _area_text(curve: Curve, models: tuple[System, ...]) -> str:
    colour, _ = _look(curve.system, models)
    name = curve.system.key if curve.system.kind is Kind.MODEL else curve.system.name
    if isinstance(curve.auc, Undefined):
        return f'<span style="color:{colour}">{name} {DASH}</span>'
    low, high = curve.auc.interval
    return f'<span style="color:{colour}">{name} {curve.auc.auc:.3f} ({low:.3f}–{high:.3f})</span>'
