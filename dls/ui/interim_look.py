"""A look at results before the last reading: closed, after a reason, or open, as the protocol says."""

from __future__ import annotations

import streamlit as st

from dls.study.accounts import Account
from dls.study.looks import View, everything_signed, look, results_view
from dls.study.store import Store


def require_view(store: Store, who: Account, page: str) -> None:
    """Stop the page unless the protocol shows its results now; the first look a browser session is recorded.

    Where the protocol asks for a reason, a form takes its place, and the reason holds for the session.
    """
    view = results_view(store)
    if view is View.CLOSED:
        st.info(
            "The protocol keeps results from investigators until every reading is signed. "
            "The Overview page shows how far the readers are."
        )
        st.stop()
    key, given = f"looked at {page}", "reason for interim looks"
    if everything_signed(store) or key in st.session_state:
        return
    if view is View.AFTER_REASON and given not in st.session_state:
        with st.form("interim look"):
            st.info("Readings are still being made. The protocol asks why you look at interim results.")
            reason = st.text_input("Reason")
            if not st.form_submit_button("Look at the results") or not reason.strip():
                st.stop()
        st.session_state[given] = reason
    look(store, page, who.id, st.session_state.get(given, ""))
    st.session_state[key] = True
