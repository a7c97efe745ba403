"""Mismatch of the cases' sequences with T2, kept beside the images until images or outline change."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

import pandas as pd

from dls.domain import Sequence
from dls.imaging.archive import RECORD, ImageArchive
from dls.imaging.mismatch import Mismatch, mismatches
from dls.study import outlines
from dls.ui import context

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
        kept = json.loads(_path(case_id).read_text())
    except FileNotFoundError:
        return None
    if kept["state"] != _state(archive, case_id):
        return None
    return {
        Sequence(name): Mismatch(one["score"], one["similarity"], tuple(one["better"]))
        for name, one in kept["sequences"].items()
    }


def check_list() -> pd.DataFrame:
    """All cases with the sequence that lies worst, worst first: index case_id, columns `LIST_COLUMNS`.

    Score and distance are missing where they have not been computed, or nothing is outlined.
    """
    archive, drawn = context.archive(), outlines.newest_revisions(context.store())
    rows = {}
    listed = context.store().cases()["code"]
    for case_id, code in zip(listed.index.tolist(), listed.tolist(), strict=True):
        worst = _worst(kept_mismatch(archive, case_id) or {})
        rows[case_id] = (code, drawn.get(case_id, 0), *worst)
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
    record = archive.root / str(case_id) / RECORD
    return sha256(record.read_bytes()).hexdigest() if record.is_file() else ""


def _path(case_id: int) -> Path:
    return context.home() / "mismatch" / f"{int(case_id)}.json"


def _keep(case_id: int, state: str, found: dict[Sequence, Mismatch]) -> None:
    path = _path(case_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_text(
        json.dumps({"state": state, "sequences": {str(s): asdict(one) for s, one in found.items()}})
    )
    part.replace(path)
