"""The errors a user can meet.  Each says what was expected, what was got and what to do."""

from __future__ import annotations

from typing import Self


class DLSError(Exception):
    """Base of every error that is shown to a user rather than traced.

    Parameters
    ----------
    message : what is wrong, in one sentence
    expected, got : the two sides of the mismatch, where there is one
    remedy : what the user can do about it
    code : short name of a refusal, for those who handle it by kind; empty where nobody needs to
    """

    def __init__(
        self, message: str, *, expected: str = "", got: str = "", remedy: str = "", code: str = ""
    ) -> None:
        self.message, self.expected, self.got, self.remedy = message, expected, got, remedy
        self.code = code
        parts = [message if message.endswith((".", "?", "!")) else f"{message}."]
        parts += [f"Expected: {expected}."] if expected else []
        parts += [f"Got: {got}."] if got else []
        parts += [f"Remedy: {remedy}."] if remedy else []
        super().__init__(" ".join(parts))

    def at(self, place: str) -> Self:
        """The same error with the place where it happened before its message."""
        return type(self)(
            f"{place}: {self.message}",
            expected=self.expected,
            got=self.got,
            remedy=self.remedy,
            code=self.code,
        )


class InputError(DLSError):
    """A file, table or value from outside does not have the form that is needed."""


class GeometryError(InputError):
    """A series does not form one regular volume, or a point lies outside it."""


class StatisticsError(InputError):
    """The data do not determine the statistic that was asked for."""


class AccessError(DLSError):
    """The person signed in (or nobody) may not see or do this."""


class ConflictError(DLSError):
    """The change contradicts what is already stored, such as a second reading of a case."""


class PackageError(InputError):
    """A model package is incomplete, altered or does not match its specification."""


class StoppedError(DLSError):
    """The work was stopped on request; what was done so far is kept, and the next run takes it up."""


class PeerError(DLSError):
    """An image server cannot be reached, refuses, or does not deliver what it announced."""


class StorageError(InputError):
    """The study's file takes no writing, or cannot be read: a full disk, a read-only folder, damage."""


class BusyError(ConflictError):
    """Another program kept the study's file to itself for too long; trying again can help."""
