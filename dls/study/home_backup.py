"""The whole study in one folder: the database, the images, what was received, and the models.

The database is copied first, so that everything it speaks of is among the files that follow.  A manifest with
the SHA-256 of every file is written last: a folder without one is no backup.  Left out are the keys, which
belong elsewhere (`KEYS`), and what is computed again from the rest: features, saliency, image groups.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dls.errors import ConflictError, InputError
from dls.study.audit import Verification
from dls.study.backup import backup, check_backup, restore
from dls.study.database import Database
from dls.whole_files import write_whole

FOLDERS = ("images", "deliveries", "models", "registry", "training", "datasets")
FILES = ("dls.toml",)
DATABASE = "study.db"
MANIFEST = "backup.json"
FORMAT = 1
ARRIVING = ".restore-"
KEYS = Path("keys") / "uid.key"
"""Turns identifiers into pseudonyms.  Who has it and the study can test who a case is: it is kept apart."""


@dataclass(frozen=True, slots=True)
class HomeBackup:
    """A backup that was made: its folder, and number and bytes of the files beside the database."""

    folder: Path
    files: int
    size: int


@dataclass(frozen=True, slots=True)
class HomeRestored:
    """What a restore led to.

    Parameters
    ----------
    trail : of the restored database
    files : number of files beside it
    key_missing : whether the study has a key, which is to be put back, and there is none
    """

    trail: Verification
    files: int
    key_missing: bool


def backup_home(database: Database, home: Path, target: Path, by: int | None = None) -> HomeBackup:
    """Copy a study to a new folder, while it is in use; only its owner may read the folder.

    Raises
    ------
    ConflictError
        when the folder exists.
    InputError
        when it lies within the study or cannot be written.
    """
    target = Path(target)
    if target.resolve().is_relative_to(home.resolve()):
        raise InputError(
            "The backup would lie within the study", got=str(target), remedy="choose a folder elsewhere"
        )
    try:
        target.mkdir(mode=0o700)
    except FileExistsError as error:
        raise ConflictError(
            "The backup would overwrite a folder", got=str(target), remedy="choose another name"
        ) from error
    except OSError as error:
        raise InputError("The folder of the backup cannot be made", got=str(error)) from error
    try:
        copied = backup(database, target / DATABASE, by)
        hashes = {DATABASE: _sha256(copied)}
        for path in _kept(home):
            name = path.relative_to(home)
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            try:
                shutil.copyfile(path, target / name)
            except FileNotFoundError:
                continue  # discarded or replaced meanwhile; what the database speaks of stays
            hashes[name.as_posix()] = _sha256(target / name)
        key = home / KEYS
        manifest = {"format": FORMAT, "made": database.now(), "key": _sha256(key) if key.is_file() else None}
        write_whole(target / MANIFEST, json.dumps({**manifest, "files": hashes}, indent=1).encode())
    except OSError as error:
        raise InputError("The backup cannot be written", got=str(error), remedy="make room") from error
    size = sum((target / name).stat().st_size for name in hashes if name != DATABASE)
    return HomeBackup(target, len(hashes) - 1, size)


def restore_home(source: Path, home: Path, *, replace: bool = False) -> HomeRestored:
    """Put a backup of a whole study in a home, after checking every file; the backup stays as it is.

    What is replaced is kept as `NAME.before-restore-TIME`.  The database comes last: a restore that was
    killed before it leaves the old database among new files, and the same call with `replace` completes it.

    Raises
    ------
    InputError
        when it is no complete backup, a file was altered, or the database is not sound; nothing is changed.
    ConflictError
        when there is a study and `replace` is false, or the key in the home is another study's.
    """
    manifest = _manifest(source)
    names = [name for name in manifest["files"] if name != DATABASE]
    _check_files(source, manifest["files"])
    check_backup(source / DATABASE)
    there = [home / name for name in (DATABASE, *FOLDERS, *FILES) if (home / name).exists()]
    if there and not replace:
        raise ConflictError(
            "There is a study already", got=", ".join(map(str, there)), remedy="restore with --replace"
        )
    key = home / KEYS
    if manifest["key"] and key.is_file() and _sha256(key) != manifest["key"]:
        raise ConflictError(
            "The key in this home is another study's",
            got=str(key),
            remedy="put the key of the restored study there, or take this one away",
        )
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    for left in home.glob(f"{ARRIVING}*"):
        shutil.rmtree(left)
    arriving = home / f"{ARRIVING}{stamp}"
    try:
        for name in names:
            (arriving / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / name, arriving / name)
        for path in there:
            if path.name != DATABASE:
                path.rename(path.with_name(f"{path.name}.before-restore-{stamp}"))
        for path in sorted(arriving.iterdir()) if arriving.exists() else ():
            path.rename(home / path.name)
        trail = restore(source / DATABASE, home / DATABASE, replace=replace)
    except OSError as error:
        raise InputError("The home cannot be written", got=str(error)) from error
    finally:
        shutil.rmtree(arriving, ignore_errors=True)
    return HomeRestored(trail, len(names), bool(manifest["key"]) and not key.is_file())


def _kept(home: Path) -> list[Path]:
    """Files of a home that a backup holds; what is hidden is under way or a lock."""
    found = [home / name for name in FILES if (home / name).is_file()]
    for folder in FOLDERS:
        for path in sorted((home / folder).rglob("*")):
            hidden = any(part.startswith(".") for part in path.relative_to(home).parts)
            if not hidden and path.is_file() and not path.is_symlink():
                found.append(path)
    return found


def _manifest(source: Path) -> dict[str, Any]:
    path = source / MANIFEST
    try:
        manifest: dict[str, Any] = json.loads(path.read_text())
        if manifest["format"] != FORMAT or DATABASE not in manifest["files"]:
            raise ValueError(f"format {manifest['format']}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            "This is no complete backup of a study",
            expected=f"a folder with {MANIFEST}",
            got=f"{source}: {error}",
            remedy="take another one",
        ) from error
    return manifest


def _check_files(source: Path, hashes: dict[str, str]) -> None:
    for name, sha256 in hashes.items():
        inside = (source / name).resolve().is_relative_to(source.resolve())
        if not inside or not (source / name).is_file() or _sha256(source / name) != sha256:
            raise InputError(
                "A file of the backup is missing or was altered", got=name, remedy="take another one"
            )


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
