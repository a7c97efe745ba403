"""What stands in a page's address, so that a view can be shared."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from dls.analysis.case_filter import QueryParameters


def put(names: Iterable[str], query: QueryParameters) -> None:
    """Make the parameters of these names what the query has of them; all others stay, widgets' among them."""
    for name in names:
        if name in query:
            st.query_params[name] = query[name]
        elif name in st.query_params:
            del st.query_params[name]
