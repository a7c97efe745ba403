"""Readers: is a model as good as the readers for malignancy, and how long do they take?"""

import streamlit as st

from dls.analysis.planning_layout import planning_layout
from dls.analysis.reader_comparison_layout import (
    against_readers_layout,
    areas_layout,
    matched_layout,
    modalities_layout,
)
from dls.analysis.reading_times import time_layout
from dls.analysis.system import Kind
from dls.analysis.undefined import Undefined
from dls.figures.reading_time import time_boxes
from dls.figures.subgroups import area_forest
from dls.ui import results
from dls.ui.result_widgets import choose_system, figure, table

results.open_page("Readers", filtered=True)
models = [s for s in results.study().judges_of_malignancy() if s.kind is Kind.MODEL]

st.subheader("A model against the readers")
if models:
    with st.columns(3)[0]:
        model = choose_system("Model", models, "model")
    found = results.against_readers(model)
    left, right = st.columns(2, gap="medium")
    with left:
        figure(area_forest(found), key="areas", name="malignancy-areas")
        table(areas_layout(found))
    with right:
        table(against_readers_layout(found))
        table(matched_layout(results.matched(model)))
        st.caption(
            "Models A and B: the sum of their probabilities of the malignant classes. "
            "Readers: their confidence for malignancy."
        )
else:
    st.info("No model that judges malignancy has scored these cases: run the models on the Models page.")

st.subheader("Conditions of reading against each other")
compared = results.modalities()
if isinstance(compared, Undefined):
    st.info(
        f"{compared.reason}. A study with the model's opinion, or with several sessions, is compared here."
    )
else:
    table(modalities_layout(compared), both=True)
    with st.columns(3)[0]:
        effect = st.number_input("Difference to find, next time", 0.01, 0.5, 0.05, 0.01, key="effect")
    table(planning_layout(compared.components, effect), both=True)

st.subheader("Reading time")
times = results.times()
figure(time_boxes(times), key="times", name="reading-time")
table(time_layout(times))
