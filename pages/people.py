"""People: who may sign in, and what may they do?"""

import streamlit as st

from dls.study.accounts import Role
from dls.ui import context
from dls.ui.people import account_actions, invitation_form, show_accounts
from dls.ui.session import require

who = require(Role.ADMINISTRATOR)
store = context.store()
st.title("People")
everybody = show_accounts(store)
left, right = st.columns(2, gap="large")
with left:
    st.subheader("Invite somebody")
    invitation_form(store, who)
with right:
    st.subheader("Change an account")
    account_actions(store, everybody, who)
