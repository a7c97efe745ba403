"""Confusion matrices for print: counts on the share of each true class (paper, Figure 3)."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from dls.analysis.agreement import ConfusionMatrix
from dls.analysis.labels import short_label
from dls.figures.confusion import BLUES
from dls.figures.style import INK
from dls.report.drawing import bare

PER_PLATE = 9
_COLUMNS = 3
_PANEL_INCHES = 2.35
_DARK = 0.6
_STOPS: list[Any] = [tuple(stop) for stop in BLUES]
_SHADES = LinearSegmentedColormap.from_list("blues", _STOPS)


def confusion_size(matrices: Sequence[ConfusionMatrix]) -> tuple[float, float]:
    """Inches of the plate."""
    columns = min(len(matrices), _COLUMNS)
    return _PANEL_INCHES * columns + 0.4, (_PANEL_INCHES + 0.35) * ceil(len(matrices) / columns)


def draw_confusion(figure: Figure, matrices: Sequence[ConfusionMatrix]) -> None:
    """Fill a figure with the matrices of one task, three in a row."""
    columns = min(len(matrices), _COLUMNS)
    grid = figure.subplots(ceil(len(matrices) / columns), columns, squeeze=False)
    for i, axes in enumerate(grid.flat):
        if i >= len(matrices):
            bare(axes)
            continue
        _panel(axes, matrices[i], labelled=i % columns == 0)


def _panel(axes: Axes, matrix: ConfusionMatrix, *, labelled: bool) -> None:
    axes.imshow(np.nan_to_num(matrix.rates), cmap=_SHADES, vmin=0, vmax=1, aspect="auto")
    for (row, column), count in np.ndenumerate(matrix.counts):
        if count:
            colour = "white" if matrix.rates[row, column] > _DARK else INK
            axes.text(column, row, str(int(count)), ha="center", va="center", color=colour, fontsize=6.5)
    missing = f"\n{matrix.cases - matrix.n} missing" if matrix.n < matrix.cases else ""
    axes.set_title(f"{matrix.system.name}: {matrix.correct} of {matrix.n} right{missing}", fontsize=7)
    columns = [short_label(name) for name in matrix.columns]
    axes.set_xticks(range(len(columns)), columns, rotation=40, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(matrix.rows)), [short_label(r) for r in matrix.rows] if labelled else [])
    axes.set_ylabel("Reference standard" if labelled else "")
    axes.set_xlabel("Called")
    axes.tick_params(length=0)
