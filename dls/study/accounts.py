"""People, their passwords and their sign-ins, in one place.

Passwords are kept as argon2id hashes (RFC 9106); see `passwords`, `sign_ins` and `account_changes`.
"""

from __future__ import annotations

from dls.study.account_changes import (
    account_named,
    account_numbered,
    accounts,
    add_account,
    add_accounts_without_password,
    disable,
    enable,
    set_password,
    set_role,
    usernames_without_password,
)
from dls.study.person import Account, AccountStatus, Role
from dls.study.sign_ins import (
    IDLE_TIMEOUT,
    LONGEST_SIGN_IN,
    account_of,
    confirm_password,
    fingerprint,
    open_session,
    revoke_sign_ins,
    sign_in,
    sign_out,
)

__all__ = [
    "IDLE_TIMEOUT",
    "LONGEST_SIGN_IN",
    "Account",
    "AccountStatus",
    "Role",
    "account_named",
    "account_numbered",
    "account_of",
    "accounts",
    "add_account",
    "add_accounts_without_password",
    "confirm_password",
    "disable",
    "enable",
    "fingerprint",
    "open_session",
    "revoke_sign_ins",
    "set_password",
    "set_role",
    "sign_in",
    "sign_out",
    "usernames_without_password",
]
