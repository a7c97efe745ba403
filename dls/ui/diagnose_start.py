"""The first steps of the Diagnose page: images come in, series are confirmed; and the patients there are."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dls.diagnosis.answers import load_answers
from dls.diagnosis.patients import LONGEST_LABEL, Patient, admit, patients
from dls.domain import Sequence
from dls.errors import DLSError
from dls.imaging.delivery import load
from dls.study.accounts import Account, accounts
from dls.ui import context, import_lists, import_pacs, import_sources
from dls.ui.diagnose_steps import Step, show_steps
from dls.ui.import_series import confirm_series


def begin() -> None:
    """Upload or fetch a patient's images, or go on with a patient who is there."""
    st.title("Diagnose")
    st.write(
        "What do the study's models say of a new patient? The patient is kept apart from the study: in no "
        "case list, no worklist and no statistic. Images are de-identified as they arrive."
    )
    upload, server = st.tabs(["Upload", "Image server"])
    with upload:
        import_sources.upload()
    with server:
        import_pacs.image_server()
    _show_patients()


def confirm(delivery_id: str, who: Account) -> None:
    """Which series is which; then the patient is there, to be outlined."""
    if st.button("Back", icon=":material/arrow_back:"):
        st.query_params.clear()
        st.rerun()
    st.title("New patient")
    show_steps(Step.SEQUENCES)
    try:
        delivery = load(context.home(), delivery_id)
    except DLSError as error:
        st.error(str(error))
        return
    import_lists.show_received(delivery)
    confirmed = confirm_series(delivery)
    label = st.text_input(
        "Label",
        key=f"label {delivery_id}",
        max_chars=LONGEST_LABEL,
        placeholder="for example: conference, third case",
        help="To find the patient again. No name and no number of the hospital.",
    )
    has_t2 = confirmed is not None and Sequence.T2 in confirmed.stacks
    if not st.button("Outline the lesion", type="primary", icon=":material/draw:", disabled=not has_t2):
        return
    assert confirmed is not None
    try:
        with st.spinner("Reading the images"):
            made = admit(context.store(), context.home(), delivery, confirmed, label=label, by=who.id)
    except DLSError as error:
        st.error(str(error))
        return
    st.query_params.from_dict({"patient": made.id})
    st.rerun()


def _show_patients() -> None:
    found = patients(context.home())
    st.subheader("Recent patients")
    if not found:
        st.caption("Nobody yet. A patient stays here until deleted.")
        return
    names = {a.account.id: a.account.name for a in accounts(context.store())}
    rows = [
        {
            "patient": p.name,
            "brought in": pd.Timestamp(p.made_at),
            "by": names.get(p.made_by or 0, "a program"),
            "sequences": len(p.sequences),
            "next": _next(p),
        }
        for p in found
    ]
    st.caption("A click on a row opens the patient.")
    clicked = st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key="patients",
        column_config={"brought in": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm")},
    )
    for row in clicked.selection.rows:
        st.query_params.from_dict({"patient": found[row].id})
        st.rerun()


def _next(patient: Patient) -> str:
    """What is to be done next with a patient."""
    if not patient.outlined:
        return "outline the lesion"
    if patient.clinical is None:
        return "clinical data"
    if load_answers(patient) is None:
        return "ask the models"
    return "result is there" if patient.saved_case is None else "saved as a case"
