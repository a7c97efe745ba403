"""Confusion matrices: counts on the share of each true class; a cell opens its cases.

Source of the form: Zhen et al., Front Oncol 2020, 10:680, Figure 3.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dls.analysis.agreement import ConfusionMatrix
from dls.analysis.case_filter import CALLED, CaseFilter, Condition
from dls.analysis.labels import short_label
from dls.figures.style import APART, INK, MARKED, RULE, empty, paper, query

BLUES = [[0.0, "#FFFFFF"], [0.25, "#D6E6F4"], [0.5, "#9CC5E3"], [0.75, "#4A94C8"], [1.0, "#0B5A97"]]
CELL = 46
SQUARE = 30


def confusion_matrices(
    matrices: Sequence[ConfusionMatrix], standing: Sequence[tuple[int, int] | None] = ()
) -> go.Figure:
    """Matrices of one task side by side: rows the truth, columns the call, shade the share of the row.

    Every cell carries the query of its cases.

    Parameters
    ----------
    standing : row and column of one case in each matrix, which are marked; None where it is not in it
    """
    if not matrices:
        return empty(go.Figure(), "No predictions or readings yet.")
    titles = [_title(m) for m in matrices]
    figure = make_subplots(
        1, len(matrices), subplot_titles=titles, shared_yaxes=True, horizontal_spacing=0.03
    )
    for i, matrix in enumerate(matrices, start=1):
        figure.add_trace(_shades(matrix), 1, i)
        figure.add_trace(_cells(matrix), 1, i)
    for i, cell in enumerate(standing, start=1):
        if cell is not None:
            row, column = cell
            frame = {"x0": column - 0.46, "x1": column + 0.46, "y0": row - 0.46, "y1": row + 0.46}
            figure.add_shape(type="rect", line={"color": MARKED, "width": 3}, row=1, col=i, **frame)
    axis = {"showgrid": False, "zeroline": False, "fixedrange": True, **APART}
    rows = len(matrices[0].rows)
    figure.update_yaxes(axis, range=[rows - 0.5, -0.5])
    figure.update_yaxes(title="Reference standard", col=1)
    for i, matrix in enumerate(matrices, start=1):
        edges = [-0.5, len(matrix.columns) - 0.5]
        figure.update_xaxes(axis, range=edges, tickangle=-40, title={"text": "Called", "standoff": 6}, col=i)
    figure.update_annotations(font={"size": 13, "color": INK})
    return paper(figure, CELL * len(matrices[0].rows) + 190).update_layout(plot_bgcolor=RULE)


def _title(matrix: ConfusionMatrix) -> str:
    answered = f"{matrix.correct} of {matrix.n} right"
    return f"<b>{matrix.system.name}</b>  {answered}" + (
        f", {matrix.cases - matrix.n} missing" if matrix.n < matrix.cases else ""
    )


def _shades(matrix: ConfusionMatrix) -> go.Heatmap:
    return go.Heatmap(
        x=_short(matrix.columns),
        y=_short(matrix.rows),
        z=np.nan_to_num(matrix.rates),  # a class without a case has no shares, and no shade
        zmin=0,
        zmax=1,
        colorscale=BLUES,
        showscale=False,
        xgap=1,
        ygap=1,
        hoverinfo="skip",
    )


def _cells(matrix: ConfusionMatrix) -> go.Scatter:
    """The counts, as marks that can be clicked: a heat map's cells cannot be selected."""
    positions = [(r, c) for r in range(len(matrix.rows)) for c in range(len(matrix.columns))]
    shares = [matrix.rates[r, c] for r, c in positions]
    counts = [int(matrix.counts[r, c]) for r, c in positions]
    clear = {"marker": {"opacity": 0}}
    return go.Scatter(
        x=[_short(matrix.columns)[c] for _, c in positions],
        y=[_short(matrix.rows)[r] for r, _ in positions],
        mode="markers+text",
        marker={"symbol": "square", "size": SQUARE, "opacity": 0},
        selected=clear | {"textfont": {"color": INK}},
        unselected=clear,
        text=[str(n) if n else "" for n in counts],
        textfont={"size": 13, "color": ["white" if share > 0.6 else INK for share in shares]},
        customdata=[query(_filter(matrix, r, c)) for r, c in positions],
        hovertext=[
            f"truth {matrix.rows[r]}<br>called {matrix.columns[c]}<br><b>{n}</b> of {matrix.counts[r].sum()}"
            + (f" ({share:.0%})" if n else "")
            for (r, c), n, share in zip(positions, counts, shares, strict=True)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=False,
    )


def _filter(matrix: ConfusionMatrix, row: int, column: int) -> CaseFilter:
    called = Condition(matrix.system.key, f"{CALLED}:{matrix.columns[column]}")
    return CaseFilter(matrix.task, truth=matrix.rows[row], where=(called,))


def _short(labels: Sequence[str]) -> list[str]:
    return [short_label(label) for label in labels]
