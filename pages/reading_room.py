"""Reading room: which of the seven classes is this lesion, and how sure am I that it is malignant?"""

import streamlit as st

from dls.study.accounts import Role
from dls.study.reading import next_assignment
from dls.ui import context
from dls.ui.rooms import reading_room
from dls.ui.session import require

who = require(Role.READER)
code = st.query_params.get("case")
if code is None:
    following = next_assignment(context.store(), who.id)
    if following is None:  # all signed, or the next session is not open yet: the worklist says which
        st.switch_page("pages/worklist.py")
    code = following.code
if reading_room(code):
    st.switch_page("pages/worklist.py")
