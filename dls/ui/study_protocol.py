"""The protocol of the open study on a page: its versions with their differences, and its freezing."""

from __future__ import annotations

import streamlit as st

from dls.analysis.printed import Cell, PrintedTable, Row, Section
from dls.errors import DLSError
from dls.figures.html_table import html_table
from dls.study.accounts import Account, accounts
from dls.study.amendment import Change, changes
from dls.study.freezing import sign_and_freeze, signatures
from dls.study.order import assign, orders_missing
from dls.study.protocol import amend, freeze_id, protocol, versions
from dls.study.store import Store
from dls.ui.study_builder import protocol_fields

MEANING = "I approve this protocol"
_WORDS = {
    "clinical_shown": "readers see clinical data",
    "consensus_mode": "consensus",
    "consensus_reread": "readers who differ read again",
    "hidden_repeats": "hidden repeats a reader and session",
    "interim_looks": "looks at results while they are hidden",
    "investigator_unblinded": "investigators see results",
    "opinion_models": "models whose opinion readers see",
    "ranking_asked": "readers rank the classes",
    "seed": "seed of the order",
}
"""Fields of the protocol whose names say too little."""


def show_versions(store: Store) -> None:
    """Every version: when and why, what it changed, its freeze id and its signature."""
    signed, before = signatures(store), None
    for version in versions(store):
        frozen = version["freeze_id"]
        state = f"frozen, id {frozen[:12]}" if frozen else "open"
        with st.expander(
            f"Version {version['version']} · {version['created_at'][:10]} · {state}", expanded=not frozen
        ):
            st.caption(f"{version['reason']}")
            if frozen in signed:
                by = signed[frozen]
                when = by["signed_at"][:16].replace("T", " ")
                st.markdown(f"Signed by **{by['name']}** ({by['role']}), {when} UTC: “{by['meaning']}”")
            _show_changes(changes(before or {}, version["content"]), store, first=before is None)
        before = version["content"]


def freeze_form(store: Store, who: Account) -> None:
    """Freezing with a signature: the person enters their password again; missing orders are drawn."""
    if freeze_id(store) is not None:
        st.info("The newest version is frozen. An amendment makes a new one.")
        return
    with st.form("freeze"):
        st.markdown("**Freeze the newest version.** The readers' order is drawn with it.")
        meaning = st.text_input("Meaning of your signature", MEANING)
        password = st.text_input("Your password", type="password", autocomplete="current-password")
        if not st.form_submit_button("Sign and freeze", type="primary"):
            return
    try:
        frozen = sign_and_freeze(store, who.id, password, meaning)
        if orders_missing(store):
            assign(store, who.id)
    except DLSError as error:
        st.error(str(error))
        return
    st.success(f"Frozen, id {frozen[:12]}")


def amendment_form(store: Store, who: Account) -> None:
    """A new version of the protocol, with the difference shown before it is stored."""
    plan = protocol(store)
    try:
        changed = protocol_fields(plan, store)
    except DLSError as error:
        st.error(str(error))
        return
    found = changes(plan.to_dict(), changed.to_dict())
    if not found:
        st.caption("Nothing is changed yet.")
        return
    _show_changes(found, store)
    reason = st.text_input("Reason of the amendment")
    if st.button("Store as a new version"):
        try:
            number = amend(store, changed, reason, who.id)
        except DLSError as error:
            st.error(str(error))
            return
        st.success(f"Version {number} is stored")


def _show_changes(found: tuple[Change, ...], store: Store, *, first: bool = False) -> None:
    """The fields in words, people by name; a first version has nothing before it."""
    names = {str(a.account.id): a.account.name for a in accounts(store)}
    rows = []
    for change in found:
        people = change.field in {"readers", "adjudicators"}
        before, after = (_words(text, names if people else {}) for text in (change.before, change.after))
        told = (Cell(after),) if first else (Cell(before), Cell(after))
        rows.append(Row(_WORDS.get(change.field, change.field.replace("_", " ")), told))
    columns = (Cell("Value"),) if first else (Cell("Before"), Cell("After"))
    st.html(html_table(PrintedTable("protocol", "", columns, (Section("", tuple(rows)),), ())))


def _words(text: str, names: dict[str, str]) -> str:
    plain = {"True": "yes", "False": "no", **names}
    return ", ".join(plain.get(part, part) for part in text.split(", "))
