"""Mean saliency of each class over its mean image, a row a class, a column a sequence (paper, Figure 4)."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from functools import cache

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from PIL import Image
from plotly.colors import get_colorscale, sample_colorscale
from plotly.subplots import make_subplots

from dls.figures.style import INK, empty, paper

COLOURS = "Inferno"
BRIGHTEST = 99.5
"""Percentile of all maps together that has the last colour."""
OPACITY = 0.65
_TILE = 128
_LABEL_PIXELS = 170
"""Room left of the tiles for the longest name of a class."""


def mean_saliency_figure(
    maps: NDArray[np.floating],
    images: NDArray[np.floating],
    groups: Sequence[int],
    classes: Sequence[str],
    sequences: Sequence[str],
) -> go.Figure:
    """Grid of overlays; all maps share one scale, so that sequences and classes can be compared.

    Parameters
    ----------
    maps, images : (k, size, size, channels) means of the classes' image groups; images from 0 to 1
    groups : (k,) how many image groups each mean has; classes without any are left out
    """
    shown = [i for i, n in enumerate(groups) if n]
    if not shown:
        return empty(go.Figure(), "No image group was explained.")
    top = float(np.percentile(maps[shown], BRIGHTEST)) or 1.0
    figure = make_subplots(
        len(shown),
        len(sequences),
        column_titles=list(sequences),
        horizontal_spacing=0.005,
        vertical_spacing=0.012,
    )
    for row, i in enumerate(shown, start=1):
        for column, name in enumerate(sequences, start=1):
            picture = overlay(images[i, ..., column - 1], maps[i, ..., column - 1] / top)
            hover = f"{classes[i]}, {name}<extra></extra>"
            figure.add_trace(go.Image(source=_png(picture), hovertemplate=hover), row, column)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    for row, i in enumerate(shown, start=1):
        low, high = figure.get_subplot(row, 1).yaxis.domain
        label = f"{classes[i]} ({groups[i]})"
        beside = {"x": 0, "xanchor": "right", "xref": "paper", "y": (low + high) / 2, "yref": "paper"}
        figure.add_annotation(text=label, showarrow=False, xshift=-6, **beside)
    figure.update_annotations(font={"size": 12, "color": INK})
    return paper(figure, 135 * len(shown) + 50).update_layout(margin_l=_LABEL_PIXELS)


def overlay(image: NDArray[np.floating], strength: NDArray[np.floating]) -> NDArray[np.uint8]:
    """RGB (size, size, 3): a grey image from 0 to 1 under the colours of a map from 0 to 1.

    The stronger the map, the less of the image shows through.
    """
    part = np.clip(strength, 0, 1)
    colour = _scale()[np.rint(part * 255).astype(int)]
    grey = np.repeat(np.clip(image, 0, 1)[..., None] * 255, 3, axis=-1)
    weight = OPACITY * part[..., None]
    return np.rint((1 - weight) * grey + weight * colour).astype(np.uint8)


@cache
def _scale() -> NDArray[np.float64]:
    """The 256 colours of a map, RGB from 0 to 255."""
    colours = sample_colorscale(get_colorscale(COLOURS), np.linspace(0, 1, 256), colortype="rgb")
    return np.array([[int(v) for v in colour[4:-1].split(",")] for colour in colours], np.float64)


def _png(picture: NDArray[np.uint8]) -> str:
    """Data address of a picture, enlarged or reduced to one size of tile."""
    buffer = io.BytesIO()
    Image.fromarray(picture).resize((_TILE, _TILE), Image.Resampling.BILINEAR).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
