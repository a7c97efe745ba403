"""With the model: what does the model's opinion change for the readers?"""

import streamlit as st

from dls.errors import InputError
from dls.ui import results
from dls.ui.result_widgets import table

results.open_page("With the model", filtered=True)
place = st.empty()
threshold = place.slider(
    "Threshold for the net benefit",
    0.05,
    0.95,
    0.5,
    0.05,
    help="Probability of malignancy at which acting and not acting weigh the same.",
)
try:
    found = results.aided(threshold)
except InputError as error:
    place.info(f"{error.message}.")
    st.stop()
table(found, both=True)
