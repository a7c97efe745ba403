"""Report: the manuscript's tables and figures in one click."""

import streamlit as st

from dls.ui import report_maker, results

results.open_page("Report")

st.markdown(
    "Tables 1–4 with the cohort and the agreement between readers; flow of cases, ROC and confusion panels, "
    "t-SNE maps, mean saliency of each class; methods with sources; STARD-AI and CLAIM checklists with what "
    "the system knows. As Word, PDF and HTML; every figure also as SVG and as PNG of 300 dpi, every table as "
    "CSV. The same data give the same files, byte for byte."
)
if st.button("Make the report", type="primary", icon=":material/description:"):
    report_maker.make_report()
made = report_maker.made_report()
if made is not None:
    report_maker.show_downloads(made)
