"""Where fetched instances are kept: in a folder as they came, or de-identified in a delivery."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dls.errors import ConflictError, InputError
from dls.imaging.pacs.peers import checked_uid
from dls.imaging.pacs.wholeness import identity
from dls.imaging.reception import Reception
from dls.imaging.sources import Incoming

_PART = ".part"
_LOCK = ".lock"


class FolderShelf:
    """Keeps instances as they came: `FOLDER/<series UID>/<SOP instance UID>.dcm`, closed to other accounts.

    A file is put in place by one rename, so that an interruption leaves whole files only.

    Parameters
    ----------
    folder : for one study alone
    study_uid : a file of another one is no instance of it
    """

    def __init__(self, folder: Path, study_uid: str) -> None:
        self._folder, self._study_uid = folder, study_uid
        with _writing(folder):
            for stale in folder.glob(f"*{_PART}"):
                stale.unlink()

    def path(self, series_uid: str, sop_uid: str) -> Path:
        """Where an instance belongs."""
        return (
            self._folder / checked_uid(series_uid, "series") / f"{checked_uid(sop_uid, 'SOP instance')}.dcm"
        )

    def has(self, series_uid: str, sop_uid: str) -> bool:
        """Whether an instance is there from before; a damaged file of it is removed."""
        path = self.path(series_uid, sop_uid)
        if not path.is_file():
            return False
        try:
            found = identity(path)
        except InputError:
            path.unlink()
            return False
        if (found.study_uid, found.series_uid, found.sop_uid) != (self._study_uid, series_uid, sop_uid):
            path.unlink()
            return False
        return True

    def put(self, series_uid: str, sop_uid: str, content: bytes) -> None:
        """Write a file, completely or not at all."""
        path = self.path(series_uid, sop_uid)
        with _writing(path):
            descriptor, part = tempfile.mkstemp(suffix=_PART, dir=self._folder)
            try:
                with os.fdopen(descriptor, "wb") as stream:
                    stream.write(content)
                path.parent.mkdir(exist_ok=True, mode=0o700)
                Path(part).replace(path)
            finally:
                Path(part).unlink(missing_ok=True)


class DeliveryShelf:
    """Hands instances to a reception, which keeps de-identified copies; no original is ever on disk.

    Parameters
    ----------
    reception : of the study that is fetched
    """

    def __init__(self, reception: Reception) -> None:
        self._reception = reception

    def has(self, series_uid: str, sop_uid: str) -> bool:
        """Whether a copy came before an interruption; it is taken up."""
        return self._reception.take_up(sop_uid)

    def put(self, series_uid: str, sop_uid: str, content: bytes) -> None:
        """De-identify and keep a copy."""
        self._reception.take(Incoming(sop_uid, content))


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
