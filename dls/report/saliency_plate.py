"""Stored saliency for print: a model's mean map of each class over its mean image (paper, Figure 4)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from dls.domain import MODELS
from dls.figures.mean_saliency import BRIGHTEST, overlay
from dls.nn.explanation_file import Explanation, load_explanation
from dls.nn.saliency import SaliencyMethod

FOLDER = "explanations"
_TILE_INCHES = 1.0
_LABEL_INCHES = 0.55


def stored_explanations(home: Path, packages: Mapping[str, str]) -> tuple[Explanation, ...]:
    """For each model the explanation that is kept: by the paper's method, the gradient, or else by another.

    Parameters
    ----------
    home : folder of the study
    packages : letter -> SHA-256 of the package that made the predictions; others' explanations do not count

    Raises
    ------
    InputError
        when a file is not readable.
    """
    found = []
    for sha256 in packages.values():
        kept = (load_explanation(home / FOLDER, sha256, method) for method in SaliencyMethod)
        found += [
            explanation for explanation in kept if explanation is not None and explanation.groups.any()
        ][:1]
    return tuple(found)


def saliency_caption(explanation: Explanation) -> str:
    """What the plate shows, with the share of the saliency inside the lesion."""
    cases, model = explanation.cases, MODELS[explanation.letter].name
    area = float(np.mean([case.area for case in cases]))
    energy = float(np.mean([case.energy["all"] for case in cases]))
    return (
        f"Mean saliency ({explanation.method.label}) of {model} over the mean image group of each class; "
        f"{len(cases)} case{'s' * (len(cases) > 1)}, explained for the true class; in brackets the number "
        f"of image groups. Of the saliency {energy:.0%} lies inside the lesion, which fills {area:.0%} of "
        "the image"
    )


def saliency_size(explanation: Explanation) -> tuple[float, float]:
    """Inches of the plate."""
    rows, columns = _shape(explanation)
    return _TILE_INCHES * columns + _LABEL_INCHES, _TILE_INCHES * rows + 0.3


def draw_saliency(figure: Figure, explanation: Explanation) -> None:
    """Fill a figure; all maps share one scale, so that sequences and classes can be compared."""
    spec = MODELS[explanation.letter]
    shown = [i for i, n in enumerate(explanation.groups) if n]
    top = float(np.percentile(explanation.maps[shown], BRIGHTEST)) or 1.0
    grid = figure.subplots(*_shape(explanation), squeeze=False)
    for axes_row, i in zip(grid, shown, strict=True):
        for column, (axes, sequence) in enumerate(zip(axes_row, spec.sequences, strict=True)):
            strength = explanation.maps[i, ..., column] / top
            axes.imshow(overlay(explanation.images[i, ..., column], strength), interpolation="bilinear")
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
            if i == shown[0]:
                axes.set_title(str(sequence))
        name = spec.task.classes[i].replace(" malignancy", "")
        axes_row[0].set_ylabel(f"{name}\n({explanation.groups[i]})", fontsize=6.5)


def _shape(explanation: Explanation) -> tuple[int, int]:
    return int((explanation.groups > 0).sum()), len(MODELS[explanation.letter].sequences)
