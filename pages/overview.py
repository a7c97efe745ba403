"""Overview: who is in the study, and how far has it come?"""

import streamlit as st

from dls.analysis.cohort_layout import composition_layout, flow_layout
from dls.figures.cohort import composition
from dls.ui import results
from dls.ui.result_widgets import figure, table

results.open_page("Overview", results=False, filtered=True)
study = results.composition()

left, right = st.columns([4, 3], gap="large")
with left:
    st.subheader("Cases by class")
    figure(composition(study), key="composition", name="composition")
    table(composition_layout(study))
with right:
    st.subheader("Reading progress")
    for reader in study.progress:
        done = f"{reader.reader}: {reader.signed} of {reader.cases} signed"
        simulated = f", {reader.simulated} of them simulated" if reader.simulated else ""
        st.progress(reader.fraction, done + simulated)
    table(flow_layout(study))
