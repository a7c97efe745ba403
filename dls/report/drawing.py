"""Static drawings by matplotlib: no browser needed, and the same drawing has the same bytes.

The interactive figures of the pages are Plotly's; both are drawn from the same results with one palette.
"""

from __future__ import annotations

import io
import textwrap
import threading
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from dls.figures.style import INK, MUTED
from dls.report.document import Picture

DPI = 300
_STAMP_POINTS = 5.0
_STAMP_LINE = 0.09
"""Inches."""
_LETTERS_PER_INCH = 25
_PLACES = 6
"""Decimals of a panel's place, as a fraction of the figure: far below a dot."""
_LOOK: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 7.0,
    "axes.labelsize": 7.0,
    "axes.titlesize": 7.5,
    "axes.linewidth": 0.6,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 6.0,
    "ytick.labelsize": 6.0,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "legend.fontsize": 6.5,
    "legend.frameon": False,
    "svg.hashsalt": "dls",
    "svg.fonttype": "path",
    "path.simplify": False,
}
_LOCK = threading.Lock()
"""Matplotlib's settings belong to the whole process."""


def picture(
    name: str, caption: str, size: tuple[float, float], footer: str, draw: Callable[[Figure], None]
) -> Picture:
    """Draw a figure and keep it as SVG and PNG.

    Parameters
    ----------
    size : inches, without the line that says what the figure rests on
    footer : that line, drawn below
    draw : fills the figure that it is given
    """
    stamp = textwrap.wrap(footer, int(size[0] * _LETTERS_PER_INCH), break_long_words=False)
    margin = _STAMP_LINE * (len(stamp) + 1)
    width, height = size[0], size[1] + margin
    with _LOCK, mpl.rc_context(_LOOK):
        below = margin / height
        room = ConstrainedLayoutEngine(rect=(0, below, 1, 1 - below))
        figure = Figure(figsize=(width, height), facecolor="white")
        FigureCanvasAgg(figure)
        draw(figure)
        _lay_out(figure, room)
        figure.text(0.01, 0.01, "\n".join(stamp), fontsize=_STAMP_POINTS, color=MUTED, va="bottom")
        svg, png = io.BytesIO(), io.BytesIO()
        figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None, "Title": caption})
        figure.savefig(png, format="png", dpi=DPI, metadata={"Software": None, "Title": caption})
    return Picture(name, caption, svg.getvalue(), png.getvalue(), width, height)


def _lay_out(figure: Figure, room: ConstrainedLayoutEngine) -> None:
    """Lay the panels out once, and round their places: the solver's last digits differ from run to run.

    The figure keeps no layout engine, for which matplotlib would draw it once more for every file.
    """
    room.execute(figure)
    for axes in figure.axes:
        left, bottom, width, height = (round(v, _PLACES) for v in axes.get_position(original=True).bounds)
        axes.set_position((left, bottom, width, height))


def bare(axes: Axes) -> Axes:
    """Axes without lines and ticks."""
    axes.set_axis_off()
    return axes
