"""Square panels from 0 to 1 in rows of four, such as an ROC a class.

They are plain dictionaries, which Plotly checks once when the figure is put together.
"""

from __future__ import annotations

from math import ceil
from typing import Any

from dls.figures.style import AXIS

COLUMNS = 4
PANEL_HEIGHT = 255
ACROSS, DOWN = 0.055, 0.17
"""Gaps between the panels, in shares of the figure."""
Part = dict[str, Any]
"""A part of a figure, as Plotly's reference describes it."""
FROM_0_TO_1: Part = AXIS | {
    "range": [-0.02, 1.02],
    "dtick": 0.25,
    "tickformat": ".2~f",
    "constrain": "domain",
    "automargin": True,
}
AXIS_TITLE: Part = {"standoff": 4, "font": {"size": 13}}


def axes(panels: int, across_title: str, up_title: str) -> dict[str, Part]:
    """A square a panel, row by row from the top; only outer axes have a title."""
    columns, rows = min(panels, COLUMNS), ceil(panels / COLUMNS)
    width, height = (1 - ACROSS * (columns - 1)) / columns, (1 - DOWN * (rows - 1)) / rows
    found: dict[str, Part] = {}
    for i in range(panels):
        left, bottom = i % columns * (width + ACROSS), (rows - 1 - i // columns) * (height + DOWN)
        number = axis_number(i)
        across: Part = {"domain": [left, left + width], "anchor": f"y{number}"}
        up: Part = {"domain": [bottom, bottom + height], "anchor": f"x{number}", "scaleanchor": f"x{number}"}
        if i + columns >= panels:
            across["title"] = AXIS_TITLE | {"text": across_title}
        if i % columns == 0:
            up["title"] = AXIS_TITLE | {"text": up_title}
        found |= {f"xaxis{number}": FROM_0_TO_1 | across, f"yaxis{number}": FROM_0_TO_1 | up}
    return found


def axis_number(panel: int) -> str:
    """How Plotly numbers the axes of a panel: nothing, 2, 3 ..."""
    return "" if panel == 0 else str(panel + 1)


def panel_title(text: str, panel: int) -> Part:
    """The title above a panel."""
    return {
        "text": text,
        "x": 0.5,
        "y": 1.03,
        "xref": f"x{axis_number(panel)} domain",
        "yref": f"y{axis_number(panel)} domain",
        "xanchor": "center",
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": 13},
    }
