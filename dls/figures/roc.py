"""ROC panels: a class a panel, the models' curves with the readers' and the consensus' operating points.

Source of the form: Zhen et al., Front Oncol 2020, 10:680, Figure 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from dls.analysis.accuracy import AccuracyTable, AveragePoint, ClassAccuracy, Curve, OperatingPoint
from dls.analysis.case_filter import ANY_READER, MISJUDGED, CaseFilter, Condition, misjudged_from
from dls.analysis.case_selection import threshold_words
from dls.analysis.labels import short_label
from dls.analysis.printed import DASH
from dls.analysis.standing import CurveStanding
from dls.analysis.system import Kind, System
from dls.analysis.undefined import Undefined
from dls.figures.panels import COLUMNS, PANEL_HEIGHT, Part, axes, axis_number, panel_title
from dls.figures.style import (
    AVERAGE_SYMBOL,
    INK,
    MARKED,
    MODEL_COLOURS,
    MODEL_DASHES,
    MUTED,
    POINT_VALUE,
    RULE,
    empty,
    paper_layout,
    query,
    symbol,
)
from dls.stats.roc import RocCurve

SINGLE_HEIGHT = 480
LEGEND_HEIGHT = 420
NAMES_IN_PLACE = 12
"""Names of a legend that have room in the empty place of the last row; more stand below the panels."""
NAMES_IN_ROW, NAME_HEIGHT = 7, 24
BENEATH_MARK = 0.025
"""Nearer than this to a mark, in rates, a click means the mark."""
APART = 0.005
"""Operating points nearer than this, in the sum of their rates, cannot be told apart by a click."""


def roc_panels(table: AccuracyTable, standing: Sequence[CurveStanding] = ()) -> go.Figure:
    """One panel a class.  A mark carries the query of the cases that its reader or model got wrong there, and
    so does every operating point of a curve.

    Parameters
    ----------
    standing : the places of one case on the curves, which are marked

    The figure is put together from plain dictionaries, which Plotly checks once: to update its many parts one
    by one took four times as long as the statistics.
    """
    if not any(row.points for row in table.classes):
        return empty(go.Figure(), "No predictions or readings yet: run the models, or wait for the readers.")
    n = len(table.classes)
    traces = [trace for i, row in enumerate(table.classes) for trace in _panel(table, row, i)]
    targets = [row.target for row in table.classes]
    traces += [_marked(place, targets.index(place.target)) for place in standing]
    labels = [label for i, row in enumerate(table.classes) for label in _labels(table, row, i)]
    names = sum(bool(trace.get("showlegend")) for trace in traces)
    layout = {
        **axes(n, "1 − specificity", "Sensitivity"),
        "annotations": labels,
        "legend": _legend(n, names),
    }
    height = SINGLE_HEIGHT if n == 1 else max(LEGEND_HEIGHT, ceil(n / COLUMNS) * PANEL_HEIGHT + 50)
    if n > 1 and names > NAMES_IN_PLACE:
        height += NAME_HEIGHT * ceil(names / NAMES_IN_ROW)
    return go.Figure({"data": traces, "layout": layout | paper_layout(height)})


def _legend(panels: int, names: int) -> dict[str, object]:
    """At the right of a single panel, in the empty place of the last row, or below all."""
    if panels == 1:
        place = {"x": 1.02, "y": 1, "xanchor": "left", "yanchor": "top"}
    elif panels % COLUMNS and panels > COLUMNS and names <= NAMES_IN_PLACE:
        place = {"x": 0.79, "y": 0.4, "xanchor": "left", "yanchor": "top"}
    else:
        place = {
            "x": 0,
            "y": -0.18 if panels <= COLUMNS else -0.1,
            "xanchor": "left",
            "yanchor": "top",
            "orientation": "h",
        }
    return place | {"font": {"size": 12}, "itemclick": False, "itemdoubleclick": False}


def _panel(table: AccuracyTable, row: ClassAccuracy, i: int) -> list[Part]:
    readers = [p.system for p in row.points if p.system.kind is Kind.READER]
    diagonal = {"x": [0, 1], "y": [0, 1], "mode": "lines", "line": {"color": RULE, "width": 1}}
    traces: list[Part] = [diagonal | {"hoverinfo": "skip", "showlegend": False}]
    curves = [c for c in row.curves if not isinstance(c.roc, Undefined)]
    traces += [_curve_trace(c, table) for c in curves]
    traces += [_threshold_trace(c, table, row) for c in curves]
    traces += [
        _point_trace(table, row.target, point, readers)
        for point in row.points
        if not isinstance(point.sensitivity, Undefined) and not isinstance(point.specificity, Undefined)
    ]
    if row.average_reader is not None and row.average_reader.readers > 1:
        traces.append(_average_trace(row.average_reader, table, row.target))
    place = {"type": "scatter", "xaxis": f"x{axis_number(i)}", "yaxis": f"y{axis_number(i)}"}
    return [{"showlegend": i == 0} | trace | place for trace in traces]


def _labels(table: AccuracyTable, row: ClassAccuracy, i: int) -> list[Part]:
    """The panel's title above it, and the areas in its empty corner."""
    x, y = f"x{axis_number(i)}", f"y{axis_number(i)}"
    return [
        panel_title(f"{short_label(row.target)} ({row.n_positive} of {row.n_positive + row.n_negative})", i),
        {
            "text": "<br>".join(_area_text(curve, table.models) for curve in row.curves),
            "align": "right",
            "x": 1,
            "y": 0.03,
            "xref": x,
            "yref": y,
            "xanchor": "right",
            "yanchor": "bottom",
            "showarrow": False,
            "font": {"size": 11},
        },
    ]


