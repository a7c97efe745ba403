"""Where the instances of one study arrive: in memory, one at a time, and only whole ones go on.

What is under way is never on disk; where a whole instance goes is a `Shelf`'s business (see `shelves`).
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Protocol

from dls.errors import InputError, PeerError
from dls.imaging.pacs.wholeness import Identity, identity_of
from dls.imaging.sources import check_size
from dls.progress import Progress


class Shelf(Protocol):
    """Keeps whole instances."""

    def has(self, series_uid: str, sop_uid: str) -> bool:
        """Whether an instance is there from before, and whole."""

    def put(self, series_uid: str, sop_uid: str, content: bytes) -> None:
        """Keep an instance: the bytes of a complete file."""


class Arrival:
    """One instance under way: written piece by piece, then taken in or dropped."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox, self._content = inbox, BytesIO()

    def write(self, piece: bytes | memoryview) -> None:
        """Add the next bytes.

        Raises
        ------
        InputError
            when they are more than any instance has.
        """
        self._content.write(piece)
        check_size("What the server sends as one instance", self._content.tell())

    def finish(self) -> None:
        """Hand the whole instance over; errors as `Inbox.take_in`."""
        self._inbox.take_in(self._content.getvalue())


class Inbox:
    """Takes the announced instances of one study in.

    Parameters
    ----------
    shelf : where whole instances go
    study_uid : the study they must belong to
    wanted : SOP instance UID -> series UID of every instance that was announced
    progress : called with (whole instances here, announced, what)

    Raises
    ------
    InputError
        from the shelf.
    """

    def __init__(
        self, shelf: Shelf, study_uid: str, wanted: Mapping[str, str], progress: Progress | None = None
    ) -> None:
        self.study_uid, self.wanted = study_uid, wanted
        self._shelf, self._progress = shelf, progress
        self._here = {uid for uid, series in wanted.items() if shelf.has(series, uid)}
        self._report()

    @property
    def here(self) -> frozenset[str]:
        """Instances that are there and whole."""
        return frozenset(self._here)

    def missing(self, series_uid: str) -> tuple[str, ...]:
        """Announced instances of a series that are not there."""
        return tuple(u for u, series in self.wanted.items() if series == series_uid and u not in self._here)

    def begin(self) -> Arrival:
        """Something to write one instance into."""
        return Arrival(self)

    def take_in(self, content: bytes) -> None:
        """Put a received instance on the shelf; one that is there already changes nothing.

        Raises
        ------
        PeerError
            when it is cut short, is no DICOM file, or is not one of the announced instances.
        InputError
            from the shelf.
        """
        try:
            found = identity_of(BytesIO(content), len(content), "what the server sent")
        except InputError as error:
            raise PeerError(
                "The server sent an instance that is not whole",
                expected="a complete DICOM file",
                got=error.got or error.message,
                remedy="fetch again; when it stays so, the server's own copy is damaged",
            ) from error
        if not self._announced(found):
            raise PeerError(
                "The server sent an instance that it had not announced",
                expected=f"an instance of study {self.study_uid}",
                got=f"instance {found.sop_uid} of series {found.series_uid} of study {found.study_uid}",
                remedy="fetch again; the study may have been arriving at the server",
            )
        if found.sop_uid in self._here:
            return
        self._shelf.put(found.series_uid, found.sop_uid, content)
        self._here.add(found.sop_uid)
        self._report()

    def _report(self) -> None:
        if self._progress is not None:
            self._progress(len(self._here), len(self.wanted), "fetching")

    def _announced(self, found: Identity) -> bool:
        return found.study_uid == self.study_uid and self.wanted.get(found.sop_uid) == found.series_uid
