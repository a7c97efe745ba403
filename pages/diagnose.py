"""Diagnose: what do the models say of a new patient, and how far can that be trusted?"""

import streamlit as st

from dls.study.accounts import Role
from dls.ui.diagnose_patient import show_patient
from dls.ui.diagnose_start import begin, confirm
from dls.ui.diagnose_steps import research_use_only
from dls.ui.session import require

who = require(Role.INVESTIGATOR, Role.ADMINISTRATOR)
if patient := st.query_params.get("patient"):
    show_patient(patient, who)
elif delivery := st.query_params.get("delivery"):
    research_use_only()
    confirm(delivery, who)
else:
    research_use_only()
    begin()
