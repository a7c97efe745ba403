"""Consensus: on which cases do we differ, and what do we decide together?"""

import streamlit as st

from dls.domain import LesionClass
from dls.study.accounts import Role
from dls.study.adjudication import adjudicates, adjudicator_queue
from dls.study.consensus import queue
from dls.study.protocol import protocol
from dls.ui import context
from dls.ui.live import follow_store
from dls.ui.rooms import consensus_room
from dls.ui.session import require

MODES = {
    "joint": "Those who differ decide together",
    "majority": "The majority's class holds; where there is none, those who differ decide together",
    "adjudicator": "An adjudicator decides",
}
ACTIONS = {"reread": "Read again", "waiting": "Look", "decision": "Decide"}

who = require(Role.READER)
code = st.query_params.get("case")
if code is not None:
    if consensus_room(code):
        st.switch_page("pages/consensus.py")
    st.stop()

st.title("Consensus")
follow_store()
store = context.store()
plan = protocol(store)
adjudicator = adjudicates(plan, who.id)
waiting = adjudicator_queue(store, who.id) if adjudicator else queue(store, who.id)
first = "each first reads the case again alone, then " if plan.consensus_reread else ""
st.caption(
    "Cases that every reader has signed, in every session, and on which the classes differ. "
    f"{MODES[plan.consensus_mode]}{f'; {first}all see the answers' if first else ''}. "
    "Answers are shown without names; the readings themselves stay as they were signed."
)
if not waiting:
    st.success("No case waits for a decision.")
    st.stop()
st.subheader(f"{len(waiting)} {'case waits' if len(waiting) == 1 else 'cases wait'} for a decision")
for number, found in enumerate(waiting, start=1):
    answers, action, _ = st.columns([3, 1, 2], vertical_alignment="center")
    calls = " · ".join(LesionClass(a).label for a in (found.rereads or found.answers))
    told = {"reread": "to be read again", "waiting": f"{found.reread} of {found.readers} have read it again"}
    simulated = " · simulated readings" if found.simulated else ""
    answers.markdown(f"**{number}** · " + told.get(found.due, calls) + simulated)
    if action.button(ACTIONS[found.due], key=f"decide {found.code}"):
        st.switch_page("pages/consensus.py", query_params={"case": found.code})
