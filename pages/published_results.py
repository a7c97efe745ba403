"""Published results: what did the paper print, does it follow from its counts, what do we find?"""

import streamlit as st

from dls.analysis.published_layout import published_layout
from dls.analysis.system import CONSENSUS
from dls.ui import results
from dls.ui.result_widgets import table

results.open_page("Published results", filtered=True)
published = results.published()

summary = published.summary
for place, (kind, row) in zip(st.columns(len(summary)), summary.iterrows(), strict=True):
    place.metric(kind, f"{row['reproduced']} of {row['printed']}", help="printed figures that hold")

number = st.segmented_control(
    "Table", ["1", "2", "3", "4"], default="1", key="table", bind="query-params", required=True
)
study = results.study()
systems = (*study.models, *study.readers, CONSENSUS)
table(published_layout(number, published, results.long_form(number), systems))
