"""The folder into which instances are received: only whole ones, each under its own name.

`FOLDER/<series UID>/<SOP instance UID>.dcm`.  What is under way has the suffix `.part` and is put in place by
one rename after it was checked, so that an interruption leaves whole files only.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from dls.errors import ConflictError, InputError, PeerError
from dls.imaging.pacs.peers import checked_uid
from dls.imaging.pacs.wholeness import Identity, identity

Progress = Callable[[int, int, str], None]

_PART = ".part"
_LOCK = ".lock"


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Make a folder, closed to other accounts, and keep other processes from fetching into it.

    Raises
    ------
    ConflictError
        when one does already.
    InputError
        when the folder cannot be made.
    """
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        stream = (folder / _LOCK).open("w")
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConflictError(
                "The study is being fetched already", got=str(folder), remedy="wait until that has ended"
            ) from error
        yield


class Arrival:
    """One instance under way: written piece by piece, then taken in or dropped."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        with _writing(inbox.folder):
            descriptor, name = tempfile.mkstemp(suffix=_PART, dir=inbox.folder)
        self._stream, self._part = os.fdopen(descriptor, "wb"), Path(name)

    def write(self, piece: bytes | memoryview) -> None:
        """Add the next bytes."""
        with _writing(self._part):
            self._stream.write(piece)

    def finish(self) -> None:
        """Hand the whole instance over.

        Raises
        ------
        PeerError
            from `Inbox.take_in`; nothing is left behind then.
        """
        try:
            with _writing(self._part):
                self._stream.close()
            self._inbox.take_in(self._part)
        finally:
            self._part.unlink(missing_ok=True)

    def drop(self) -> None:
        """Remove what has come."""
        self._stream.close()
        self._part.unlink(missing_ok=True)


class Inbox:
    """Where the instances of one study arrive.

    Parameters
    ----------
    folder : made, closed to others, when it does not exist
    study_uid : the study they must belong to
    wanted : SOP instance UID -> series UID of every instance that was announced
    progress : called with (whole instances here, announced, what)

    Raises
    ------
    InputError
        when the folder cannot be written.
    """

    def __init__(
        self, folder: Path, study_uid: str, wanted: Mapping[str, str], progress: Progress | None = None
    ) -> None:
        self.folder, self.study_uid, self.wanted = folder, study_uid, wanted
        self._progress = progress
        with _writing(folder):
            for stale in folder.glob(f"*{_PART}"):
                stale.unlink()
            self._here = {uid for uid in wanted if self._is_whole(uid)}
        self._report()

    @property
    def here(self) -> frozenset[str]:
        """Instances that are there and whole."""
        return frozenset(self._here)

    @property
    def files(self) -> tuple[Path, ...]:
        """Files of the instances that are there, in the order in which they were announced."""
        return tuple(self.path(uid) for uid in self.wanted if uid in self._here)

    def missing(self, series_uid: str) -> tuple[str, ...]:
        """Announced instances of a series that are not there."""
        return tuple(u for u, series in self.wanted.items() if series == series_uid and u not in self._here)

    def path(self, uid: str) -> Path:
        """Where an announced instance belongs."""
        name = f"{checked_uid(uid, 'SOP instance')}.dcm"
        return self.folder / checked_uid(self.wanted[uid], "series") / name

    def begin(self) -> Arrival:
        """A file to write one instance into."""
        return Arrival(self)

    def take_in(self, part: Path) -> None:
        """Put a received file in its place.

        Raises
        ------
        PeerError
            when it is cut short, is no DICOM file, or is not one of the announced instances.
        """
        try:
            found = identity(part)
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
        path = self.path(found.sop_uid)
        with _writing(path):
            path.parent.mkdir(exist_ok=True, mode=0o700)
            part.replace(path)
        self._here.add(found.sop_uid)
        self._report()

    def _report(self) -> None:
        if self._progress is not None:
            self._progress(len(self._here), len(self.wanted), "fetching")

    def _announced(self, found: Identity) -> bool:
        return found.study_uid == self.study_uid and self.wanted.get(found.sop_uid) == found.series_uid

    def _is_whole(self, uid: str) -> bool:
        """Whether an instance is there from before; a damaged file of it is removed."""
        path = self.path(uid)
        if not path.is_file():
            return False
        try:
            found = identity(path)
        except InputError:
            path.unlink()
            return False
        if found.sop_uid != uid or not self._announced(found):
            path.unlink()
            return False
        return True


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Errors of the disk, as ours."""
    try:
        yield
    except OSError as error:
        raise InputError(
            "What is received cannot be written",
            got=f"{path}: {error.strerror or error}",
            remedy="make room, or choose another folder",
        ) from error
