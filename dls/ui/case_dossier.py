"""One case on the Cases page: images with saliency, scores, readings, consensus, clinical data and truth."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dls.analysis.dossier import Dossier
from dls.clinical import VARIABLES
from dls.figures.case_scores import case_scores
from dls.study.cases import Case
from dls.ui.viewer import case_viewer

RIGHT, WRONG = "✓", "✗"
NO_OVERLAY = "none"


def show_dossier(found: Dossier, case: Case) -> None:
    """Draw everything known of a case."""
    st.subheader(f"{found.code} · {found.truth.label}")
    made = " · simulated images" if case.simulated_images else ""
    st.caption(f"{case.reference_standard} · {case.lesion_mm:.0f} mm · {case.scanner}{made}")
    images, scores = st.columns([7, 3], gap="medium")
    with images:
        letters = [s.system.key for s in found.scores]
        overlay = st.segmented_control(
            "Saliency of model", [NO_OVERLAY, *letters], default=NO_OVERLAY, key="overlay", required=True
        )
        case_viewer(
            found.case_id, key=f"viewer {found.case_id}", overlay=None if overlay == NO_OVERLAY else overlay
        )
    with scores:
        st.plotly_chart(case_scores(found), theme=None, config={"displayModeBar": False}, key="case scores")
    readings, clinical = st.columns(2, gap="medium")
    with readings:
        _show_readings(found)
    with clinical:
        st.markdown("**Clinical data**")
        st.dataframe(_clinical(case), hide_index=True, height="content")


def _show_readings(found: Dossier) -> None:
    st.markdown("**Readings**")
    if found.readings.empty:
        st.info("Nobody has read this case yet.")
        return
    shown = found.readings.assign(
        correct=[RIGHT if right else WRONG for right in found.readings["correct"]],
        simulated=["simulated" if made else "" for made in found.readings["simulated"]],
    )
    st.dataframe(
        shown,
        hide_index=True,
        column_config={
            "correct": st.column_config.TextColumn("", width="small"),
            "malignancy": st.column_config.NumberColumn("malignancy, 0–100", format="%.0f"),
            "seconds": st.column_config.NumberColumn("active s", format="%.0f"),
            "simulated": st.column_config.TextColumn(""),
        },
    )
    agreed = found.consensus
    if agreed is None:
        st.caption("No consensus yet.")
    else:
        made = ", simulated" if agreed.simulated else ""
        st.caption(
            f"Consensus: **{agreed.label}** {RIGHT if agreed.correct else WRONG} ({agreed.mode}{made})"
        )


def _clinical(case: Case) -> pd.DataFrame:
    rows = [(v.label, _printed(case.clinical.get(v.name)), v.unit) for v in VARIABLES]
    return pd.DataFrame(rows, columns=["variable", "value", "unit"])


def _printed(value: object) -> str:
    if value is None:
        return "missing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
