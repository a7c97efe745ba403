"""The list of cases by mismatch, and the way into one."""

from __future__ import annotations

import streamlit as st

from dls.errors import DLSError
from dls.study.cases import codes
from dls.ui import context
from dls.ui.mismatch import KeptMismatches, check_list, kept_mismatches, mismatch_of


def opened_case() -> int | None:
    """The case that the page's address names; None for the list, also where there is no such case."""
    wanted = st.query_params.get("case", "")
    if not wanted.isascii() or not wanted.isdigit():
        return None
    return int(wanted) if int(wanted) in codes(context.store()) else None


def score_cases() -> KeptMismatches:
    """A button that computes what is missing, with progress; choosing anything else on the page ends it.

    Returns what is computed now.
    """
    kept = kept_mismatches(context.archive())
    missing = {case_id: code for case_id, code in codes(context.store()).items() if case_id not in kept}
    if not missing:
        return kept
    if not st.button(f"Compute the mismatch of {len(missing)} cases", icon=":material/compare:"):
        return kept
    bar, failed = st.progress(0.0), []
    for done, (case_id, code) in enumerate(missing.items()):
        bar.progress(done / len(missing), f"{code}: {done} of {len(missing)} done")
        try:
            mismatch_of(context.ensure_regions(case_id), case_id)
        except DLSError as error:
            failed.append(f"{code}: {error}")
    bar.empty()
    for message in failed:
        st.error(message)
    return kept_mismatches(context.archive())


def choose_case(kept: KeptMismatches) -> None:
    """The table; a chosen row opens its case.

    Parameters
    ----------
    kept : of `score_cases`
    """
    listed = check_list(kept)
    shown = listed.assign(
        score=100 * listed["score"],
        look=listed["look"].map({True: "⚑ look", False: ""}),
        distance=listed["distance"],
    )
    event = st.dataframe(
        shown,
        hide_index=True,
        height=600,
        on_select="rerun",
        selection_mode="single-row",
        key="outline_cases",
        placeholder="",
        column_order=["code", "sequence", "score", "distance", "look", "version"],
        column_config={
            "look": st.column_config.TextColumn("To look at", width="small"),
            "code": "Case",
            "sequence": "Worst sequence",
            "score": st.column_config.ProgressColumn(
                "Mismatch", format="%.0f %%", min_value=0, max_value=100
            ),
            "distance": st.column_config.NumberColumn("Better by", format="%.0f mm"),
            "version": st.column_config.NumberColumn("Version", help="0: as it came with the images"),
        },
    )
    if event.selection.rows:
        st.query_params["case"] = str(shown.index[event.selection.rows[0]])
        st.rerun()
