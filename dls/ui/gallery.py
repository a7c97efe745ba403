"""Cases as rows of pictures, the lesion in each sequence; the browser fetches those that are scrolled to.

The pictures travel by the authorised route `/thumbnails`.
"""

from __future__ import annotations

from collections.abc import Sequence as Items
from html import escape

import streamlit as st

from dls.analysis.labels import mark, short_label
from dls.analysis.quadrants import GalleryCase
from dls.analysis.system import System
from dls.domain import Sequence
from dls.figures.style import case_query
from dls.imaging.lesion_thumbnails import SIDE

CASES_SHOWN = 8
STYLE = """<style>
.gallery {border-collapse:collapse; font-size:13px; line-height:1.35; table-layout:fixed; width:100%;
  min-width:720px; max-width:1180px;}
.gallery th {font-weight:600; text-align:left; padding:0 6px 4px 0;}
.gallery th:first-child {width:190px;}
.gallery td {padding:0 6px 6px 0; border:none; vertical-align:top;}
.gallery td.said {padding-right:16px;}
.gallery img {display:block; width:100%; height:auto;
  aspect-ratio:1; background:#111; color:#bbb; font-size:11px; border-radius:3px;}
.gallery small {display:block; opacity:.7;}
.gallery-box {overflow-x:auto;}
</style>"""


def show_gallery(cases: Items[GalleryCase], first: System, second: System, *, key: str) -> None:
    """Draw the cases, some at a time.

    Parameters
    ----------
    key : Streamlit key of the choice of cases, where there are more than fit
    """
    if not cases:
        st.info("No case is here: choose another group, or clear the filter.")
        return
    starts = range(0, len(cases), CASES_SHOWN)
    begin = 0
    if len(starts) > 1:
        names = {f"{s + 1}–{min(s + CASES_SHOWN, len(cases))} of {len(cases)}": s for s in starts}
        with st.columns([1, 3])[0]:
            begin = names[st.selectbox("Cases", list(names), key=key)]
    st.html(gallery_html(cases[begin : begin + CASES_SHOWN], first, second))


def gallery_html(cases: Items[GalleryCase], first: System, second: System) -> str:
    """A row a case: what it is and was called, then the six sequences."""
    head = "".join(f"<th>{escape(str(s))}</th>" for s in Sequence)
    body = "".join(_row(case, first, second) for case in cases)
    return (
        f"{STYLE}<div class='gallery-box'><table class='gallery'><tr><th></th>{head}</tr>{body}</table></div>"
    )


def _row(case: GalleryCase, first: System, second: System) -> str:
    score = "" if case.score is None else f" {case.score:.2f}"
    said = [
        f"{escape(first.name)}: {_called(case.first, case.truth)}{score if case.first else ''}",
        f"{escape(second.name)}: {_called(case.second, case.truth)}",
    ]
    address = f"cases?{case_query(case.case_id)}"
    label = (
        f"<a href='{address}' target='_self'>{escape(case.code)}</a>"
        f"<br><b>{escape(short_label(case.truth))}</b>" + "".join(f"<small>{line}</small>" for line in said)
    )
    pictures = "".join(
        f"<td><a href='{address}' target='_self'>{_picture(case, sequence)}</a></td>" for sequence in Sequence
    )
    return f"<tr><td class='said'>{label}</td>{pictures}</tr>"


def _picture(case: GalleryCase, sequence: Sequence) -> str:
    alternative = escape(f"{case.code}: no {sequence} image", quote=True)
    return (
        f"<img loading='lazy' width='{SIDE}' height='{SIDE}' "
        f"src='thumbnails/{case.case_id}/{sequence.slug}' alt='{alternative}'>"
    )


def _called(label: str | None, truth: str) -> str:
    if label is None:
        return "no answer"
    return f"{mark(right=label == truth)} {escape(short_label(label))}"
