"""Which cases the Cases page shows: the selection in the address, and the controls that change it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dls.analysis.dataset import StudyData
from dls.analysis.disagreement import RIGHT, WRONG, CaseFilter, Condition
from dls.domain import Task
from dls.errors import InputError

ANY = "any"
OUTCOMES: dict[str, tuple[str | None, str | None]] = {
    "all cases": (None, None),
    "first wrong": (WRONG, None),
    "first wrong, second right": (WRONG, RIGHT),
    "first right, second wrong": (RIGHT, WRONG),
    "both wrong": (WRONG, WRONG),
    "both right": (RIGHT, RIGHT),
}


def chosen_cases() -> CaseFilter:
    """The selection in the page's address; raises InputError where it cannot be read."""
    return CaseFilter.from_query({name: st.query_params.get_all(name) for name in st.query_params})


def opened_case() -> int | None:
    """The case that the page's address opens; raises InputError where that is no number."""
    number = st.query_params.get("case")
    if number is not None and not number.isdecimal():
        raise InputError("The address names no case", expected="a case number", got=repr(number))
    return None if number is None else int(number)


def choose_cases(data: StudyData, chosen: CaseFilter) -> None:
    """Controls for another selection, which becomes the page's address."""
    task = st.segmented_control("Task", list(Task), default=chosen.task, key="cases task", required=True)
    systems = {s.name: s.key for s in data.systems(task)}
    with st.form("choose cases"):
        columns = st.columns([3, 3, 3, 4, 3, 2], vertical_alignment="bottom")
        truths = [ANY, *task.classes]
        kept = chosen.truth if chosen.truth in task.classes else ANY
        truth = columns[0].selectbox("True class", truths, index=truths.index(kept))
        first = columns[1].selectbox("First", list(systems))
        second = columns[2].selectbox("Second", list(systems)[::-1])
        outcome = columns[3].selectbox("Show", list(OUTCOMES))
        differ = columns[4].checkbox("Readers differ", value=chosen.readers_differ)
        if columns[5].form_submit_button("Show", type="primary"):
            pairs = zip((first, second), OUTCOMES[outcome], strict=True)
            where = tuple(Condition(systems[name], wanted) for name, wanted in pairs if wanted)
            selection = CaseFilter(task, None if truth == ANY else truth, where, readers_differ=differ)
            st.query_params.from_dict(selection.to_query())
            st.rerun()


def choose_one(listed: pd.DataFrame) -> None:
    """The cases as a list; a click on a row opens its case."""
    shown = listed.copy()
    for name in shown.columns.drop(["code", "truth"]):
        shown[name] = shown[name].where(shown[name] != shown["truth"], "✓").fillna("")
    row = st.dataframe(shown, hide_index=True, on_select="rerun", selection_mode="single-row", height=560)
    for position in row["selection"]["rows"]:
        st.query_params["case"] = str(listed.index[position])
        st.rerun()
