"""Audit: who did what, and is every record as it was written?"""

import streamlit as st

from dls.study.accounts import Role
from dls.ui import context
from dls.ui.audit_trail import check_trail, downloads, show_trail
from dls.ui.session import require

who = require(Role.INVESTIGATOR, Role.ADMINISTRATOR)
store = context.store()
st.title("Audit and backup")
check_trail(store)
if who.role is Role.ADMINISTRATOR:
    with st.container(horizontal=True):
        downloads(store, who)
show_trail(store)
