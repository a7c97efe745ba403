"""The part of the Import page that finds studies on image servers and fetches them in the background."""

from __future__ import annotations

import streamlit as st

from dls.errors import DLSError
from dls.imaging.pacs.background import Fetching
from dls.imaging.pacs.peers import PacsStudy, Peer, Query
from dls.imaging.pacs.settings import known_peers
from dls.imaging.pacs.transfer import find
from dls.ui import context

_FETCHING, _FOUND = "pacs fetching", "pacs found"
_LOOK_S = 1.0


def image_server() -> None:
    """Find a study and fetch it; afterwards the query parameter `delivery` names what was received."""
    fetching: Fetching | None = st.session_state.get(_FETCHING)
    if fetching is not None:
        _follow()
        return
    try:
        peers = known_peers(context.settings().pacs)
    except DLSError as error:
        st.error(str(error))
        return
    if not peers:
        st.caption("No image server is configured: describe one in `dls.toml`, as `[pacs.NAME]`.")
        return
    _search(peers)
    for number, (peer, study) in enumerate(st.session_state.get(_FOUND, ())):
        _offer(number, peer, study)


def _search(peers: dict[str, Peer]) -> None:
    with st.form("pacs search"):
        server, patient, accession, date = st.columns(4)
        peer = peers[server.selectbox("Server", list(peers), key="pacs server")]
        patient_id = patient.text_input("Patient ID", key="pacs patient")
        number = accession.text_input("Accession number", key="pacs accession")
        day = date.text_input("Date", key="pacs date", placeholder="20260131 or 20260101-20260131")
        asked = st.form_submit_button("Find", icon=":material/search:")
    if not asked:
        return
    try:
        with st.spinner(f"Asking {peer} ..."):
            found = find(peer, Query(patient_id.strip(), "", number.strip(), day.strip()))
    except DLSError as error:
        st.session_state.pop(_FOUND, None)
        st.error(str(error))
        return
    st.session_state[_FOUND] = [(peer, study) for study in found]
    if not found:
        st.info("No study matches.")


def _offer(number: int, peer: Peer, study: PacsStudy) -> None:
    line, button = st.columns([5, 1], vertical_alignment="center")
    count = "" if study.instance_count is None else f" · {study.instance_count} images"
    day = f"{study.date[:4]}-{study.date[4:6]}-{study.date[6:]}" if len(study.date) == 8 else "no date"
    description = study.description or "no description"
    line.text(f"{day} · {'/'.join(study.modalities)} · {description}{count}")
    button.button(
        "Fetch",
        key=f"pacs fetch {number}",
        icon=":material/download:",
        on_click=_start,
        args=(peer, study.study_uid),
    )


@st.fragment(run_every=_LOOK_S)
def _follow() -> None:
    """Progress of the fetch, and what came of it."""
    fetching: Fetching = st.session_state[_FETCHING]
    if not fetching.over:
        share = min(fetching.done / fetching.total, 1.0) if fetching.total else 0.0
        counted = f": {fetching.done} of {fetching.total}" if fetching.total else ""
        st.progress(share, f"{fetching.step.capitalize()}{counted}")
        st.button(
            "Stopping" if fetching.stopped else "Stop",
            key="pacs stop",
            icon=":material/stop:",
            on_click=fetching.stop,
            disabled=fetching.stopped,
        )
    elif fetching.delivery is not None:
        st.query_params["delivery"] = fetching.delivery.id
        _close()
        st.rerun()
    else:
        if fetching.stopped:
            st.info("Stopped. What arrived is kept: fetching again goes on from there.")
        else:
            st.error(fetching.error)
        again, close = st.columns(2)
        again.button(
            "Fetch again",
            key="pacs again",
            icon=":material/refresh:",
            on_click=_start,
            args=(fetching.peer, fetching.study_uid),
        )
        if close.button("Back to the search", key="pacs back"):
            _close()
            st.rerun()


def _start(peer: Peer, study_uid: str) -> None:
    st.session_state[_FETCHING] = Fetching(peer, study_uid, context.home())


def _close() -> None:
    st.session_state.pop(_FETCHING, None)
    st.session_state.pop(_FOUND, None)
