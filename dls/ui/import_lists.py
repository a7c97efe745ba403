"""What the Import page lists: deliveries that wait to be confirmed, and imports that were made."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from dls.diagnosis.patients import deliveries_in_use
from dls.domain import Sequence
from dls.errors import ConflictError, DLSError, InputError
from dls.imaging.delivery import Delivery, load, received
from dls.intake.case_import import ImportedCase, discard
from dls.study import imports
from dls.study.accounts import accounts
from dls.study.cases import refuse_after_order
from dls.study.design import database_cases
from dls.study.patients import patients
from dls.ui import context

_SOURCES = {
    "folder": "a folder on the server",
    "zip": "a zip archive",
    "browser": "the browser",
    "dicomweb": "an image server (DICOMweb)",
    "dimse": "an image server (DIMSE)",
}
_SHOWN = 20


def source_name(source: str) -> str:
    """A kind of source in words."""
    return _SOURCES[source]


def show_waiting() -> None:
    """Deliveries that became no case yet: confirm or discard them."""
    used = {i.delivery for i in imports.newest(context.store())} | deliveries_in_use(context.home())
    waiting = [i for i in received(context.home()) if i not in used]
    if not waiting:
        return
    st.subheader(f"{len(waiting)} received, not yet confirmed")
    for number in waiting[:_SHOWN]:
        try:
            delivery = load(context.home(), number)
        except DLSError as error:
            st.error(str(error))
            continue
        line, confirm, remove = st.columns([6, 1.3, 1.3], vertical_alignment="center")
        found = ", ".join(str(s) for s in delivery.suggestion) or "no sequence recognised for certain"
        line.write(f"{delivery.files} images from {source_name(delivery.source)}: {found}")
        if confirm.button("Confirm", key=f"confirm {number}", icon=":material/check:", width="stretch"):
            st.query_params["delivery"] = number
            st.rerun()
        if remove.button("Discard", key=f"discard {number}", icon=":material/delete:", width="stretch"):
            discard(context.store(), context.home(), number)
            st.rerun()


def show_made() -> None:
    """Imports of the study, the newest first."""
    made = imports.newest(context.store())
    if not made:
        return
    codes = database_cases(context.store())["code"]
    with context.store().read() as connection:
        first = patients(connection, [i.case_id for i in made])
    names = {a.account.id: a.account.name for a in accounts(context.store())}
    st.subheader("Imported")
    rows = [
        {
            "case": codes[i.case_id],
            "same patient as": "–" if patient == i.case_id else codes[patient],
            "imported": pd.Timestamp(i.imported_at),
            "by": names.get(i.imported_by or 0, "the command line"),
            "from": source_name(i.source),
            "images": i.files,
            "missing": ", ".join(str(s) for s in Sequence if s not in i.series) or "none",
            "confirmed": next(iter(i.series.values()))["confirmed"],
            "content": i.delivery[:12],
        }
        for i, patient in zip(made, first, strict=True)
    ]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={"imported": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm")},
    )


def show_closed() -> None:
    """Say so where the study takes no new cases any more, and what a table has just added."""
    added = st.session_state.pop("table added", "")
    if added:
        st.success(added)
    try:
        with context.store().read() as connection:
            refuse_after_order(connection, context.store().study_id)
    except ConflictError as error:
        st.info(f"{error} Images of cases that wait for theirs can still be imported.")
    except InputError as error:
        st.info(str(error))


def show_received(delivery: Delivery) -> None:
    """What came, what was left out, and what the de-identification took out."""
    left = "; ".join(f"{count} left out: {reason}" for reason, count in delivery.left_out.items())
    st.write(f"{delivery.files} images from {source_name(delivery.source)}{'. ' + left if left else ''}.")
    with st.expander("What was removed from the headers"):
        _show_removed(delivery)


def _show_removed(delivery: Delivery) -> None:
    for title, counts in (("removed", delivery.removal.removed), ("replaced", delivery.removal.replaced)):
        st.caption(f"{len(counts)} kinds of elements {title}")
        if counts:
            st.dataframe(_counted(counts), hide_index=True)


def show_imported(done: ImportedCase) -> None:
    """What became of the delivery, and where to go on."""
    st.success(f"Case {done.code} has its images: {', '.join(str(s) for s in done.sequences)}.")
    if done.missing:
        st.warning(
            f"Missing: {', '.join(str(s) for s in done.missing)}. "
            f"Applicable models: {', '.join(done.models) or 'none'}."
        )
    outline, case, another = st.columns(3)
    if outline.button("Outline the lesion", type="primary", icon=":material/draw:", width="stretch"):
        st.switch_page("pages/lesion_outline.py", query_params={"case": str(done.case_id)})
    if case.button("See the case", icon=":material/folder_open:", width="stretch"):
        st.switch_page("pages/cases.py", query_params={"case": str(done.case_id)})
    if another.button("Import another patient", icon=":material/add:", width="stretch"):
        st.query_params.clear()
        st.rerun()


def _counted(counts: Mapping[str, int]) -> pd.DataFrame:
    listed = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return pd.DataFrame(listed, columns=["element", "images"])
