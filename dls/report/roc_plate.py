"""ROC panels for print: a class a panel, models' curves, readers' and consensus' points (paper, Figure 2)."""

from __future__ import annotations

from math import ceil
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dls.analysis.accuracy import AccuracyTable, ClassAccuracy, Curve, OperatingPoint
from dls.analysis.labels import short_label
from dls.analysis.printed import area
from dls.analysis.system import Kind, System
from dls.analysis.undefined import Undefined
from dls.figures.style import INK, MODEL_COLOURS, MUTED, RULE
from dls.report.drawing import bare

_READER_MARKERS = ("o", "s", "D", "^", "p", "h")
_DASHES = ("-", (0, (5, 2)), (0, (1, 1.2)))
_COLUMNS = 4
PANEL_INCHES = 1.8
_MOST_IN_A_CELL = 13
"""Names that the legend has room for in the last cell; more stand above the panels."""
_NAME_INCHES = 0.15


def roc_size(table: AccuracyTable) -> tuple[float, float]:
    """Inches of the plate, with a cell for the legend."""
    cells = len(table.classes) + 1
    columns = min(cells, _COLUMNS)
    scale = 1.6 if cells == 2 else 1.0
    height = PANEL_INCHES * ceil(cells / columns) * 1.12 * scale
    names = _names(table)
    above = 0.0 if names <= _MOST_IN_A_CELL else _NAME_INCHES * (ceil(names / columns) + 1)
    return PANEL_INCHES * columns * scale, height + above


def draw_roc(figure: Figure, table: AccuracyTable) -> None:
    """Fill a figure with the panels and their legend, in the last cell or, of many names, above them."""
    cells = len(table.classes) + 1
    columns = min(cells, _COLUMNS)
    rows = ceil(cells / columns)
    grid = figure.subplots(rows, columns, squeeze=False)
    for i, axes in enumerate(grid.flat):
        if i >= len(table.classes):
            bare(axes)
            continue
        _panel(axes, table, table.classes[i])
        axes.set_xlabel("1 − specificity" if i + columns >= len(table.classes) else "")
        axes.set_ylabel("Sensitivity" if i % columns == 0 else "")
    handles, labels = grid.flat[0].get_legend_handles_labels()
    if len(labels) <= _MOST_IN_A_CELL:
        grid.flat[len(table.classes)].legend(handles, labels, loc="center left", handlelength=3.0)
    else:
        figure.legend(handles, labels, loc="outside upper center", ncols=columns, handlelength=3.0)


def _names(table: AccuracyTable) -> int:
    """Names in the legend, at most: curves, points and the average of the readers."""
    row = table.classes[0]
    return len(row.curves) + len(row.points) + 1


def _panel(axes: Axes, table: AccuracyTable, row: ClassAccuracy) -> None:
    axes.plot([0, 1], [0, 1], color=RULE, linewidth=0.7)
    for curve in row.curves:
        if not isinstance(curve.roc, Undefined):
            look = _curve_look(curve, table)
            axes.plot(curve.roc.false_positive_rate, curve.roc.true_positive_rate, **look)
    readers = [p.system for p in row.points if p.system.kind is Kind.READER]
    for point in row.points:
        _mark(axes, table, point, readers)
    average = row.average_reader
    if average is not None and average.readers > 1:
        name = f"Average of {average.readers} readers"
        look = {"marker": "+", "color": INK, "markersize": 7, "markeredgewidth": 1.4, "linestyle": "none"}
        axes.plot(average.false_positive_rate, average.sensitivity, label=name, zorder=4, **look)
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title(f"{short_label(row.target)} ({row.n_positive} of {row.n_positive + row.n_negative})")
    for i, curve in enumerate(reversed(row.curves)):
        name = curve.system.key if curve.system.kind is Kind.MODEL else curve.system.name
        colour = _curve_look(curve, table)["color"]
        text = f"{name} {area(curve.auc).text}"
        axes.text(1.0, 0.03 + 0.075 * i, text, ha="right", fontsize=5.5, color=colour)


def _curve_look(curve: Curve, table: AccuracyTable) -> dict[str, Any]:
    if curve.system.kind is not Kind.MODEL:
        return {
            "color": MUTED,
            "linestyle": (0, (6, 1.5, 1.5, 1.5)),
            "linewidth": 0.8,
            "label": curve.name(table.task),
        }
    i = table.models.index(curve.system)
    return {
        "color": MODEL_COLOURS[i % len(MODEL_COLOURS)],
        "linestyle": _DASHES[i % len(_DASHES)],
        "linewidth": 1.3,
        "label": curve.name(table.task),
    }


def _mark(axes: Axes, table: AccuracyTable, point: OperatingPoint, readers: list[System]) -> None:
    if isinstance(point.sensitivity, Undefined) or isinstance(point.specificity, Undefined):
        return
    system = point.system
    look: dict[str, Any] = {"linestyle": "none", "zorder": 5, "label": system.name}
    if system.kind is Kind.MODEL:
        colour = MODEL_COLOURS[table.models.index(system) % len(MODEL_COLOURS)]
        look |= {"marker": "o", "markersize": 4, "color": colour, "label": f"{system.name}, operating point"}
    elif system.kind is Kind.READER:
        marker = _READER_MARKERS[readers.index(system) % len(_READER_MARKERS)]
        look |= {"marker": marker, "markersize": 4.5, "color": INK, "markerfacecolor": "none"}
    else:
        look |= {"marker": "*", "markersize": 7, "color": INK}
    axes.plot(1 - point.specificity.estimate, point.sensitivity.estimate, **look)
