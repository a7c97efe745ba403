"""The six-sequence viewer as a Streamlit element; images travel by the authorised routes."""

from __future__ import annotations

from functools import cache
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from dls.domain import MODELS
from dls.ui.assets import component_source, stylesheet


def case_viewer(
    case_id: int,
    *,
    key: str,
    overlay: str | None = None,
    overlay_class: str | None = None,
    overlay_method: str | None = None,
    height: int = 720,
) -> None:
    """Images of a case of the study; a phantom's are made on demand.  For the others see `image_viewer`."""
    image_viewer(
        f"case-images/{case_id}",
        f"saliency/{case_id}",
        key=key,
        overlay=overlay,
        overlay_class=overlay_class,
        overlay_method=overlay_method,
        height=height,
    )


def image_viewer(
    images: str,
    saliency: str,
    *,
    key: str,
    overlay: str | None = None,
    overlay_class: str | None = None,
    overlay_method: str | None = None,
    height: int = 720,
) -> None:
    """Images for investigators and administrators, with the saliency of a model laid over.

    Parameters
    ----------
    images, saliency : routes of the images and, followed by letter and sequence, of the saliency
    key : Streamlit key; the same viewer keeps its view while the case stays
    overlay : letter of the model whose saliency is shown, or None
    overlay_class : class whose score the saliency explains; None for the one that the model called
    overlay_method : value of `dls.nn.saliency.SaliencyMethod`; None for the gradient
    height : CSS pixels
    """
    asked = {k: v for k, v in (("class", overlay_class), ("method", overlay_method)) if v}
    question = "?" + urlencode(asked) if asked else ""
    sequences = MODELS[overlay].sequences if overlay else ()
    data = {
        "case": images,
        "saliency": {s.slug: f"{saliency}/{overlay}/{s.slug}{question}" for s in sequences},
        "height": height,
    }
    _viewer()(key=key, data=data, height=height)


@cache
def _viewer() -> Any:
    return st.components.v2.component(
        "dls_case_viewer", css=stylesheet("viewer.css"), js=component_source("case_viewer.js")
    )
