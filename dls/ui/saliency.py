"""Saliency of a case on demand, computed by the one process that holds the networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from dls.domain import MODELS
from dls.errors import InputError
from dls.imaging.archive import ImageArchive
from dls.nn.case_saliency import case_saliency, saliency_folder
from dls.nn.package import load_package
from dls.nn.saliency import SaliencyMethod
from dls.ui import context, job_queue


def ensure_saliency(
    case_id: int,
    letter: str,
    target: str | None = None,
    method: SaliencyMethod = SaliencyMethod.GRADIENT,
) -> Path:
    """Folder with a case's saliency for a model (`<slug>.u8.gz`); computed first where it is missing.

    `target` is the class whose score is explained; None takes each image group's predicted class.

    Blocks for a few seconds the first time, when the networks' process starts.

    Raises
    ------
    InputError
        when there is no such case, model or class.
    PackageError
        when the model's package cannot be used.
    """
    return saliency_of(
        letter,
        lambda: context.ensure_regions(case_id),
        context.home() / "saliency",
        case_id,
        lambda: context.store().case(case_id).clinical,
        target=target,
        method=method,
    )


def saliency_of(
    letter: str,
    images: Callable[[], ImageArchive],
    root: Path,
    number: int,
    clinical: Callable[[], Mapping[str, object]],
    *,
    target: str | None,
    method: SaliencyMethod,
) -> Path:
    """As `ensure_saliency`, for images in any archive.

    Parameters
    ----------
    images, clinical : give archive and clinical data; asked only when there is something to compute
    root : folder of the results
    number : of the images in the archive
    """
    folder = context.home() / "models" / letter
    if letter not in MODELS or not folder.is_dir():
        raise InputError("There is no such model", got=repr(letter))
    package = load_package(folder)
    if target is not None and target not in package.classes:
        raise InputError("The model has no such class", expected=", ".join(package.classes), got=repr(target))
    made = saliency_folder(root, number, package.sha256, target, method)
    if not (made / "saliency.json").is_file():
        job_queue.worker().submit(
            case_saliency,
            folder,
            images().root,
            root,
            number,
            clinical=dict(clinical()),
            target=target,
            method=method,
        ).result()
    return made
