"""Mismatch of the cases' sequences with T2, kept beside the images until images or outline change."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd

from dls.domain import Sequence
from dls.imaging.archive import RECORD, ImageArchive
from dls.imaging.mismatch import Mismatch, mismatches
from dls.study import outlines
from dls.study.cases import codes
from dls.ui import context
from dls.whole_files import write_whole

KeptMismatches = Mapping[int, dict[Sequence, Mismatch]]
"""What was computed, by case."""
LIST_COLUMNS = ("code", "version", "sequence", "score", "distance", "look")


def mismatch_of(archive: ImageArchive, case_id: int) -> dict[Sequence, Mismatch]:
    """Mismatch of a case, computed unless it is kept (some tenths of a second); empty without an outline.

    Raises
    ------
    InputError
        when the case's images are missing.
    """
    found, state = kept_mismatch(archive, case_id), _state(archive, case_id)
    if found is None:
        outline = archive.outline(case_id)
        found = {} if outline is None else mismatches(archive.volumes(case_id), outline)
        _keep(case_id, state, found)
    return found


def kept_mismatch(archive: ImageArchive, case_id: int) -> dict[Sequence, Mismatch] | None:
    """What was computed of the images and outline as they are now; None where there is nothing such."""
    try:
        kept = _content(_mark(_path(_folder(), case_id)))
    except FileNotFoundError:
        return None
    return _mismatches(kept) if kept["state"] == _state(archive, case_id) else None


def kept_mismatches(archive: ImageArchive) -> KeptMismatches:
    """`kept_mismatch` of every case that has one."""
    folder = _folder()
    names = [name.removesuffix(".json") for name in os.listdir(folder)] if folder.is_dir() else []
    found = {int(name): _content(_mark(_path(folder, int(name)))) for name in names if name.isdecimal()}
    return {i: _mismatches(kept) for i, kept in found.items() if kept["state"] == _state(archive, i)}


def _mismatches(kept: Mapping[str, Any]) -> dict[Sequence, Mismatch]:
    return {
        Sequence(name): Mismatch(one["score"], one["similarity"], tuple(one["better"]))
        for name, one in kept["sequences"].items()
    }


def check_list(kept: KeptMismatches) -> pd.DataFrame:
    """All cases with the sequence that lies worst, worst first: index case_id, columns `LIST_COLUMNS`.

    Score and distance are missing where they have not been computed, or nothing is outlined.

    Parameters
    ----------
    kept : of `kept_mismatches`
    """
    store = context.store()
    drawn = outlines.newest_revisions(store)
    rows = {
        case_id: (code, drawn.get(case_id, 0), *_worst(kept.get(case_id, {})))
        for case_id, code in codes(store).items()
    }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(LIST_COLUMNS))
    return table.sort_values(["look", "score"], ascending=False, na_position="last", kind="stable")


def _worst(found: dict[Sequence, Mismatch]) -> tuple[str, float | None, float | None, bool]:
    """Flagged sequences before others, then by score."""
    if not found:
        return "", None, None, False
    sequence, one = max(found.items(), key=lambda pair: (pair[1].flagged, pair[1].score))
    return str(sequence), one.score, one.distance, one.flagged


def _state(archive: ImageArchive, case_id: int) -> str:
    """Hash of the archive's record of a case (images, outline, shifts); empty where there is none.

    A computation may end after a change that came in its midst, so that times cannot tell what it is of.
    """
    try:
        return _hash(_mark(archive.root / str(case_id) / RECORD))
    except FileNotFoundError:
        return ""


FileMark = tuple[Path, int, int, int]
"""A file and what tells its content: inode, change in ns and size; these files are replaced as a whole."""


def _mark(path: Path) -> FileMark:
    about = path.stat()
    return path, about.st_ino, about.st_mtime_ns, about.st_size


@lru_cache(maxsize=1 << 14)
def _hash(of: FileMark) -> str:
    return sha256(of[0].read_bytes()).hexdigest()


@lru_cache(maxsize=1 << 14)
def _content(of: FileMark) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(of[0].read_text())
    return found


def _folder() -> Path:
    return context.home() / "mismatch"


def _path(folder: Path, case_id: int) -> Path:
    return folder / f"{int(case_id)}.json"


def _keep(case_id: int, state: str, found: dict[Sequence, Mismatch]) -> None:
    content = {"state": state, "sequences": {str(s): asdict(one) for s, one in found.items()}}
    write_whole(_path(_folder(), case_id), json.dumps(content).encode())
