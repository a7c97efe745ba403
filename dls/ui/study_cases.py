"""The flow of the open study's cases on a page, and exclusions with their reasons."""

from __future__ import annotations

import streamlit as st

from dls.analysis.case_filter import CaseFilter
from dls.analysis.printed import Cell, PrintedTable, Row, Section
from dls.errors import DLSError
from dls.figures.html_table import html_table
from dls.study.accounts import Account
from dls.study.cases import codes
from dls.study.exclusions import exclude, exclude_unseen, flow, left_out
from dls.study.store import Store


def show_flow(store: Store) -> None:
    """From the patients assessed to the cases analysed, which a click opens."""
    found, codes_of = flow(store), left_out(store)
    rows = [Row("Patients assessed", (Cell(f"{found.assessed}"), Cell("")))]
    rows += [
        Row(f"excluded: {reason}", (Cell(f"−{count}"), Cell(", ".join(codes_of.get(reason, ())))))
        for reason, count in found.excluded.items()
    ]
    if found.training:
        rows.append(Row("for training", (Cell(f"−{found.training}"), Cell(", ".join(codes_of.get("", ()))))))
    whole = CaseFilter() if found.analysed else None
    rows.append(Row("Cases analysed", (Cell(f"{found.analysed}", cases=whole), Cell(""))))
    st.html(
        html_table(
            PrintedTable(
                "study-flow",
                "Flow of cases",
                (Cell("Cases"), Cell("Which of the database")),
                (Section("", tuple(rows)),),
                (),
            )
        )
    )


def exclusion_form(store: Store, who: Account) -> None:
    """One case of the study, or patients who never entered the database."""
    numbers = {code: number for number, code in codes(store).items()}
    with st.form("exclude"):
        unseen = "patients outside the database"
        chosen = st.selectbox("Exclude", [unseen, *numbers])
        count = st.number_input("How many (outside the database)", 1)
        reason = st.text_input("Reason")
        if not st.form_submit_button("Exclude"):
            return
    try:
        if chosen == unseen:
            exclude_unseen(store, int(count), reason, who.id)
        else:
            exclude(store, numbers[chosen], reason, who.id)
    except DLSError as error:
        st.error(str(error))
        return
    st.success("Noted")
