"""The end of the Diagnose page: the patient becomes a case of the study, or is deleted."""

from __future__ import annotations

import streamlit as st

from dls.diagnosis.case_saving import save_as_case
from dls.diagnosis.patients import Patient, remove
from dls.errors import ConflictError, DLSError
from dls.intake.case_import import IMAGE_SOURCE
from dls.intake.clinical_table import case_doubts
from dls.intake.truth import checked_standard
from dls.study.accounts import Account
from dls.study.cases import NewCase, refuse_after_order
from dls.ui import context
from dls.ui.import_form import looked_at, truth_fields


def show_saving(patient: Patient, who: Account) -> None:
    """Save as a case, and delete, each behind its own step."""
    with st.expander("Save as a case of the study", icon=":material/library_add:"):
        if patient.saved_case is not None:
            _show_saved(patient)
        elif _open():
            _save(patient, who)
    with st.expander("Delete this patient", icon=":material/delete:"):
        st.write(
            "Images, outline, clinical data and the models' answers are deleted for good"
            + (". The case of the study stays." if patient.saved_case is not None else ".")
        )
        sure = st.checkbox("Yes, delete all of it", key=f"delete {patient.id}")
        if st.button("Delete", disabled=not sure, icon=":material/delete:"):
            remove(context.store(), context.home(), patient, who.id)
            st.query_params.clear()
            st.rerun()


def _open() -> bool:
    """Whether the study takes new cases; why not is said."""
    store = context.store()
    try:
        with store.read() as connection:
            refuse_after_order(connection, store.study_id)
    except ConflictError as error:
        st.info(f"{error} The patient stays here.")
        return False
    return True


def _show_saved(patient: Patient) -> None:
    cases = context.store().cases()
    if patient.saved_case is None or patient.saved_case not in cases.index:
        st.write("The patient was saved as a case of another study.")
        return
    code = str(cases.loc[patient.saved_case, "code"])
    st.write(f"The patient is case {code} of the study.")
    if st.button("See the case", icon=":material/folder_open:"):
        st.switch_page("pages/cases.py", query_params={"case": str(patient.saved_case)})


def _save(patient: Patient, who: Account) -> None:
    st.write(
        "A case needs its truth. Images, outline and clinical data come along; the models' answers do not: "
        "the study's own run of the models scores the case."
    )
    try:
        case = _case(patient)
    except DLSError as error:
        st.error(str(error))
        return
    if case is None:
        st.caption("All four are needed.")
        return
    sure = looked_at(case_doubts(case), f"case {patient.id}")
    if not st.button("Save as a case", type="primary", icon=":material/check:", disabled=not sure):
        return
    try:
        with st.spinner("Saving"):
            save_as_case(context.store(), context.home(), patient, case, by=who.id)
    except DLSError as error:
        st.error(str(error))
    else:
        st.rerun()


def _case(patient: Patient) -> NewCase | None:
    """The case of the fields; None while one of them is empty.  Raises DLSError where they do not fit."""
    code, lesion, standard, diameter = truth_fields(patient.id)
    if not code or lesion is None or standard is None or diameter is None:
        return None
    checked_standard(lesion, standard)
    clinical = dict(patient.clinical or {})
    return NewCase(
        code, lesion, standard, diameter, patient.scanner, clinical, IMAGE_SOURCE, simulated_images=False
    )
