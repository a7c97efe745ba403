"""Worklist: what is there for me to read?"""

import streamlit as st

from dls.study.accounts import Role
from dls.study.protocol import protocol, title
from dls.ui import context
from dls.ui.reading_progress import reading_progress
from dls.ui.session import require

who = require(Role.READER)
store = context.store()
st.title("Worklist")
st.caption(title(store))
for plan in protocol(store).sessions:
    progress = reading_progress(store, who.id, plan.number)
    with st.container(border=True):
        st.subheader(plan.name)
        st.progress(progress.fraction, progress.text)
        if progress.simulated:
            st.caption(f"{progress.simulated} of the signed readings are simulated: made by the program.")
        if progress.next is None:
            st.success("All cases of this session are signed. Thank you.")
            continue
        context.prefetch(progress.next.case_id)
        if st.button(
            progress.invitation, key=f"read {plan.number}", type="primary", icon=":material/radiology:"
        ):
            st.switch_page("pages/reading_room.py", query_params={"case": progress.next.code})
with st.expander("Keys of the reading room"):
    st.markdown(
        "`1`–`7` class · `Shift` + `1` … `9` `0` confidence 10 … 90, 100 · <code>`</code> confidence 0 · "
        "`[` `]` 5 less, 5 more · `Enter` sign and next case · `u` undo · `c` comment · `p` pause\n\n"
        "Wheel or `↑` `↓` slice · drag window, level · right drag zoom · middle or `Space` drag pan · "
        "`m` one series · `i` invert · `o` outline · `d` measure · `x` linked cursor · `r` reset",
        unsafe_allow_html=True,
    )
