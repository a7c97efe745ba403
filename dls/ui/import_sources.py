"""The first step of the Import page: files of one study come in, from the browser or the server."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import streamlit as st

from dls.errors import DLSError
from dls.imaging.delivery import Delivery
from dls.imaging.reception import receive
from dls.imaging.sources import uploaded_files
from dls.imaging.zip_archive import unpacked, zip_files
from dls.intake.table_import import receive_path
from dls.progress import Progress
from dls.ui import context

LARGEST_UPLOAD_MB = 2048
_STOPPED = "receiving stopped"
_KINDS = {"folder": "A folder", "files": "A zip archive or single files"}


def upload() -> None:
    """Drag and drop of a folder, files or a zip archive; a button then receives them."""
    kind = st.segmented_control(
        "What do you have?", list(_KINDS), format_func=_KINDS.__getitem__, default="folder", key="upload kind"
    )
    given = st.file_uploader(
        "The DICOM files of one study",
        accept_multiple_files="directory" if kind == "folder" else True,
        max_upload_size=LARGEST_UPLOAD_MB,
        key=f"upload {kind} {st.session_state.get('uploads', 0)}",
        help="Identifiers are removed as the files arrive; the originals are not kept.",
    )
    if kind == "folder":
        st.caption("Studies of many hundred files arrive faster as one zip archive.")
    files: list[Any] = given if isinstance(given, list) else [given] if given is not None else []
    if not files:
        return
    size = sum(file.size for file in files) / 2**20
    st.caption(f"{len(files)} {'file' if len(files) == 1 else 'files'}, {size:.1f} MiB")
    if st.button("Receive", type="primary", icon=":material/download:"):
        _receive(lambda show: _from_browser(files, show))
    _say_stopped()


def server_folder() -> None:
    """A path on the server, for administrators."""
    path = st.text_input(
        "Folder or zip archive on the server",
        key="server path",
        placeholder="/data/studies/patient-17",
        help="Subfolders are searched; symbolic links are not followed.",
    )
    if st.button("Receive", key="receive path", icon=":material/download:", disabled=not path.strip()):
        _receive(lambda show: receive_path(context.home(), Path(path.strip()), progress=show))
    _say_stopped()


def _from_browser(files: list[Any], show: Progress) -> Delivery:
    if len(files) == 1 and files[0].name.casefold().endswith(".zip"):
        archive = BytesIO(files[0].getvalue())
        total = len(zip_files(archive))
        return receive(unpacked(archive), context.home(), "browser", total=total, progress=show)
    pairs = ((file.name, file.getvalue) for file in files)
    return receive(uploaded_files(pairs), context.home(), "browser", total=len(files), progress=show)


def _receive(work: Callable[[Progress], Delivery]) -> None:
    """Do it with progress; anything the person does on the page meanwhile stops it, to be taken up later."""
    bar, stop = st.progress(0.0, "Receiving"), st.empty()
    stop.button("Stop", icon=":material/stop:", key="stop receiving", on_click=_note_stop)

    def show(done: int, total: int, what: str) -> None:
        bar.progress(done / total, f"{what.capitalize()}: {done} of {total}")

    try:
        delivery = work(show)
    except DLSError as error:
        bar.empty()
        stop.empty()
        st.error(str(error))
        return
    st.session_state["uploads"] = st.session_state.get("uploads", 0) + 1
    st.query_params["delivery"] = delivery.id
    st.rerun()


def _note_stop() -> None:
    st.session_state[_STOPPED] = True


def _say_stopped() -> None:
    """Once after a stop."""
    if st.session_state.pop(_STOPPED, False):
        st.info("Stopped. What arrived is kept, without identifiers: Receive goes on from there.")
