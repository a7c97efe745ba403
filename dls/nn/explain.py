"""Saliency over many cases: how much lies in the lesion, where it points, and the mean map of each class.

Image groups are crops around the lesion, scaled by its extent, so that maps of many patients can be averaged
pixel by pixel (Zhen et al. 2020, Figure 4).
Importing this module does not load TensorFlow; calling its functions does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dls.clinical import ClinicalRecord, encode
from dls.domain import LesionClass
from dls.errors import InputError
from dls.imaging.archive import ImageArchive
from dls.imaging.preprocess import GroupCache, archived_groups
from dls.nn.lesion_saliency import lesion_on_frames, lesion_saliency
from dls.nn.package import ModelPackage, load_package
from dls.nn.predict import predict
from dls.nn.saliency import SaliencyMethod, saliency
from dls.nn.sanity import RandomisedStage, randomisation_check
from dls.progress import Progress

CHECKED_PER_CLASS = 2
"""Cases of each class in the weight-randomisation check."""


@dataclass(frozen=True, slots=True)
class ExplainQuestion:
    """A case of a task, its clinical record as names and values, and its true class."""

    case_id: int
    clinical: Mapping[str, object]
    lesion_class: int


def first_of_each(questions: Sequence[ExplainQuestion], number: int) -> list[ExplainQuestion]:
    """The first questions of every class, by class."""
    by_class: dict[int, list[ExplainQuestion]] = {}
    for question in questions:
        by_class.setdefault(question.lesion_class, []).append(question)
    return [question for _, own in sorted(by_class.items()) for question in own[:number]]


@dataclass(frozen=True, slots=True)
class CaseExplanation:
    """Numbers of one case, of the maps that explain its true class.

    Parameters
    ----------
    target : index of the true class in the task's classes
    correct : whether the model called it
    area, energy, pointing, share : see `dls.nn.lesion_saliency`
    """

    case_id: int
    target: int
    correct: bool
    area: float
    energy: dict[str, float]
    pointing: dict[str, float]
    share: dict[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class ExplainedCases:
    """Numbers of several cases, and sums for the classes' mean maps.

    Parameters
    ----------
    cases : those whose images allow it
    maps : (k, size, size, channels) sums over image groups of maps that were made to sum to 1 each
    images : (k, size, size, channels) sums of the image groups
    groups : (k,) how many image groups each sum has
    """

    cases: tuple[CaseExplanation, ...]
    maps: NDArray[np.float64]
    images: NDArray[np.float64]
    groups: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    pixels: NDArray[np.float32]
    inside: NDArray[np.bool_]
    codes: NDArray[np.float32] | None


def explain_cases(
    package_folder: Path,
    archive_root: Path,
    questions: Sequence[ExplainQuestion],
    method: SaliencyMethod,
    *,
    progress: Progress | None = None,
) -> ExplainedCases:
    """Explain the true class of cases that the model's task applies to.

    Raises
    ------
    InputError
        when a case has no outline or lacks a sequence, or the task does not apply to it.
    PackageError
        when the package cannot be used.
    """
    package = load_package(package_folder)
    shape = (len(package.classes), *package.input_shape)
    maps, images = np.zeros(shape), np.zeros(shape)
    groups, found = np.zeros(shape[0], np.int64), []
    for number, question in enumerate(questions):
        target = package.spec.task.target(LesionClass(question.lesion_class))
        if target is None:
            raise InputError(f"{package.spec.name} is not asked about case {question.case_id}")
        made = _made(package, ImageArchive(archive_root), question)
        drawn = saliency(package, made.pixels, made.codes, target, method)
        called = predict(package, made.pixels, made.codes).mean(axis=0).argmax()
        numbers = asdict(lesion_saliency(package.spec.sequences, drawn, made.inside))
        found.append(CaseExplanation(question.case_id, target, bool(called == target), **numbers))
        total = drawn.sum(axis=(1, 2, 3), keepdims=True, dtype=np.float64)
        maps[target] += (drawn / np.where(total > 0, total, 1)).sum(axis=0)
        images[target] += made.pixels.sum(axis=0)
        groups[target] += len(drawn)
        if progress is not None:
            progress(number + 1, len(questions), "cases explained")
    return ExplainedCases(tuple(found), maps, images, groups)


def check_cases(
    package_folder: Path,
    archive_root: Path,
    questions: Sequence[ExplainQuestion],
    method: SaliencyMethod,
    *,
    progress: Progress | None = None,
) -> tuple[RandomisedStage, ...]:
    """Weight-randomisation check over the middle image group of each case; errors as for `explain_cases`."""
    package = load_package(package_folder)
    made = [_made(package, ImageArchive(archive_root), q) for q in questions]
    if progress is not None:
        progress(0, 1, "weight randomisation")
    pixels = np.stack([m.pixels[len(m.pixels) // 2] for m in made])
    codes = (
        None if not package.clinical_codes else np.stack([m.codes[0] for m in made if m.codes is not None])
    )
    return randomisation_check(package, pixels, codes, method)


def _made(package: ModelPackage, archive: ImageArchive, question: ExplainQuestion) -> _Made:
    sequences, cache = package.spec.sequences, GroupCache.beside(archive)
    groups = archived_groups(archive, question.case_id, package.image_size, sequences, cache)
    codes = None
    if package.clinical_codes:
        codes = np.tile(encode(ClinicalRecord.from_dict(question.clinical)), (len(groups.pixels), 1))
    outline = archive.outline(question.case_id)
    assert outline is not None
    inside = lesion_on_frames(archive.t2_geometry(question.case_id), outline, groups.frames)
    return _Made(groups.pixels, inside, codes)
