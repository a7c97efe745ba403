"""Calibration: can the probabilities be taken at their word, and is it useful to act on them?"""

import streamlit as st

from dls.analysis.calibrated import calibrated_systems
from dls.analysis.calibrated_layout import calibration_layout, decision_layout
from dls.analysis.system import Kind
from dls.figures.calibration import decision_figure, reliability_panels
from dls.ui import results
from dls.ui.result_widgets import choose_system, figure, table

results.open_page("Calibration", filtered=True)
tasks = dict(calibrated_systems(results.study()))
if not tasks:
    st.info("There are no probabilities yet: run the models on the Models page, or wait for the readers.")
    st.stop()

st.subheader("Reliability")
with st.columns(3)[0]:
    system = choose_system("Probabilities of", list(tasks), "system")
found = results.calibration(system, tasks[system])
figure(reliability_panels(found), key=f"reliability {system.key}", name=f"reliability-{system.key}")
st.caption(
    "Up to ten groups of equally many cases, with 95% intervals of Wilson. On the diagonal a probability is "
    "right; above it, too low. A click on a point opens its cases."
)
table(calibration_layout(found))

st.subheader("Decision curve for malignancy")
models = [s for s in results.study().judges_of_malignancy() if s.kind is Kind.MODEL]
if models:
    with st.columns(3)[0]:
        first = choose_system("95% band for", models, "band")
    decided = results.decisions(first)
    figure(decision_figure(decided), key=f"decision {first.key}", name="decision-curve")
    table(decision_layout(decided))
else:
    st.info("No model that judges malignancy has scored these cases.")
