"""Who is looking: the account behind this browser, checked against the server's record at every run."""

from __future__ import annotations

import streamlit as st

from dls.study.accounts import Account, Role, account_of
from dls.ui import context

COOKIE = "dls_session"


def token() -> str | None:
    """Session token in the browser's cookie; fixed when the page's connection was opened."""
    return st.context.cookies.get(COOKIE)


def account() -> Account | None:
    """Account signed in, or None after sign-out, revocation, time-out or with a forged cookie."""
    found = token()
    return account_of(context.store(), found, context.idle_timeout()) if found else None


def require(*roles: Role) -> Account:
    """Account signed in, when it has one of `roles`; otherwise says why not and stops the page."""
    who = account()
    if who is None:
        st.error("You are signed out. [Sign in again](/sign-in) to go on.")
        st.stop()
    if who.role not in roles:
        st.error(f"This page is for the {' or the '.join(roles)}; you are signed in as {who.role}.")
        st.stop()
    return who
