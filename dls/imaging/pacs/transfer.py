"""Studies found on an image server, fetched whole, and results sent back; over either protocol.

A fetch lists what the server has, receives what is not there yet, and compares: it ends with every announced
instance on its shelf, whole, or with an error; running it again takes up what is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dls.errors import InputError, PeerError
from dls.imaging.pacs.dicomweb import DicomWebConnection
from dls.imaging.pacs.dimse import DimseConnection
from dls.imaging.pacs.inbox import Inbox, Shelf
from dls.imaging.pacs.peers import DicomWebServer, PacsSeries, PacsStudy, Peer, Query, checked_uid
from dls.imaging.pacs.shelves import FolderShelf, alone_in
from dls.imaging.pacs.stopping import Stopped, check
from dls.progress import Progress

Connection = DicomWebConnection | DimseConnection


@dataclass(frozen=True, slots=True)
class FetchedStudy:
    """A study on disk.

    Parameters
    ----------
    folder : where it is, a folder a series
    files : one an instance, in the server's order
    series : what was fetched
    fetched, kept : number of instances that came now, and that were there from before
    """

    folder: Path
    files: tuple[Path, ...]
    series: tuple[PacsSeries, ...]
    fetched: int
    kept: int


def verify(peer: Peer) -> None:
    """Check that a server answers (C-ECHO, or an empty search).

    Raises
    ------
    PeerError
        when it does not.
    """
    with connected(peer) as connection:
        connection.verify()


def find(peer: Peer, query: Query) -> tuple[PacsStudy, ...]:
    """Studies on a server that match, newest first; empty when there are none.

    Raises
    ------
    PeerError
        when the server cannot be reached, refuses, or answers with something else.
    """
    with connected(peer) as connection:
        found = {study.study_uid: study for study in connection.find(query)}
    for uid in found:
        _announced_uid(uid, "study")
    return tuple(sorted(found.values(), key=lambda s: (s.date, s.study_uid), reverse=True))


def fetch(
    peer: Peer,
    study_uid: str,
    folder: Path,
    *,
    modalities: Sequence[str] = ("MR",),
    progress: Progress | None = None,
    stopped: Stopped = lambda: False,
) -> FetchedStudy:
    """Bring a study's instances into a folder; what is there from before and whole is not fetched again.

    Parameters
    ----------
    folder : for this study alone
    modalities : of the series to fetch; empty for all
    progress : called with (done, total, what) after every instance
    stopped : asked between pieces of instances

    Raises
    ------
    PeerError
        when the server fails on the way, sends something damaged or not announced, or fewer instances than
        it announced.  Whole instances stay in the folder.
    StoppedError
        when a stop was asked for, likewise.
    InputError
        when the study has no such series, or the folder cannot be written.
    ConflictError
        when the study is being fetched into the folder already.
    """
    with alone_in(folder):
        shelf = FolderShelf(folder, study_uid)
        chosen, inbox, kept = fetch_onto(
            peer, study_uid, shelf, modalities=modalities, progress=progress, stopped=stopped
        )
    files = tuple(shelf.path(series, uid) for uid, series in inbox.wanted.items() if uid in inbox.here)
    return FetchedStudy(folder, files, chosen, len(inbox.here) - kept, kept)


def fetch_onto(
    peer: Peer,
    study_uid: str,
    shelf: Shelf,
    *,
    modalities: Sequence[str] = ("MR",),
    progress: Progress | None = None,
    stopped: Stopped = lambda: False,
) -> tuple[tuple[PacsSeries, ...], Inbox, int]:
    """Bring a study's instances onto a shelf; parameters and errors as `fetch`, and those of the shelf.

    Returns
    -------
    series, inbox, kept : what was fetched, where it came in, and how many instances were there from before
    """
    with connected(peer) as connection:
        chosen = _chosen(peer, connection, study_uid, modalities)
        wanted: dict[str, str] = {}
        for series in chosen:
            check(stopped)
            wanted |= dict.fromkeys(_instances(peer, connection, series), series.series_uid)
        inbox = Inbox(shelf, study_uid, wanted, progress)
        kept = len(inbox.here)
        for series in chosen:
            check(stopped)
            _complete(peer, connection, series, inbox, stopped)
    return chosen, inbox, kept


def send(
    peer: Peer,
    paths: Sequence[Path],
    *,
    progress: Progress | None = None,
    stopped: Stopped = lambda: False,
) -> None:
    """Store files on a server (STOW-RS or C-STORE), one after the other.

    Storing an instance again changes nothing on a server, so that this can be repeated after an error.

    Raises
    ------
    PeerError
        when the server cannot be reached or does not take a file.
    InputError
        when a file is no complete DICOM file.
    """
    with connected(peer) as connection:
        for done, path in enumerate(paths, start=1):
            connection.store(path, stopped)
            if progress is not None:
                progress(done, len(paths), "sending")


@contextmanager
def connected(peer: Peer) -> Iterator[Connection]:
    """A connection to a server by its own protocol, closed at the end."""
    connection: Connection
    connection = DicomWebConnection(peer) if isinstance(peer, DicomWebServer) else DimseConnection(peer)
    try:
        yield connection
    finally:
        connection.close()


def _chosen(
    peer: Peer, connection: Connection, study_uid: str, modalities: Sequence[str]
) -> tuple[PacsSeries, ...]:
    every = _series(connection, checked_uid(study_uid, "study"))
    chosen = tuple(s for s in every if not modalities or s.modality in modalities)
    if not chosen:
        raise InputError(
            f"{peer} has no such series of the study" if every else f"{peer} does not have the study",
            expected=f"a series of modality {', '.join(modalities)}" if modalities else "a series",
            got=", ".join(sorted({s.modality or "none" for s in every})) or f"nothing of {study_uid}",
        )
    return chosen


def _series(connection: Connection, study_uid: str) -> tuple[PacsSeries, ...]:
    found = {series.series_uid: series for series in connection.series(study_uid)}
    for uid in found:
        _announced_uid(uid, "series")
    return tuple(sorted(found.values(), key=lambda s: (s.number is None, s.number or 0, s.series_uid)))


def _instances(peer: Peer, connection: Connection, series: PacsSeries) -> tuple[str, ...]:
    """Instances that the server lists; it must list as many as it counts."""
    listed = tuple(dict.fromkeys(connection.instances(series)))
    for uid in listed:
        _announced_uid(uid, "SOP instance")
    if series.instance_count is not None and len(listed) != series.instance_count:
        raise PeerError(
            f"{peer} lists another number of instances than it counts in series {series.number}",
            expected=f"{series.instance_count} instances",
            got=f"{len(listed)}",
            remedy="wait until the study has arrived at the server, then fetch again",
        )
    return listed


def _announced_uid(uid: str, what: str) -> None:
    """Refuse what a server lists as a UID and is none; it would become a file's name."""
    try:
        checked_uid(uid, what)
    except InputError as error:
        raise PeerError(
            f"The server lists a {what} without a UID", expected=error.expected, got=error.got
        ) from error


def _complete(peer: Peer, connection: Connection, series: PacsSeries, inbox: Inbox, stopped: Stopped) -> None:
    """Fetch what is missing of a series: all in one request, or else by instance."""
    announced = [uid for uid, of in inbox.wanted.items() if of == series.series_uid]
    missing = inbox.missing(series.series_uid)
    if not missing:
        return
    if len(missing) == len(announced):
        connection.retrieve_series(series, inbox, stopped)
    else:
        connection.retrieve_instances(series, missing, inbox, stopped)
    missing = inbox.missing(series.series_uid)
    if missing:
        raise PeerError(
            f"{peer} sent fewer instances than it announced in series {series.number}",
            expected=f"{len(announced)} instances",
            got=f"{len(announced) - len(missing)}; the first that is missing is {missing[0]}",
            remedy="fetch again: only what is missing is asked for",
        )
