"""Models: which packages does the study use, where do they come from, and what else could it use?"""

import streamlit as st

from dls.study.accounts import Role
from dls.ui import job_queue, live, model_registry
from dls.ui.session import require

who = require(Role.INVESTIGATOR, Role.ADMINISTRATOR)
administrator = who.role is Role.ADMINISTRATOR
st.title("Models")
live.follow_jobs()

st.subheader("In use")
model_registry.show_packages_in_use()
if administrator:
    model_registry.show_actions()

st.subheader("Packages")
if administrator:
    model_registry.show_upload()
else:
    st.caption("The administrator uploads packages and chooses them.")
model_registry.show_registry(may_choose=administrator)

st.subheader("Jobs")
job_queue.show_jobs(may_cancel=administrator)
