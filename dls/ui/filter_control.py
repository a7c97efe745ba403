"""The filter of the results pages: one popover, the words of what is on, and one click to clear it.

The address holds the filter, so that a view can be shared; the browser session remembers it, so that it
comes along to the next results page.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dls.analysis.conditions import session_choices
from dls.analysis.dataset import FULL_CONFIDENCE, StudyData
from dls.analysis.study_filter import PARAMETERS, Part, Span, StudyFilter
from dls.analysis.subgroups import FACTORS, Subgroup
from dls.domain import LesionClass
from dls.errors import InputError
from dls.study.protocol import Protocol
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


def choose_filter(whole: StudyData, chosen: StudyFilter, plan: Protocol) -> None:
    """A popover with a form that shows the filter and changes it.

    Parameters
    ----------
    whole : the study without a filter
    plan : the study's protocol: its sessions, and whether readers are shown the model's opinion
    """
    mark = str(chosen.to_query())  # another filter has other controls, which show it
    with st.popover("Filter", icon=":material/filter_alt:", width="stretch"), st.form(f"filter {mark}"):
        try:
            picked = _form(whole, chosen, plan, mark)
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


def _form(whole: StudyData, chosen: StudyFilter, plan: Protocol, mark: str) -> StudyFilter:
    """What the widgets say; they stand on the page in the order in which they are asked here."""
    cases = whole.cases
    names = {r.reader_id: r.name for r in whole.readers}
    scanners, proofs = sorted(cases["scanner"].unique()), sorted(cases["reference_standard"].unique())
    return StudyFilter(
        classes=_several("Class", list(LesionClass), chosen.classes, mark, lambda c: c.label),
        size=_size(cases["lesion_mm"], chosen.size or Span(0), mark),
        scanners=_several("Scanner", scanners, chosen.scanners, mark),
        proofs=_several("Reference standard", proofs, chosen.proofs, mark),
        subgroups=_several("Subgroup", _subgroups(whole, chosen), chosen.subgroups, mark, lambda s: s.words),
        readers=_several("Readers", list(names), chosen.readers, mark, names.__getitem__),
        confidence=_confidence(chosen.confidence or Span(0, FULL_CONFIDENCE), mark),
        session=_session(session_choices(plan), chosen.session, mark),
        aided=plan.shows_opinion and _aided(chosen, mark),
    )


def _several(
    label: str, options: list[Any], shown: tuple[Any, ...], mark: str, name: Any = str
) -> tuple[Any, ...]:
    there = [value for value in shown if value in options]
    key = f"filter {label} {mark}"
    return tuple(st.multiselect(label, options, there, format_func=name, key=key, placeholder="all"))


def _size(diameters: pd.Series, size: Span, mark: str) -> Span | None:
    """Bounds of the diameter; from 0 on without an upper bound is no condition."""
    left, right = st.columns(2)
    known = diameters.dropna()
    largest = f"{known.max():.0f}" if len(known) else "0"
    low = left.number_input("Diameter from, mm", 0.0, None, size.low or 0.0, 1.0, key=f"filter low {mark}")
    high = right.number_input(
        "to, mm", 0.0, None, size.high, 1.0, key=f"filter high {mark}", placeholder=largest
    )
    return Span(low or None, high) if low or high is not None else None


def _confidence(confidence: Span, mark: str) -> Span | None:
    """Bounds of the readers' mean confidence; the whole scale is no condition."""
    high = FULL_CONFIDENCE if confidence.high is None else min(confidence.high, FULL_CONFIDENCE)
    least, most = st.slider(
        "Mean confidence of the readers for malignancy",
        0.0,
        FULL_CONFIDENCE,
        (confidence.low or 0.0, high),
        1.0,
        key=f"filter confidence {mark}",
    )
    return Span(least, most) if (least, most) != (0.0, FULL_CONFIDENCE) else None


def _session(sessions: dict[int, str], chosen: int, mark: str) -> int:
    """The session; asked where there are several."""
    if len(sessions) == 1:
        return chosen
    numbers, key = list(sessions), f"filter session {mark}"
    place = numbers.index(chosen) if chosen in numbers else 0
    return st.selectbox("Session", numbers, place, format_func=sessions.__getitem__, key=key)


def _aided(chosen: StudyFilter, mark: str) -> bool:
    """The condition of the readings; asked where readers are shown the model's opinion."""
    named = {False: "without the model's opinion", True: "with the model's opinion"}
    key, place = f"filter opinion {mark}", int(chosen.aided)
    return st.selectbox("Readings", list(named), place, format_func=named.__getitem__, key=key)


def _subgroups(whole: StudyData, chosen: StudyFilter) -> list[Subgroup]:
    """Those without a control of their own, and those that a link has chosen."""
    offered = [
        Subgroup(name, level)
        for name, found in FACTORS.items()
        if name not in OWN_CONTROL
        for level in found.levels(whole.cases)
    ]
    return list(dict.fromkeys([*chosen.subgroups, *offered]))
