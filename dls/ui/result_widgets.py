"""Figures and tables on a page: marks and counts open their cases, everything can be taken home."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from html import escape
from math import ceil
from typing import Any, Literal, TypeVar
from urllib.parse import parse_qs

import streamlit as st

from dls.analysis.dataset import BenignCalls
from dls.analysis.printed import PrintedTable, to_csv
from dls.analysis.printed import of_part as table_of_part
from dls.analysis.system import System
from dls.domain import Task
from dls.figures.html_table import html_table
from dls.figures.style import of_part, query_of, resting_on
from dls.ui import results
from dls.ui.assets import component_source

CASES_PAGE = "pages/cases.py"
MARK = "mark"
"""Name of the query parameter with the case that a figure marks."""
BOX_PIXELS, LETTER_PIXELS = 56, 7.2
"""Of a box of options without its text, and of a letter of it, on average."""
Option = TypeVar("Option")


def figure(drawn: Any, *, key: str, name: str, pictures: bool = False, of_study: bool = True) -> None:
    """Show a figure; a click on a mark that stands for cases opens the Cases page with them.

    A figure says in itself what it rests on, and of which part of the study it is; its marks open cases of
    that part.

    Parameters
    ----------
    drawn : a Plotly figure whose marks carry the query of their cases, as `query_of` reads it
    key : Streamlit key
    name : for the file, when the figure is saved as SVG from its own menu
    pictures : whether a point that stands for one case shows its lesion while the pointer rests on it
    of_study : False for a figure that is not of the study's cases, as in `table`
    """
    kept = results.part()
    if kept is not None:
        drawn = of_part(drawn, kept)
    drawn = resting_on(drawn, results.rests_on(of_study=of_study, short=True))
    options = {"format": "svg", "filename": results.file_name(name, "svg", kept).removesuffix(".svg")}
    chosen = st.plotly_chart(
        drawn,
        theme=None,
        key=key,
        on_select="rerun",
        selection_mode="points",
        config={
            "toImageButtonOptions": options,
            "displaylogo": False,
            "modeBarButtonsToRemove": ["select2d", "lasso2d"],
        },
    )
    if pictures:
        _point_pictures()(key=f"pictures {key}", data={"chart": f"st-key-{key.replace(' ', '-')}"})
    for point in chosen["selection"]["points"]:
        mark = query_of(drawn, point)
        if mark:
            within = {} if kept is None else kept.chosen.to_query()
            st.switch_page(CASES_PAGE, query_params={**within, **parse_qs(mark)})


def table(printed: PrintedTable, *, of_study: bool = True, both: bool = False) -> None:
    """Show a printed table, with its download as CSV; one of a part of the study says so on both.

    Parameters
    ----------
    of_study : False for a table that is not of the study's cases, which no filter concerns
    both : whether it compares readings without and with the model's opinion, as in `results.part`
    """
    kept = results.part(both=both) if of_study else None
    if kept is not None:
        printed = table_of_part(printed, kept)
    st.html(html_table(printed))
    st.download_button(
        "CSV",
        to_csv(printed, results.rests_on(of_study=of_study)),
        results.file_name(printed.name, "csv", kept),
        "text/csv",
        key=f"download {printed.name}",
        icon=":material/download:",
        on_click=results.record_export,
        args=(printed.name, kept),
    )


def marked_case() -> int | None:
    """The case that the address asks to be marked, with a line that names it; None where there is none.

    A case that is no case of the study stops the page with the reason.
    """
    number = st.query_params.get(MARK)
    if number is None:
        return None
    cases = results.whole_study().cases
    if not number.isdecimal() or int(number) not in cases.index:
        st.error(f"The address marks no case of the study. Got: {number!r}.")
        st.stop()
    words, button = st.columns([6, 1], vertical_alignment="center")
    code = escape(str(cases.loc[int(number), "code"]))
    words.html(f"Marked in the figure: case <a href='cases?case={number}' target='_self'>{code}</a>.")
    button.button("Clear mark", on_click=_clear_mark, width="stretch")
    return int(number)


def _clear_mark() -> None:
    del st.query_params[MARK]


@cache
def _point_pictures() -> Any:
    return st.components.v2.component("dls_point_pictures", js=component_source("point_pictures.js"))


def fitting_width(names: Iterable[str]) -> int:
    """Pixels of a box that shows the longest of the names whole."""
    return BOX_PIXELS + ceil(LETTER_PIXELS * max(map(len, names), default=0))


def choose_task(key: str = "classification", *, fit: bool = False) -> Task:
    """The task, kept in the address; a widget locks its name there, so it is not that of a case selection.

    Parameters
    ----------
    fit : here and below, whether the box is as wide as its longest option, or as its place
    """
    return _choose("Task", list(Task), str, key, fit=fit)


def choose_option(label: str, options: Sequence[Option], key: str, *, fit: bool = False) -> Option:
    """One of some values, by the name that it prints, kept in the address."""
    return _choose(label, options, str, key, fit=fit)


def choose_system(
    label: str, systems: Sequence[System], key: str, default: int = 0, *, fit: bool = False
) -> System:
    """One of the systems, kept in the address."""
    return _choose(label, systems, lambda s: s.name, key, default, fit=fit)


def choose_benign_rule(task: Task, key: str = "benign") -> BenignCalls:
    """What a benign call on a malignant case counts for; asked in the three-way task only."""
    if task is not Task.MALIGNANT_THREE_WAY:
        return BenignCalls.WRONG
    return _choose("A benign call on a malignant case is", list(BenignCalls), str, key)


def _choose(
    label: str, options: Sequence[Option], name: Any, key: str, default: int = 0, *, fit: bool = False
) -> Option:
    by_name = {name(option): option for option in options}
    width: int | Literal["stretch"] = fitting_width(by_name) if fit else "stretch"
    chosen = st.selectbox(label, list(by_name), index=default, key=key, bind="query-params", width=width)
    return by_name[chosen]
