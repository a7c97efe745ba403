"""One case on the Cases page: images with saliency, scores, readings, consensus, clinical data and truth."""

from __future__ import annotations

import math
from urllib.parse import urlencode

import streamlit as st

from dls.analysis.dossier import Dossier
from dls.analysis.dossier_layout import readings_layout
from dls.domain import MODELS, Sequence, Task, applicable_models
from dls.figures.case_scores import case_scores
from dls.figures.html_table import html_table
from dls.study.cases import Case
from dls.ui import context
from dls.ui.contributions import contribution_charts, show_charts
from dls.ui.patient_facts import clinical_layout
from dls.ui.result_widgets import MARK
from dls.ui.saliency_choice import choose_overlay
from dls.ui.trust import show_trust
from dls.ui.viewer import case_viewer


def show_dossier(found: Dossier, case: Case) -> None:
    """Draw everything known of a case."""
    st.subheader(f"{found.code} · {found.truth.label}")
    made = " · simulated images" if case.simulated_images else ""
    size = "" if math.isnan(case.lesion_mm) else f" · {case.lesion_mm:.0f} mm"
    st.caption(f"{case.reference_standard}{size} · {case.scanner}{made}")
    _show_standing(found)
    called = {s.system.key: s.called for s in found.scores}
    overlay = choose_overlay(called, key="overlay", bind="query-params")
    case_viewer(found.case_id, key=f"viewer {found.case_id}", overlay=overlay)
    readings, scores, clinical = st.columns([5, 4, 4], gap="medium")
    with readings:
        st.html(html_table(readings_layout(found), narrow=True))
        show_trust(found, case)
    with scores:
        st.markdown("**Scores of the models**")
        st.plotly_chart(case_scores(found), theme=None, config={"displayModeBar": False}, key="case scores")
        _show_not_applicable(case.id)
    with clinical:
        st.html(html_table(clinical_layout(case.clinical)))
    charts = contribution_charts(called, context.features(), case.id)
    show_charts(st.columns(2, gap="medium"), charts)


def _show_standing(found: Dossier) -> None:
    """Links to the figures of all cases, in which this one is marked."""
    tasks = [t for t in Task if t.target(found.truth) is not None]
    asked = [("feature map", "feature_map", {"model": s.system.name}) for s in found.scores[:1]]
    for name, page in (("ROC", "accuracy"), ("confusion matrix", "agreement")):
        asked += [(f"{name}, {task}", page, {"classification": task.value}) for task in tasks]
    links = [
        f"<a href='{page}?{urlencode({**query, MARK: found.case_id})}' target='_self'>{name}</a>"
        for name, page, query in asked
    ]
    st.html(f"<small>Where it stands among all cases: {' · '.join(links)}</small>")


def _show_not_applicable(case_id: int) -> None:
    """Models that cannot run because a sequence of the case is missing; nothing for a complete case."""
    archive = context.archive()
    if not archive.has(case_id):
        return
    there = [Sequence(entry["name"]) for entry in archive.geometry(case_id)["sequences"]]
    missing = [str(s) for s in Sequence if s not in there]
    if missing:
        letters = [letter for letter in MODELS if letter not in applicable_models(there)]
        st.caption(f"Not applicable without {', '.join(missing)}: models {', '.join(letters)}.")
