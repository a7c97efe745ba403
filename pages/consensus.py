"""Consensus: on which cases do we differ, and what do we decide together?"""

import streamlit as st

from dls.domain import LesionClass
from dls.study.accounts import Role
from dls.study.consensus import queue
from dls.study.protocol import protocol
from dls.ui import context
from dls.ui.live import follow_store
from dls.ui.rooms import consensus_room
from dls.ui.session import require

who = require(Role.READER)
code = st.query_params.get("case")
if code is not None:
    if consensus_room(code):
        st.switch_page("pages/consensus.py")
    st.stop()

follow_store()
waiting = queue(context.store(), who.id)
mode = protocol(context.store()).consensus_mode
st.title("Consensus")
st.caption(
    f"Cases that every reader has signed and on which the classes differ. Mode: {mode}. "
    "The answers are shown without names; the readings themselves stay as they were signed."
)
if not waiting:
    st.success("No case waits for a decision.")
    st.stop()
st.subheader(f"{len(waiting)} {'case waits' if len(waiting) == 1 else 'cases wait'} for a decision")
for number, found in enumerate(waiting, start=1):
    answers, action, _ = st.columns([3, 1, 2], vertical_alignment="center")
    simulated = " · simulated readings" if found.simulated else ""
    answers.markdown(f"**{number}** · " + " · ".join(LesionClass(a).label for a in found.answers) + simulated)
    if action.button("Decide", key=f"decide {found.code}"):
        st.switch_page("pages/consensus.py", query_params={"case": found.code})
