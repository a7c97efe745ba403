"""Making the report on a page: one click, progress, downloads."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from dls.analysis.manuscript import manuscript_results
from dls.report.saliency_plate import stored_explanations
from dls.report.study_report import SALIENCY, archive, study_report
from dls.ui import context, results

_KEY = "made report"
MIME = {
    "zip": "application/zip",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "html": "text/html",
}
_WHAT = {"zip": "Everything (ZIP)", "docx": "Word", "pdf": "PDF", "html": "HTML"}


@dataclass(frozen=True, slots=True)
class MadeReport:
    """A report as it lies ready, until the browser session ends or another is made.

    Parameters
    ----------
    study : path of the store and number of the study
    data : state of the data that it was made of, in words
    files : form -> content: zip, docx, pdf, html
    figures, tables : numbers of them
    explained : whether saliency is among the figures
    """

    study: tuple[str, int]
    data: str
    files: dict[str, bytes]
    figures: int
    tables: int
    explained: bool


def make_report() -> MadeReport:
    """Make the report of the open study, with a bar of progress, and keep it for this browser session."""
    bar = st.progress(0.0, "Results")
    store = context.store()
    found = manuscript_results(store, lambda done, total, what: bar.progress(0.2 * done / total, what))
    files = study_report(
        found,
        lambda done, total, what: bar.progress(min(0.2 + 0.8 * done / total, 1.0), what),
        stored_explanations(context.home(), found.provenance.packages),
    )
    bar.empty()
    made = MadeReport(
        study=(str(store.path), store.study_id),
        data=f"data until {found.provenance.as_of:%Y-%m-%d %H:%M:%S} UTC; {found.data.reading_count()}",
        files={"zip": archive(files, found)}
        | {form: files[f"report.{form}"] for form in MIME if form != "zip"},
        figures=sum(name.endswith(".svg") for name in files),
        tables=sum(name.endswith(".csv") for name in files),
        explained=any(name.endswith(f"{SALIENCY}.svg") for name in files),
    )
    st.session_state[_KEY] = made
    return made


def made_report() -> MadeReport | None:
    """The report of the open study that this browser session has made."""
    made: MadeReport | None = st.session_state.get(_KEY)
    store = context.store()
    return made if made is not None and made.study == (str(store.path), store.study_id) else None


def show_downloads(made: MadeReport) -> None:
    """A button a form; every download is written into the audit trail."""
    st.success(f"{made.figures} figures and {made.tables} tables; {made.data}.")
    if not made.explained:
        st.info("No saliency is in it: explain a model on the Explanation page, then make the report again.")
    columns = st.columns(len(_WHAT))
    for place, (form, name) in zip(columns, _WHAT.items(), strict=True):
        place.download_button(
            f"{name}, {len(made.files[form]) / 1e6:.1f} MB",
            made.files[form],
            results.file_name("report", form, None),
            MIME[form],
            key=f"report {form}",
            icon=":material/download:",
            type="primary" if form == "zip" else "secondary",
            width="stretch",
            on_click=results.record_export,
            args=(f"report.{form}", None),
        )
