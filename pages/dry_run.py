"""Dry run: what will a reader meet?"""

import streamlit as st

from dls.errors import DLSError
from dls.study.accounts import Role
from dls.study.dry_run import start_dry_run
from dls.study.reading import next_assignment
from dls.ui import context
from dls.ui.rooms import reading_room
from dls.ui.session import require

who = require(Role.INVESTIGATOR, Role.ADMINISTRATOR)
store = context.store()
if "start" in st.query_params:
    try:
        start_dry_run(store, who.id)
    except DLSError as error:
        st.error(str(error))
        st.stop()
    st.query_params.pop("start")
code = st.query_params.get("case")
if code is None:
    following = next_assignment(store, who.id)
    code = following.code if following else None
if code is None:
    st.title("Dry run")
    st.info("A dry run shows cases as a reader meets them. Nothing that is read in it counts in the study.")
    if st.button("Start a dry run of five cases", icon=":material/science:"):
        st.query_params["start"] = "5"
        st.rerun()
    st.stop()
if reading_room(code):
    st.switch_page("pages/studies.py")
