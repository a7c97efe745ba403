"""Validate the statistics: does this installation reproduce published figures?"""

import streamlit as st

from dls.analysis.validation import validate_statistics
from dls.analysis.validation_layout import validation_layout
from dls.study.accounts import Role
from dls.ui.result_widgets import table
from dls.ui.session import require

require(Role.INVESTIGATOR, Role.ADMINISTRATOR)
st.title("Validate the statistics")
st.caption(
    "Figures from papers and from established programs, recomputed here and now from the same data. "
    "Every figure names its source."
)

if st.button("Recompute every figure", type="primary", icon=":material/play_arrow:"):
    bar = st.progress(0.0)
    found = validate_statistics(progress=lambda done, total, what: bar.progress(done / total, what))
    bar.empty()
    st.session_state["validation"] = found

if "validation" in st.session_state:
    found = st.session_state["validation"]
    if found.passed:
        st.success("Every figure is reproduced.")
    else:
        st.error("Some figures are not reproduced; they are marked ✗.")
    table(validation_layout(found), of_study=False)
