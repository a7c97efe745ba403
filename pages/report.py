"""Report: the manuscript's tables and figures in one click."""

import streamlit as st

from dls.ui import report_maker, results

results.open_page("Report")

st.markdown(
    "Tables 1–4; as supplement, each where the study has it, the cohort, agreement between readers and with "
    "oneself, models against the mean of the readers, conditions of reading, readers with the model, reading "
    "time, calibration, net benefit and subgroups. Flow of cases, ROC and confusion panels, decision curves, "
    "subgroups, t-SNE maps, mean saliency of each class; methods with sources; STARD-AI and CLAIM checklists "
    "with what the system knows. As Word, PDF and HTML; every figure also as SVG and as PNG of 300 dpi, "
    "every table as CSV. The same data give the same files, byte for byte."
)
if st.button("Make the report", type="primary", icon=":material/description:"):
    report_maker.make_report()
made = report_maker.made_report()
if made is not None:
    report_maker.show_downloads(made)
