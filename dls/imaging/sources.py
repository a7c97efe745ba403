"""Where files come from: a folder, or what a browser sent.  A zip archive is in `zip_archive`.

A source is an iterator that holds one file at a time; what it will not touch it names with the reason.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dls.errors import InputError

LARGEST_FILE = 512 * 2**20
"""Bytes of one file; an Enhanced MR object of a thousand frames has about 130 MiB."""

LITTER = {"dicomdir", "thumbs.db", "desktop.ini"}
"""What operating systems and CDs add to a folder of images."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Stands for the content of a file that is not taken, and says why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Incoming:
    """One file on its way in.

    Parameters
    ----------
    name : at the source, for messages; never stored.  Where `content` is a function, the name must stand for
        the content (a SOP instance UID does): a file of this name that came before an interruption is not
        fetched again
    content : the bytes, the path of a file, a function that fetches the bytes, or why there are none
    """

    name: str
    content: bytes | Path | Callable[[], bytes] | LeftOut


def folder_files(folder: Path) -> list[Incoming]:
    """Every regular file below a folder, by path; hidden files and litter are not listed.

    Symbolic links are not followed: they, and what is neither file nor folder, are left out by name.

    Raises
    ------
    InputError
        when there is no such folder, or a part of it cannot be listed.
    """
    if folder.is_symlink() or not folder.is_dir():
        raise InputError("There is no such folder", got=str(folder), remedy="give the folder of one study")
    return list(_walk(folder))


def uploaded_files(files: Iterable[tuple[str, Callable[[], bytes]]]) -> Iterator[Incoming]:
    """Files that a browser sent, as pairs of name and a function that gives the content."""
    for name, content in files:
        if wanted_name(name):
            yield Incoming(name, content())


def wanted_name(name: str) -> bool:
    """Whether no part of a path is hidden and the file is not litter."""
    parts = name.replace("\\", "/").split("/")
    return not any(p.startswith((".", "__MACOSX")) for p in parts) and parts[-1].casefold() not in LITTER


def content_of(incoming: Incoming) -> bytes:
    """Bytes of a file; a path is opened without following a link, and only when it is a regular file.

    Raises
    ------
    InputError
        when the file cannot be read, is no regular file, or is larger than `LARGEST_FILE`.
    """
    if isinstance(incoming.content, Path):
        return _read(incoming.content)
    content = incoming.content() if callable(incoming.content) else incoming.content
    assert isinstance(content, bytes)
    check_size(incoming.name, len(content))
    return content


def check_size(name: str, size: int) -> None:
    """Refuse a file larger than `LARGEST_FILE`."""
    if size > LARGEST_FILE:
        raise InputError(
            f"{name} is too large",
            expected=f"at most {LARGEST_FILE // 2**20} MiB a file",
            got=f"{size / 2**20:.0f} MiB",
            remedy="take it out; images of one slice have well below 10 MiB",
        )


def _walk(top: Path) -> Iterator[Incoming]:
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        below = []
        for entry in _listed(folder):
            path = Path(entry.path)
            name = path.relative_to(top).as_posix()
            if not wanted_name(entry.name):
                continue
            if entry.is_symlink():
                yield Incoming(name, LeftOut("symbolic link, not followed"))
            elif entry.is_dir(follow_symlinks=False):
                below.append(path)
            elif entry.is_file(follow_symlinks=False):
                yield Incoming(name, path)
            else:
                yield Incoming(name, LeftOut("neither file nor folder"))
        waiting += reversed(below)


def _listed(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise InputError(
            f"{folder} cannot be listed", got=error.strerror or str(error), remedy="give the right to read it"
        ) from error


def _read(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise InputError(f"{path.name} cannot be read", got=error.strerror or str(error)) from error
    with open(descriptor, "rb") as stream:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            raise InputError(f"{path.name} is no regular file")
        check_size(path.name, state.st_size)
        return stream.read()