def _look(system: System, models: tuple[System, ...]) -> tuple[str, str]:
    if system.kind is not Kind.MODEL:
        return MUTED, "longdashdot"
    i = models.index(system)
    return MODEL_COLOURS[i % len(MODEL_COLOURS)], MODEL_DASHES[i % len(MODEL_DASHES)]


def _curve_trace(curve: Curve, table: AccuracyTable) -> Part:
    assert not isinstance(curve.roc, Undefined)
    colour, dash = _look(curve.system, table.models)
    turns = _turns(curve.roc)
    return {
        "x": curve.roc.false_positive_rate[turns],
        "y": curve.roc.true_positive_rate[turns],
        "mode": "lines",
        "line": {"color": colour, "width": 2 if curve.system.kind is Kind.MODEL else 1, "dash": dash},
        "name": curve.name(table.task),
        "legendgroup": f"curve {curve.system.key}",
        "hoverinfo": "skip",
    }


def _threshold_trace(curve: Curve, table: AccuracyTable, row: ClassAccuracy) -> Part:
    """The curve's operating points, unseen: each carries the query of what is wrong from its threshold on.

    What lies beneath a mark is left to the mark.
    """
    roc, system = curve.roc, curve.system
    assert not isinstance(roc, Undefined)
    x, y = roc.false_positive_rate, roc.true_positive_rate
    chosen = np.r_[False, np.diff(np.floor((x + y) / APART)) > 0]  # the first point calls nobody
    for mark_x, mark_y in _marks(row):
        chosen &= np.hypot(x - mark_x, y - mark_y) > BENEATH_MARK
    thresholds = roc.threshold[chosen]
    wrong = CaseFilter(table.task, where=(misjudged_from(system, row.target, POINT_VALUE),))
    return {
        "x": x[chosen],
        "y": y[chosen],
        "mode": "markers",
        "marker": {"size": 6, "opacity": 0},
        "name": f"{system.name}, thresholds",
        "showlegend": False,
        "customdata": thresholds,
        "text": [threshold_words(system, table.task, float(t)) for t in thresholds],
        "meta": query(wrong),
        "hovertemplate": (
            f"<b>{system.name}</b>, %{{text}}<br>sensitivity %{{y:.3f}}"
            "<br>1 − specificity %{x:.3f}<br>click: the cases that would be wrong<extra></extra>"
        ),
    }


