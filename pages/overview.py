"""Overview: who is in the study, and how far has it come?"""

import streamlit as st

from dls.figures.cohort import composition
from dls.ui import results
from dls.ui.result_widgets import figure

results.open_page("Overview", results=False)
study = results.composition()

left, middle, right = st.columns([5, 3, 4], gap="large")
with left:
    st.subheader(f"{study.cases} cases, {study.malignant} malignant")
    figure(composition(study), key="composition", name="composition")
with middle:
    st.subheader("Reading progress")
    for reader in study.progress:
        simulated = f", {reader.simulated} simulated" if reader.simulated else ""
        st.progress(reader.fraction, f"{reader.reader}: {reader.signed} of {reader.cases} signed{simulated}")
with right:
    st.subheader("Flow of cases")
    st.dataframe(
        {"step": [s.name for s in study.flow], "cases": [s.cases for s in study.flow]}, hide_index=True
    )

st.subheader("Composition")
st.dataframe(
    study.composition,
    hide_index=True,
    column_config={
        "share": st.column_config.NumberColumn(format="percent"),
        "histopathology": st.column_config.NumberColumn("proved by histopathology"),
        "median_mm": st.column_config.NumberColumn("median diameter, mm", format="%.0f"),
    },
)
