"""Pages that follow the study: they run again when something was written to the store."""

from __future__ import annotations

import streamlit as st

from dls.ui import context

POLL_SECONDS = 0.5


def follow_store() -> None:
    """Run this page again within about half a second of any change in the study store.

    Call it first on the page, before the store is read, so that no change falls between.
    The browser tab asks the server twice a second; the server asks the store for its change counter.
    """
    seen = context.store().change_counter()

    @st.fragment(run_every=POLL_SECONDS)
    def watch() -> None:
        if context.store().change_counter() != seen:
            st.rerun(scope="app")

    watch()
