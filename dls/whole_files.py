"""Files and folders that are there completely or not at all, whenever their writer is killed.

They are made beside their place under a hidden name (`.<name>-<random>.part`), so that several writers do not
meet, and get their name at the end.  What a killed writer left keeps its hidden name, and nobody reads it.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write, which takes the place of `path` once it is on disk; on an error nothing has changed.

    A reader finds the old content or the new one, even after a power cut.  The folder is made when missing.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = _beside(path)
    try:
        with part.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    flush(path.parent)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file by `new_file`."""
    with new_file(path) as file:
        file.write(content)


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """An empty folder to fill, which takes the place of `folder`; on an error nothing has changed.

    What lay there is removed only afterwards.  The parent is made when missing.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    part, old = _beside(folder), _beside(folder)
    part.mkdir()
    try:
        yield part
        if folder.exists():
            folder.rename(old)
        try:
            part.rename(folder)
        except OSError:
            if old.exists() and not folder.exists():
                old.rename(folder)
            raise
    finally:
        shutil.rmtree(part, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def remove_leftovers(folder: Path) -> None:
    """Remove what killed writers left in a folder, files and folders, once nobody writes there."""
    for part in folder.glob(".*.part"):
        if part.is_dir():
            shutil.rmtree(part)
        else:
            part.unlink()


def flush(path: Path) -> None:
    """Have a file, or the names in a folder, on disk before going on."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}-{secrets.token_hex(4)}.part")
