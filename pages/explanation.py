"""Explanation: what do the models look at, and do the maps depend on what they learned?"""

import streamlit as st

from dls.jobs import explanations as work
from dls.ui import explanations, job_queue, live, results

who = results.open_page("Explanation")
live.follow_jobs()
chosen = explanations.choose_explained()
if chosen is not None:
    explanations.show_explanation(*chosen, who)
    st.subheader("All models and methods")
    explanations.show_overview()
st.subheader("Jobs")
job_queue.show_jobs(may_cancel=True, kinds=(work.KIND,))
