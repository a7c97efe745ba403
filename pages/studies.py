"""Studies: what was planned, who reads which cases, and is the plan frozen?"""

import streamlit as st

from dls.study.accounts import Role
from dls.study.opened import open_study, studies
from dls.study.protocol import title
from dls.ui import context
from dls.ui.session import require
from dls.ui.study_builder import study_builder
from dls.ui.study_cases import exclusion_form, show_flow
from dls.ui.study_protocol import amendment_form, freeze_form, show_versions
from dls.ui.study_readers import override_form, profile_form, show_readers

who = require(Role.INVESTIGATOR, Role.ADMINISTRATOR)
store = context.store()
st.title("Studies")
known = studies(store)
chosen = st.selectbox(
    "Open study",
    list(known),
    index=list(known).index(store.study_id),
    format_func=lambda number: f"{number} · {known[number]}",
    disabled=len(known) == 1,
)
if chosen != store.study_id:
    if st.button("Open it for everybody"):
        open_study(store, chosen, who.id)
        st.rerun()
    st.caption(f"Below is the study that is open now: {title(store)}")

plan, cases, readers, new = st.tabs(["Protocol", "Cases", "Readers", "New study"])
with plan:
    show_versions(store)
    freeze_form(store, who)
    st.subheader("Amend")
    amendment_form(store, who)
    st.subheader("Dry run")
    st.caption("Read a few cases as a reader would. Nothing of it counts in the study.")
    if st.button("Start a dry run", icon=":material/science:"):
        st.switch_page("pages/dry_run.py", query_params={"start": "5"})
with cases:
    show_flow(store)
    exclusion_form(store, who)
with readers:
    show_readers(store)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Profile")
        profile_form(store, who)
    with right:
        st.subheader("Washout")
        override_form(store, who)
with new:
    study_builder(store, who)
