"""The folder that a delivery grows in: de-identified copies and a journal of what has come.

The journal has a line a file, written when the copy is complete, so that a delivery that was interrupted in
any way is taken up where it stopped.  Names and contents of the originals are in it as keyed hashes only.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from dls.errors import ConflictError
from dls.imaging.deidentify import RemovalReport
from dls.imaging.headers import Header
from dls.whole_files import flush

JOURNAL = "journal.jsonl"
RECORD = "delivery.json"
LOCK = ".lock"
PARTIAL = ".partial"
KEPT_SECONDS = 7 * 86_400
"""An interrupted delivery that nobody took up for so long is removed."""


@dataclass(frozen=True, slots=True)
class Staged:
    """One file that has come.

    Parameters
    ----------
    name, content : keyed hashes of the original's name and bytes
    file : name of the de-identified copy
    sha256 : of the copy
    headers : of the images in the copy, with what the original said about its type
    removal : what the de-identification removed and replaced
    """

    name: str
    content: str
    file: str
    sha256: str
    headers: tuple[Header, ...]
    removal: RemovalReport


class Staging:
    """One delivery that is coming in.

    Parameters
    ----------
    folder : made when it does not exist; locked against other processes until `close`

    Raises
    ------
    ConflictError
        when another process is receiving the same study.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = (folder / LOCK).open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            raise ConflictError(
                "This study is being received already", remedy="wait until that is done, or stop it"
            ) from error
        self._by_content: dict[str, Staged] = {}
        self._by_name: dict[str, Staged] = {}
        self._journal = (folder / JOURNAL).open("ab")
        self._read()
        os.utime(folder / JOURNAL)

    def by_content(self, content: str) -> Staged | None:
        """The file with this content, if its copy is there and whole."""
        return self._by_content.get(content)

    def by_name(self, name: str) -> Staged | None:
        """The file of this name, if its copy is there and whole."""
        return self._by_name.get(name)

    def path(self, content: str) -> Path:
        """Where the copy of a file with this content belongs."""
        return self.folder / f"{content[:32]}.dcm"

    def add(self, staged: Staged, copy: bytes) -> None:
        """Write a copy, then its line of the journal."""
        (self.folder / staged.file).write_bytes(copy)
        values = {f.name: getattr(staged, f.name) for f in fields(Staged)}
        listed = [to_json(h) for h in staged.headers]
        line = json.dumps({**values, "headers": listed, "removal": report_to_json(staged.removal)})
        self._journal.write(line.encode() + b"\n")
        self._journal.flush()
        self._remember(staged)

    def seal(self, kept: set[str], record: Mapping[str, Any], target: Path) -> None:
        """Put the delivery in place under `target`, in one rename; what is not in `kept` is removed first.

        Parameters
        ----------
        kept : names of files and folders in this one
        record : content of `delivery.json`
        """
        (self.folder / RECORD).write_text(json.dumps(record))
        for path in self.folder.iterdir():
            if path.name not in {*kept, RECORD, LOCK}:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            elif path.is_file():
                flush(path)
        flush(self.folder)
        self.folder.rename(target)
        flush(target.parent)
        (target / LOCK).unlink()

    def remove(self) -> None:
        """Give the delivery up: the folder goes."""
        shutil.rmtree(self.folder)

    def close(self) -> None:
        """Release the lock; what has come stays."""
        self._journal.close()
        self._lock.close()

    def _remember(self, staged: Staged) -> None:
        self._by_content[staged.content] = self._by_name[staged.name] = staged

    def _read(self) -> None:
        """Take up the journal; a line that was cut off, and a copy that is not whole, are as if not there."""
        for line in (self.folder / JOURNAL).read_bytes().splitlines(keepends=True):
            if not line.endswith(b"\n"):
                self._journal.truncate(self._journal.seek(0, os.SEEK_END) - len(line))
                break
            staged = _staged(json.loads(line))
            path = self.folder / staged.file
            if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == staged.sha256:
                self._remember(staged)


def remove_stale(folder: Path, now: Callable[[], float] = time.time) -> None:
    """Remove interrupted deliveries of a folder that nobody took up for `KEPT_SECONDS`."""
    for journal in folder.glob(f".*{PARTIAL}/{JOURNAL}"):
        if now() - journal.stat().st_mtime > KEPT_SECONDS:
            shutil.rmtree(journal.parent)


def to_json(header: Header) -> dict[str, Any]:
    """A header as JSON; of its path the name."""
    return {**asdict(header), "path": header.path.name}


def from_json(values: Mapping[str, Any], folder: Path) -> Header:
    """The header that `to_json` wrote, its file being in `folder`."""
    listed = {n: tuple(v) if isinstance(v, list) else v for n, v in values.items()}
    return Header(**{**listed, "path": folder / values["path"]})


def report_to_json(report: RemovalReport) -> dict[str, Any]:
    """A removal report as JSON."""
    counts = {n: dict(getattr(report, n)) for n in ("removed", "replaced", "kept")}
    return {**counts, "files": report.files}


def _staged(values: Mapping[str, Any]) -> Staged:
    headers = tuple(from_json(h, Path()) for h in values["headers"])
    removal = RemovalReport(**values["removal"])
    return Staged(**{**values, "headers": headers, "removal": removal})
