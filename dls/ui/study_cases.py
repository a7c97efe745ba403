"""The flow of the open study's cases on a page, and exclusions with their reasons."""

from __future__ import annotations

import streamlit as st

from dls.errors import DLSError
from dls.study.accounts import Account
from dls.study.cases import codes
from dls.study.exclusions import exclude, exclude_unseen, flow
from dls.study.store import Store


def show_flow(store: Store) -> None:
    """From the patients assessed to the cases analysed."""
    found = flow(store)
    rows = [("Patients assessed", found.assessed)]
    rows += [(f"excluded: {reason}", -count) for reason, count in found.excluded.items()]
    rows += [("for training", -found.training)] if found.training else []
    rows += [("Cases analysed", found.analysed)]
    st.dataframe([{"step": step, "cases": count} for step, count in rows], hide_index=True)


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
