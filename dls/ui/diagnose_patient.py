"""One patient on the Diagnose page: outline, clinical form, asking the models."""

from __future__ import annotations

import threading

import streamlit as st

from dls.clinical import VARIABLES, ClinicalRecord, doubts
from dls.diagnosis.answers import Asking, load_answers
from dls.diagnosis.patients import Patient, find, note_clinical
from dls.errors import DLSError
from dls.nn.case_inference import prepare_networks
from dls.nn.package import ModelPackage
from dls.study.accounts import Account
from dls.ui import context, job_queue
from dls.ui.diagnose_result import show_result
from dls.ui.diagnose_steps import Step, go_to, research_use_only, show_steps, step_of
from dls.ui.import_form import clinical_fields, looked_at, show_coding_table
from dls.ui.model_registry import packages_in_use
from dls.ui.rooms import lesion_outline

_LOOK_S = 0.4
_ASKINGS: dict[str, Asking] = {}
"""What is being asked now, by patient; outlives the page that asked."""
_LOCK = threading.Lock()


def show_patient(patient_id: str, who: Account) -> None:
    """The step that the patient is at, or the one that the address names."""
    try:
        patient = find(context.home(), patient_id)
    except DLSError as error:
        research_use_only()
        st.error(str(error))
        return
    step = step_of(patient)
    if step is Step.OUTLINE:
        _prepare_models()
        if lesion_outline(f"diagnosis/{patient.id}/outline"):
            _leave_outline(find(context.home(), patient.id))
        return
    research_use_only()
    if st.button("All patients", icon=":material/arrow_back:"):
        st.query_params.clear()
        st.rerun()
    st.title(patient.name)
    show_steps(step)
    if step is Step.CLINICAL:
        _prepare_models()
        _clinical_form(patient, who)
    else:
        _result(patient, who)


def _leave_outline(patient: Patient) -> None:
    """On to the next step; without an outline, back to the list."""
    if patient.outlined:
        go_to(Step.CLINICAL if patient.clinical is None else Step.RESULT)
    st.query_params.clear()
    st.rerun()


def _clinical_form(patient: Patient, who: Account) -> None:
    st.write("Leave empty what is not known: it is missing, and the models are told so.")
    values, refused = clinical_fields(patient.id, patient.clinical)
    with st.expander("Coding table"):
        show_coding_table()
    known = sum(value is not None for value in values.values())
    st.caption(
        f"{known} of {len(VARIABLES)} values are entered; {len(VARIABLES) - known} are missing."
        + ("" if known else " Models F and G cannot be asked without any.")
    )
    sure = True
    if refused:
        st.caption(f"To be corrected: {', '.join(refused)}.")
    else:
        sure = looked_at(doubts(ClinicalRecord.from_dict(values)), f"sure {patient.id}")
    run, outline = st.columns([1, 1])
    if run.button(
        "Run the models", type="primary", icon=":material/play_arrow:", disabled=bool(refused) or not sure
    ):
        try:
            _ask(note_clinical(context.store(), patient, ClinicalRecord.from_dict(values), who.id), who)
        except DLSError as error:
            st.error(str(error))
            return
        go_to(Step.RESULT)
    if outline.button("Change the outline", icon=":material/draw:"):
        go_to(Step.OUTLINE)


def _result(patient: Patient, who: Account) -> None:
    asking = _ASKINGS.get(patient.id)
    if asking is not None and not asking.over:
        _follow(patient.id)
        return
    answers = load_answers(patient)
    if answers is not None:
        show_result(patient, answers, who)
        return
    if asking is not None and asking.error:
        st.error(asking.error)
    st.info("The models were not asked yet about these images, this outline and these clinical data.")
    run, clinical, outline = st.columns(3)
    if run.button("Run the models", type="primary", icon=":material/play_arrow:", width="stretch"):
        try:
            _ask(patient, who)
        except DLSError as error:
            st.error(str(error))
            return
        st.rerun()
    if clinical.button("Change the clinical data", icon=":material/edit:", width="stretch"):
        go_to(Step.CLINICAL)
    if outline.button("Change the outline", icon=":material/draw:", width="stretch"):
        go_to(Step.OUTLINE)


def _ask(patient: Patient, who: Account) -> None:
    """Begin, unless the models are being asked about this patient already."""
    with _LOCK:
        going = _ASKINGS.get(patient.id)
        if going is None or going.over:
            _ASKINGS[patient.id] = Asking(
                job_queue.worker(),
                context.store(),
                context.home(),
                patient,
                packages=packages_in_use(),
                by=who.id,
            )


@st.fragment(run_every=_LOOK_S)
def _follow(patient_id: str) -> None:
    """Progress of the asking, until it is over."""
    asking = _ASKINGS[patient_id]
    if asking.over:
        st.rerun()
    share = min(asking.done / asking.total, 1.0) if asking.total else 0.0
    counted = f": {asking.done} of {asking.total}" if asking.total else ""
    st.progress(share, f"{asking.step.capitalize()}{counted} · {asking.seconds:.0f} s")
    if st.button("Stop", icon=":material/stop:"):
        asking.stop()


def _prepare_models() -> None:
    """Have the networks loaded while somebody draws and types; once for each set of packages."""
    folders = {k: p.folder for k, p in packages_in_use().items() if isinstance(p, ModelPackage)}
    mark = tuple(p.sha256 for p in packages_in_use().values() if isinstance(p, ModelPackage))
    with _LOCK:
        if mark and _PREPARED.get("for") != mark:
            _PREPARED["for"] = mark
            job_queue.worker().submit(prepare_networks, folders)


_PREPARED: dict[str, tuple[str, ...]] = {}
