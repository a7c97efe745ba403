"""The filter of the results pages: one popover, the words of what is on, and one click to clear it.

The address holds the filter, so that a view can be shared; the browser session remembers it, so that it
comes along to the next results page.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from dls.analysis.dataset import FULL_CONFIDENCE, StudyData
from dls.analysis.study_filter import PARAMETERS, Part, Span, StudyFilter
from dls.analysis.subgroups import FACTORS, Subgroup
from dls.domain import LesionClass
from dls.errors import InputError
from dls.ui import address

CARRIED, PAGE = "filter carried", "filter page"
OWN_CONTROL = ("class", "size", "scanner", "proof")
"""Factors that the form asks for by a control of their own."""


def filter_of_address(page: str) -> StudyFilter:
    """The filter in the address; on coming from another page without one, the filter that was on there.

    Raises
    ------
    InputError
        where the address cannot be read.
    """
    given = {name: st.query_params.get_all(name) for name in PARAMETERS if name in st.query_params}
    moved = st.session_state.get(PAGE) not in {page, None}
    st.session_state[PAGE] = page
    chosen = StudyFilter.from_query(given)
    if not given and moved:
        chosen = st.session_state.get(CARRIED, chosen)
        address.put(PARAMETERS, chosen.to_query())
    st.session_state[CARRIED] = chosen
    return chosen


def carried() -> StudyFilter:
    """The filter that was on at the last page that has one."""
    chosen: StudyFilter = st.session_state.get(CARRIED, StudyFilter())
    return chosen


def set_filter(chosen: StudyFilter) -> None:
    """Put a filter into the address and run the page again."""
    st.session_state[CARRIED] = chosen
    address.put(PARAMETERS, chosen.to_query())
    st.rerun()


def clear_filter() -> None:
    """Take the filter out of the address."""
    st.session_state[CARRIED] = StudyFilter()
    address.put(PARAMETERS, StudyFilter().to_query())


def choose_filter(whole: StudyData, chosen: StudyFilter, sessions: dict[int, str]) -> None:
    """A popover with a form that shows the filter and changes it.

    Parameters
    ----------
    whole : the study without a filter
    sessions : number and name of every session
    """
    mark = str(chosen.to_query())  # another filter has other controls, which show it
    with st.popover("Filter", icon=":material/filter_alt:", width="stretch"), st.form(f"filter {mark}"):
        try:
            picked = _form(whole, chosen, sessions, mark)
        except InputError as error:
            st.error(str(error))
            picked = chosen
        if st.form_submit_button("Show these", type="primary") and picked != chosen:
            set_filter(picked)


def show_filter(part: Part) -> None:
    """What the filter leaves, in words, with the way to clear it."""
    words, button = st.columns([6, 1], vertical_alignment="center")
    words.info(f"{part}.", icon=":material/filter_alt:")
    button.button("Clear filter", icon=":material/filter_alt_off:", on_click=clear_filter, width="stretch")


def _form(whole: StudyData, chosen: StudyFilter, sessions: dict[int, str], mark: str) -> StudyFilter:
    cases = whole.cases

    def several(label: str, options: list[Any], shown: tuple[Any, ...], name: Any = str) -> tuple[Any, ...]:
        there = [value for value in shown if value in options]
        return tuple(
            st.multiselect(
                label, options, there, format_func=name, key=f"filter {label} {mark}", placeholder="all"
            )
        )

    classes = several("Class", list(LesionClass), chosen.classes, lambda c: c.label)
    left, right = st.columns(2)
    known = cases["lesion_mm"].dropna()
    size = chosen.size or Span(0)
    largest = float(known.max()) if len(known) else 0.0
    low = left.number_input("Diameter from, mm", 0.0, None, size.low or 0.0, 1.0, key=f"filter low {mark}")
    high = right.number_input(
        "to, mm", 0.0, None, size.high, 1.0, key=f"filter high {mark}", placeholder=f"{largest:.0f}"
    )
    scanners = several("Scanner", sorted(cases["scanner"].unique()), chosen.scanners)
    proofs = several("Reference standard", sorted(cases["reference_standard"].unique()), chosen.proofs)
    subgroups = several("Subgroup", _subgroups(whole, chosen), chosen.subgroups, lambda s: s.words)
    names = {r.reader_id: r.name for r in whole.readers}
    readers = several("Readers", list(names), chosen.readers, names.__getitem__)
    confidence = chosen.confidence or Span(0, FULL_CONFIDENCE)
    least, most = st.slider(
        "Mean confidence of the readers for malignancy",
        0.0,
        FULL_CONFIDENCE,
        (confidence.low or 0.0, min(confidence.high or FULL_CONFIDENCE, FULL_CONFIDENCE)),
        1.0,
        key=f"filter confidence {mark}",
    )
    session = chosen.session
    if len(sessions) > 1:
        session = st.selectbox(
            "Session",
            list(sessions),
            list(sessions).index(session),
            format_func=sessions.__getitem__,
            key=f"filter session {mark}",
        )
    return StudyFilter(
        classes=classes,
        size=Span(low or None, high) if low or high is not None else None,
        scanners=scanners,
        proofs=proofs,
        readers=readers,
        session=session,
        confidence=Span(least, most) if (least, most) != (0.0, FULL_CONFIDENCE) else None,
        subgroups=subgroups,
    )


def _subgroups(whole: StudyData, chosen: StudyFilter) -> list[Subgroup]:
    """Those without a control of their own, and those that a link has chosen."""
    offered = [
        Subgroup(name, level)
        for name, found in FACTORS.items()
        if name not in OWN_CONTROL
        for level in found.levels(whole.cases)
    ]
    return list(dict.fromkeys([*chosen.subgroups, *offered]))
