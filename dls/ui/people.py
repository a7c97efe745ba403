"""Accounts on a page: inviting people, their roles, their sign-ins."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dls.errors import DLSError
from dls.study.accounts import (
    Account,
    AccountStatus,
    Role,
    accounts,
    add_account,
    disable,
    enable,
    revoke_sign_ins,
    set_role,
)
from dls.study.invitation import LASTS, invite
from dls.study.store import Store
from dls.ui import context


def show_accounts(store: Store) -> list[AccountStatus]:
    """A row a person."""
    everybody = accounts(store)
    st.dataframe(
        [
            {
                "User name": a.account.username,
                "Name": a.account.name,
                "Role": str(a.account.role),
                "State": "disabled" if a.disabled else "active",
                "Last seen, UTC": (a.last_seen or "never")[:16].replace("T", " "),
            }
            for a in everybody
        ],
        hide_index=True,
    )
    return everybody


def invitation_form(store: Store, who: Account) -> None:
    """A new person, and the link with which they choose a password."""
    with st.form("invite", clear_on_submit=True):
        username = st.text_input("User name (an e-mail address, for sign-in at an institution)")
        name = st.text_input("Name")
        role = Role(st.selectbox("Role", [str(role) for role in Role]))
        if not st.form_submit_button("Invite", type="primary"):
            return
    try:
        made = add_account(store, username, name, role, None, by=who.id)
    except DLSError as error:
        st.error(str(error))
        return
    show_invitation(store, made, who)


def account_actions(store: Store, everybody: list[AccountStatus], who: Account) -> None:
    """What can be done to one account; nobody bars or demotes themselves."""
    others = [a for a in everybody if a.account.id != who.id]
    if not others:
        return
    chosen = st.selectbox("Account", others, format_func=lambda a: f"{a.account.name} ({a.account.username})")
    person = chosen.account
    roles = [str(role) for role in Role]
    role = Role(st.selectbox("Role", roles, index=roles.index(person.role), key="new role"))
    buttons = st.container(horizontal=True)
    if buttons.button("Change role", disabled=role is person.role):
        _act(lambda: set_role(store, person.id, role, who.id))
    if buttons.button("End sign-ins"):
        _act(lambda: revoke_sign_ins(store, person.id, who.id))
    if chosen.disabled and buttons.button("Enable"):
        _act(lambda: enable(store, person.id, who.id))
    if not chosen.disabled and buttons.button("Disable"):
        _act(lambda: disable(store, person.id, who.id))
    if buttons.button("New invitation", help="Also the way to a new password"):
        show_invitation(store, person, who)


def show_invitation(store: Store, person: Account, who: Account) -> None:
    """A new link for a person, shown once."""
    try:
        token = invite(store, person.id, who.id)
    except DLSError as error:
        st.error(str(error))
        return
    base = context.settings().url
    st.success(f"Send this link to {person.name}. It is shown once, works once, and for {LASTS.days} days.")
    st.code(f"{base}/sign-in/invitation?token={token}")


def _act(act: Callable[[], object]) -> None:
    try:
        act()
    except DLSError as error:
        st.error(str(error))
        return
    st.rerun()
