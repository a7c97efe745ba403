"""Feature maps for print: a panel a model, a point an image group, coloured by the true class."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from matplotlib.figure import Figure

from dls.analysis.feature_map import FeatureMap
from dls.domain import LesionClass
from dls.figures.style import CLASS_COLOUR, RULE
from dls.report.drawing import bare

_MARKERS = {
    LesionClass.CYST: "o",
    LesionClass.HEMANGIOMA: "s",
    LesionClass.FNH: "D",
    LesionClass.OTHER_BENIGN: "P",
    LesionClass.HCC: "v",
    LesionClass.METASTASIS: "^",
    LesionClass.OTHER_PRIMARY: "X",
}
_COLUMNS = 3
_PANEL_INCHES = 2.4


def map_size(maps: Sequence[FeatureMap]) -> tuple[float, float]:
    """Inches of the plate, with a cell for the legend."""
    cells = len(maps) + 1
    columns = min(cells, _COLUMNS)
    return _PANEL_INCHES * columns, _PANEL_INCHES * ceil(cells / columns)


def draw_maps(figure: Figure, maps: Sequence[FeatureMap]) -> None:
    """Fill a figure with the maps and, in the last cell, their legend; axes have no unit."""
    columns = min(len(maps) + 1, _COLUMNS)
    grid = figure.subplots(ceil((len(maps) + 1) / columns), columns, squeeze=False)
    for i, axes in enumerate(grid.flat):
        if i >= len(maps):
            bare(axes)
            continue
        points = maps[i].points
        for lesion in LesionClass:
            own = points[points["lesion_class"] == lesion]
            axes.scatter(
                own["x"],
                own["y"],
                s=5,
                marker=_MARKERS[lesion],
                color=CLASS_COLOUR[lesion],
                linewidths=0,
                label=lesion.label,
            )
        axes.set_title(f"Model {maps[i].letter}: {len(points):,} image groups of {maps[i].cases} cases")
        axes.set(xticks=[], yticks=[], aspect="equal", adjustable="datalim")
        axes.spines[:].set_color(RULE)
    handles, labels = grid.flat[0].get_legend_handles_labels()
    grid.flat[len(maps)].legend(handles, labels, loc="center", title="Reference standard", markerscale=2)
