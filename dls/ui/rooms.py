"""The full-screen rooms: one component fills the window and talks to the study's own routes."""

from __future__ import annotations

from functools import cache
from typing import Any

import streamlit as st

from dls.ui.assets import component_source, stylesheet

_FULL_SCREEN = """
<style>
  [data-testid="stHeader"], [data-testid="stSidebar"], [data-testid="stExpandSidebarButton"],
  [data-testid="stToolbar"], [data-testid="stStatusWidget"] { display: none }
  [data-testid="stMain"] [data-testid="stMainBlockContainer"] { padding: 0; max-width: none }
  [data-testid="stMain"] { overflow: hidden }
  [data-testid="stApp"], [data-testid="stMain"] { background: #111418 }
  [data-testid="stVerticalBlock"] { gap: 0 }
</style>
"""


def reading_room(code: str | None) -> bool:
    """Mount the reading room at a case; True when the reader wants to go back to the worklist."""
    return _mount("reading_room", {"code": code})


def consensus_room(code: str | None) -> bool:
    """Mount the consensus room at a case; True when the readers want to go back to the list."""
    return _mount("consensus_room", {"code": code})


def lesion_outline(path: str) -> bool:
    """Mount the check of an outline; True when it is left.

    Parameters
    ----------
    path : route of images and drawing, such as "outlines/17"
    """
    return _mount("lesion_outline", {"path": path})


def _mount(name: str, data: dict[str, Any]) -> bool:
    st.html(_FULL_SCREEN)
    result = _component(name)(key=name, data=data, on_leave_change=lambda: None)
    return bool(result.leave)


@cache
def _component(name: str) -> Any:
    return st.components.v2.component(
        f"dls_{name}", css=stylesheet("viewer.css", "room.css", "roi.css"), js=component_source(f"{name}.js")
    )
