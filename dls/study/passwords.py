"""Passwords: kept as argon2id hashes, and compared in the same time whether or not the name exists.

Source: RFC 9106 (Argon2); NIST SP 800-63B, section 5.1.1 (length, no composition rules).
"""

from __future__ import annotations

import secrets
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from dls.errors import InputError
from dls.study.database import PasswordCost

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 1024
NO_PASSWORD = "!"
"""In place of a hash: no password matches, until one is set."""


def hashed(cost: PasswordCost, password: str) -> str:
    """Hash of a new password.

    Raises
    ------
    InputError
        when it is too short or too long.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise InputError(
            "The password is too short" if len(password) < SHORTEST_PASSWORD else "The password is too long",
            expected=f"at least {SHORTEST_PASSWORD} characters, at most {LONGEST_PASSWORD}",
        )
    return _hasher(cost).hash(password)


def matches(password_hash: str, password: str) -> bool:
    """Whether a password belongs to a hash."""
    try:
        return PasswordHasher().verify(password_hash, password[: LONGEST_PASSWORD + 1])
    except (VerifyMismatchError, InvalidHashError):
        return False


@lru_cache
def nobodys_hash(cost: PasswordCost) -> str:
    """A hash that no password matches, so that an unknown name costs as much as a known one."""
    return _hasher(cost).hash(secrets.token_urlsafe(32))


def _hasher(cost: PasswordCost) -> PasswordHasher:
    return PasswordHasher(time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=cost.lanes)
