"""Saliency of a case on demand, computed by the one process that holds the networks."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from dls.errors import InputError
from dls.nn.case_saliency import case_saliency, saliency_folder
from dls.nn.package import load_package
from dls.nn.worker import Worker
from dls.ui import context


def ensure_saliency(case_id: int, letter: str) -> Path:
    """Folder with a case's saliency for a model (`<slug>.u8.gz`); computed first where it is missing.

    Blocks for a few seconds the first time, when the networks' process starts.

    Raises
    ------
    InputError
        when there is no such case or model.
    PackageError
        when the model's package cannot be used.
    """
    folder = context.home() / "models" / letter
    if not folder.is_dir() or folder.parent != context.home() / "models":
        raise InputError("There is no such model", got=repr(letter))
    made = saliency_folder(context.home() / "saliency", case_id, load_package(folder).sha256)
    if not (made / "saliency.json").is_file():
        archive = context.ensure_images(case_id)
        _worker().submit(
            case_saliency,
            folder,
            archive.root,
            context.home() / "saliency",
            case_id,
            clinical=dict(context.store().case(case_id).clinical),
        ).result()
    return made


@cache
def _worker() -> Worker:
    return Worker()
