"""The readers of the open study on a page: who they are, what is open to them, overridden washouts."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dls.errors import DLSError
from dls.study.accounts import Account, accounts
from dls.study.profiles import ReaderProfile, note_profile, profiles
from dls.study.protocol import Protocol, protocol
from dls.study.sessions import gate, override_washout
from dls.study.signed_counts import SignedCount, signed_counts
from dls.study.store import Store


def show_readers(store: Store) -> None:
    """A row a reader: profile, and each session's progress and gate."""
    plan, known, counts = protocol(store), profiles(store), signed_counts(store)
    names = {a.account.id: a.account.name for a in accounts(store)}
    rows = []
    for reader in plan.readers:
        profile = known.get(reader)
        row = {
            "reader": names[reader],
            "years": f"{profile.years:g}" if profile else "–",
            "specialty": profile.specialty if profile else "–",
        }
        for session in plan.sessions:
            count = counts.get((reader, session.number), SignedCount())
            state = gate(store, reader, session.number)
            row[session.name] = f"{count.signed}/{count.cases}" + (
                "" if state.open else f" · {state.closed_because}"
            )
        rows.append(row)
    st.dataframe(rows, hide_index=True)


def profile_form(store: Store, who: Account) -> None:
    """Years and specialty of a reader."""
    reader = _choose_reader(store, protocol(store), "profile of")
    with st.form("profile"):
        years = st.number_input("Years of experience", 0.0, 80.0, step=1.0)
        specialty = st.text_input("Specialty")
        if st.form_submit_button("Note"):
            _done(
                lambda: note_profile(store, reader, ReaderProfile(float(years), specialty), who.id), "Noted"
            )


def override_form(store: Store, who: Account) -> None:
    """Opening a session before its washout has passed."""
    plan = protocol(store)
    waiting = [s for s in plan.sessions if s.washout_days and s.number > 1]
    if not waiting:
        st.caption("The protocol has no washout.")
        return
    reader = _choose_reader(store, plan, "override for")
    with st.form("override"):
        session = st.selectbox("Session", waiting, format_func=lambda s: s.name)
        reason = st.text_input("Reason")
        if st.form_submit_button("Open before the washout has passed"):
            _done(
                lambda: override_washout(store, reader, session.number, reason, who.id), "The session is open"
            )


def _choose_reader(store: Store, plan: Protocol, key: str) -> int:
    names = {a.account.id: a.account.name for a in accounts(store)}
    return int(st.selectbox("Reader", plan.readers, format_func=names.__getitem__, key=key))


def _done(act: Callable[[], object], message: str) -> None:
    try:
        act()
    except DLSError as error:
        st.error(str(error))
        return
    st.success(message)
