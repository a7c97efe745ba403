"""Worklist: what is there for me to read?"""

import streamlit as st

from dls.study.accounts import Role
from dls.study.adjudication import adjudicates
from dls.study.protocol import TRAINING, protocol, title
from dls.study.sessions import gate
from dls.ui import context
from dls.ui.reading_progress import reading_progress
from dls.ui.session import require

who = require(Role.READER)
store = context.store()
st.title("Worklist")
st.caption(title(store))
plan = protocol(store)
if who.id not in plan.readers:
    part = "You decide where its readers differ." if adjudicates(plan, who.id) else "You have no part in it."
    st.info(f"You are not one of the readers of this study. {part}")
    if adjudicates(plan, who.id):
        st.page_link("pages/consensus.py", label="To the cases that wait for you", icon=":material/groups:")
    st.stop()
training = [(TRAINING, "Training cases")] if plan.training_cases else []
for number, name in [*training, *((one.number, one.name) for one in plan.sessions)]:
    progress = reading_progress(store, who.id, number)
    with st.container(border=True):
        st.subheader(name)
        st.progress(progress.fraction, progress.text)
        if progress.simulated:
            st.caption(f"{progress.simulated} of the signed readings are simulated: made by the program.")
        if not progress.cases:
            st.info("No case is yours to read yet. The investigator freezes the protocol first.")
            continue
        if progress.next is None:
            st.success("All cases of this session are signed. Thank you.")
            continue
        if waits := gate(store, who.id, number).closed_because:
            st.info(f"{waits}.", icon=":material/schedule:")
            continue
        context.prefetch(progress.next.case_id)
        if st.button(progress.invitation, key=f"read {number}", type="primary", icon=":material/radiology:"):
            st.switch_page("pages/reading_room.py", query_params={"case": progress.next.code})
with st.expander("Keys of the reading room"):
    st.markdown(
        "`1`–`7` class · `Shift` + `1` … `9` `0` confidence 10 … 90, 100 · <code>`</code> confidence 0 · "
        "`[` `]` 5 less, 5 more · `Enter` sign and next case · `u` undo · `c` comment · `p` pause · "
        "`b` case before, to revise · `s` model's saliency, when it is shown\n\n"
        "Wheel or `↑` `↓` slice · drag window, level · right drag zoom · middle or `Space` drag pan · "
        "`m` one series · `i` invert · `o` outline · `d` measure · `x` linked cursor · `r` reset",
        unsafe_allow_html=True,
    )
