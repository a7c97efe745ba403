"""Which saliency lies over the images of a case: the controls above a viewer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import streamlit as st

from dls.domain import MODELS
from dls.nn.saliency import SaliencyMethod
from dls.ui.viewer import Overlay

NO_OVERLAY = "none"


def choose_overlay(
    called: Mapping[str, str],
    *,
    key: str,
    first: str | None = None,
    bind: Literal["query-params"] | None = None,
) -> Overlay | None:
    """Model, class and method; None where no saliency is wanted.

    Parameters
    ----------
    called : letter of every model that has judged the images -> the class that it called
    key : Streamlit key of the model's control, from which those of the others are made
    first : letter of the model that is shown until another is chosen
    bind : where the model is kept beside the session
    """
    models, explained, way = st.columns([2, 1, 1])
    letter = models.segmented_control(
        "Saliency of model",
        [NO_OVERLAY, *sorted(called)],
        default=first or NO_OVERLAY,
        key=key,
        bind=bind,
        required=True,
    )
    if letter not in called:
        return None
    own = f"what it called: {called[letter]}"
    picked = explained.selectbox(
        "Saliency for", [own, *MODELS[letter].task.classes], key=f"{key} class {letter}"
    )
    methods = {m.label: m.value for m in SaliencyMethod}
    method = methods[way.selectbox("Method", list(methods), key=f"{key} method")]
    return Overlay(letter, None if picked == own else picked, method)