def _marks(row: ClassAccuracy) -> list[tuple[float, float]]:
    """Where the marks of a panel are: false-positive rate and sensitivity."""
    places = [
        (1 - point.specificity.estimate, point.sensitivity.estimate)
        for point in row.points
        if not isinstance(point.sensitivity, Undefined) and not isinstance(point.specificity, Undefined)
    ]
    average = row.average_reader
    return places + ([] if average is None else [(average.false_positive_rate, average.sensitivity)])


def _turns(roc: RocCurve) -> NDArray[np.bool_]:
    """Where a curve turns, and its ends: the line through them is the same, and shorter in large studies."""
    right = np.diff(np.rint(roc.false_positive_rate * roc.n_negative))
    up = np.diff(np.rint(roc.true_positive_rate * roc.n_positive))
    return np.r_[True, right[:-1] * up[1:] != right[1:] * up[:-1], True]


def _point_trace(table: AccuracyTable, target: str, point: OperatingPoint, readers: list[System]) -> Part:
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
    misjudged = Condition(system.key, f"{MISJUDGED}:{target}")
    wrong = CaseFilter(table.task, where=(misjudged,), benign_calls=table.benign_calls)
    return {
        "x": [1 - specificity.estimate],
        "y": [sensitivity.estimate],
        "mode": "markers",
        "marker": marker,
        "name": f"{system.name}, operating point" if system.kind is Kind.MODEL else system.name,
        "legendgroup": f"point {system.key}",
        "customdata": [query(wrong)],
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 1}},
        "hovertemplate": (
            f"<b>{system.name}</b><br>sensitivity {sensitivity.count}/{sensitivity.n}"
            f"<br>specificity {specificity.count}/{specificity.n}"
            "<br>click: the cases that were wrong<extra></extra>"
        ),
    }


def _marked(place: CurveStanding, i: int) -> Part:
    """A ring on a curve where its threshold is the score of the marked case."""
    return {
        "type": "scatter",
        "xaxis": f"x{axis_number(i)}",
        "yaxis": f"y{axis_number(i)}",
        "x": [place.false_positive_rate],
        "y": [place.true_positive_rate],
        "mode": "markers",
        "marker": {
            "symbol": "circle-open",
            "size": 15,
            "color": MARKED,
            "line": {"color": MARKED, "width": 3},
        },
        "hovertemplate": f"the marked case: {place.system.name} gave {place.score:.3f}<extra></extra>",
        "showlegend": False,
    }


def _average_trace(average: AveragePoint, table: AccuracyTable, target: str) -> Part:
    misjudged = Condition(ANY_READER, f"{MISJUDGED}:{target}")
    wrong = CaseFilter(table.task, where=(misjudged,), benign_calls=table.benign_calls)
    return {
        "x": [average.false_positive_rate],
        "y": [average.sensitivity],
        "mode": "markers",
        "marker": {"symbol": AVERAGE_SYMBOL, "size": 11, "color": INK, "line": {"color": INK, "width": 2}},
        "name": f"Average of {average.readers} readers",
        "legendgroup": "average",
        "customdata": [query(wrong)],
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 1}},
        "hovertemplate": (
            f"<b>Average of {average.readers} readers</b><br>1 − specificity %{{x:.3f}}"
            "<br>sensitivity %{y:.3f}<br>click: the cases that any of them got wrong<extra></extra>"
        ),
    }


def _area_text(curve: Curve, models: tuple[System, ...]) -> str:
    colour, _ = _look(curve.system, models)
    name = curve.system.key if curve.system.kind is Kind.MODEL else curve.system.name
    if isinstance(curve.auc, Undefined):
        return f'<span style="color:{colour}">{name} {DASH}</span>'
    low, high = curve.auc.interval
    return f'<span style="color:{colour}">{name} {curve.auc.auc:.3f} ({low:.3f}–{high:.3f})</span>'
