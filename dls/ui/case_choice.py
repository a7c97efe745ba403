"""Which cases the Cases page shows: the selection in the address, and the controls that change it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dls.analysis.case_filter import PARAMETERS, RIGHT, WRONG, CaseFilter, Condition
from dls.analysis.dataset import StudyData
from dls.domain import Task
from dls.errors import InputError
from dls.ui import address
from dls.ui.result_widgets import fitting_width

Option = TypeVar("Option")
ANY = "any"
LINKED = "what was linked"
LIST_HEIGHT = 560
OUTCOMES: dict[str, tuple[str | None, str | None]] = {
    "all cases": (None, None),
    "{0} wrong": (WRONG, None),
    "{0} wrong, {1} right": (WRONG, RIGHT),
    "{0} right, {1} wrong": (RIGHT, WRONG),
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
    """Controls that show the selection and change it, by way of the page's address."""
    mark = str(chosen.to_query())  # another address has other controls, which show it
    row = st.container(horizontal=True, vertical_alignment="bottom")
    task = _box(row, "Task", list(Task), chosen.task, mark=mark)
    truths = [ANY, *task.classes]
    truth = _box(row, "True class", truths, chosen.truth, mark=mark)
    systems = data.systems(task)
    if not systems:
        return
    names = {s.key: s.name for s in systems}
    first_key, second_key, linked = _compared([s.key for s in systems], chosen)
    first = _box(row, "Compare", list(names), first_key, mark=mark, name=names.__getitem__)
    second = _box(row, "with", list(names), second_key, mark=mark, name=names.__getitem__)
    outcomes = [*([LINKED] if linked == LINKED else []), *OUTCOMES]
    label = {o: o.format(names[first], names[second]) for o in outcomes}
    outcome = _box(row, "Show", outcomes, linked, mark=mark, name=label.__getitem__)
    differ = row.toggle("Readers differ", value=chosen.readers_differ, key=f"Readers differ {mark}")
    if outcome == LINKED and task is chosen.task:
        where, cases = chosen.where, chosen.cases
    else:
        pairs = zip((first, second), OUTCOMES.get(outcome, (None, None)), strict=True)
        where, cases = tuple(Condition(key, wanted) for key, wanted in pairs if wanted), ()
    wanted_truth = truth if truth in task.classes else None
    selection = CaseFilter(task, wanted_truth, where, differ, cases, chosen.benign_calls)
    if selection != chosen:
        address.put(PARAMETERS, selection.to_query())
        st.rerun()


def _box(
    place: DeltaGenerator,
    label: str,
    options: Sequence[Option],
    shown: Option | None,
    *,
    mark: str,
    name: Callable[[Option], str] = str,
) -> Option:
    index = options.index(shown) if shown in options else 0
    width, key = fitting_width(map(name, options)), f"{label} {mark}"
    chosen: Option = place.selectbox(label, options, index=index, format_func=name, key=key, width=width)
    return chosen


def _compared(systems: Sequence[str], chosen: CaseFilter) -> tuple[str, str, str]:
    """Keys of the two systems that a selection compares, and what it shows of them."""
    first, second = systems[0], systems[-1]
    keys, wanted = [c.system for c in chosen.where], tuple(c.outcome for c in chosen.where)
    for outcome, pair in OUTCOMES.items():
        if not chosen.cases and wanted == tuple(o for o in pair if o):
            return keys[0] if keys else first, keys[1] if len(keys) > 1 else second, outcome
    return first, second, LINKED


def choose_one(listed: pd.DataFrame) -> None:
    """The cases as a list; a click on a row opens its case.

    Parameters
    ----------
    listed : of `dls.analysis.case_selection.compared`
    """
    shown = listed.rename(columns={"code": "Case", "truth": "Reference standard"})
    clicked = st.dataframe(
        shown,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-cell",
        height=LIST_HEIGHT,
        column_config={"Case": st.column_config.TextColumn(help="A click on a row opens its case.")},
    )
    for position, _ in clicked["selection"]["cells"]:
        st.query_params["case"] = str(listed.index[position])
        st.rerun()
