"""Pages that follow the study: they run again when something was written to the store."""

from __future__ import annotations

from functools import cache
from typing import Any

import streamlit as st

from dls.ui import context
from dls.ui.assets import component_source


def follow_store() -> None:
    """Run this page again within about half a second of any change in the study store.

    Call it first on the page, before the store is read, so that no change falls between.
    The browser tab asks the route `/changes` twice a second, which costs the page nothing.
    """
    _follower()(
        key="follow store",
        data={"seen": context.store().change_counter()},
        on_changed_change=lambda: None,
    )


@cache
def _follower() -> Any:
    return st.components.v2.component("dls_follow_store", js=component_source("follow_store.js"))
