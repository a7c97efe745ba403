"""The six-sequence viewer as a Streamlit element; images travel by the authorised routes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from dls.domain import MODELS
from dls.ui.assets import component_source, stylesheet


@dataclass(frozen=True, slots=True)
class Overlay:
    """Saliency that lies over the images.

    Parameters
    ----------
    letter : of the model
    target : class whose score it explains; None for the one that the model called
    method : value of `dls.nn.saliency.SaliencyMethod`; None for the gradient
    """

    letter: str
    target: str | None = None
    method: str | None = None


def case_viewer(case_id: int, *, key: str, overlay: Overlay | None = None, height: int = 720) -> None:
    """Images of a case of the study; a phantom's are made on demand.  For the others see `image_viewer`."""
    image_viewer(f"case-images/{case_id}", f"saliency/{case_id}", key=key, overlay=overlay, height=height)


def image_viewer(
    images: str, saliency: str, *, key: str, overlay: Overlay | None = None, height: int = 720
) -> None:
    """Images for investigators and administrators, with the saliency of a model laid over.

    Parameters
    ----------
    images, saliency : routes of the images and, followed by letter and sequence, of the saliency
    key : Streamlit key; the same viewer keeps its view while the case stays
    height : CSS pixels
    """
    layers = {} if overlay is None else _layers(saliency, overlay)
    _viewer()(key=key, data={"case": images, "saliency": layers, "height": height}, height=height)


def _layers(route: str, overlay: Overlay) -> dict[str, str]:
    """Address of the saliency of every sequence that the model sees."""
    asked = {k: v for k, v in (("class", overlay.target), ("method", overlay.method)) if v}
    question = "?" + urlencode(asked) if asked else ""
    sequences = MODELS[overlay.letter].sequences
    return {s.slug: f"{route}/{overlay.letter}/{s.slug}{question}" for s in sequences}


@cache
def _viewer() -> Any:
    return st.components.v2.component(
        "dls_case_viewer", css=stylesheet("viewer.css"), js=component_source("case_viewer.js")
    )
