"""Feature map: do the models' features tell the classes apart?"""

import streamlit as st

from dls.analysis.system import model
from dls.domain import MODELS
from dls.figures.feature_map import feature_map_figure
from dls.jobs import feature_maps
from dls.ui import feature_quality, job_queue, live, results
from dls.ui.result_widgets import choose_system, figure, marked_case

METHODS = {"t-SNE": "tsne", "UMAP": "umap"}

who = results.open_page("Feature map", filtered=True)
live.follow_jobs()

left, right = st.columns(2)
with left:
    system = choose_system("Features of", [model(letter) for letter in MODELS], "model")
with right:
    method = st.selectbox("Map", list(METHODS), key="map", bind="query-params")

found = results.map_of_features(system.key, METHODS[method])
drawn = feature_map_figure(found, method, marked_case())
figure(drawn, key="map figure", name=f"{METHODS[method]}-{system.key}", pictures=True)
st.caption(
    f"{len(found.points):,} image groups of {found.cases} cases; last hidden layer of {system.name}. "
    "Computed beforehand and stored. The pointer on a point shows its lesion, a click opens its case."
)
if results.part() is not None:
    st.caption("The numbers below are of the whole study.")
feature_quality.show_quality(system.key, METHODS[method], method)
feature_quality.show_map_actions(system.key, METHODS[method], who)
job_queue.show_jobs(may_cancel=True, kinds=(feature_maps.MAP_KIND, feature_maps.PROJECT_KIND))
