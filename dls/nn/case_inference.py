"""All applicable models over cases whose images are kept, for the process that holds the networks.

Importing this module does not load TensorFlow; calling `infer_cases` does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dls.clinical import ClinicalRecord
from dls.domain import ALL_SEQUENCES
from dls.errors import DLSError, InputError
from dls.imaging.archive import ImageArchive
from dls.imaging.preprocess import GroupCache, archived_groups
from dls.nn.feature_store import FeatureStore
from dls.nn.inference import PatientImages, infer
from dls.nn.package import load_package
from dls.progress import Progress


@dataclass(frozen=True, slots=True)
class CaseQuestion:
    """A case, and its clinical record as names and values."""

    case_id: int
    clinical: Mapping[str, object]


@dataclass(frozen=True, slots=True, eq=False)
class CaseAnswers:
    """What the models gave for a case.

    Parameters
    ----------
    probabilities : letter -> (n, n_classes) of the image groups
    not_applicable : letter -> why the model was not asked
    """

    case_id: int
    probabilities: Mapping[str, NDArray[np.float32]]
    not_applicable: Mapping[str, str]


def infer_cases(
    package_folders: Mapping[str, Path],
    archive_root: Path,
    features_root: Path,
    questions: Sequence[CaseQuestion],
    *,
    progress: Progress | None = None,
) -> list[CaseAnswers]:
    """Ask every model about every case that it can be asked about, and keep the features.

    A case without images, outline or a lesion within all of its sequences is answered by the reason.

    Raises
    ------
    InputError
        when the packages take image groups of different sizes.
    PackageError
        when a package cannot be used.
    """
    packages = {letter: load_package(folder) for letter, folder in package_folders.items()}
    sizes = {p.image_size for p in packages.values()}
    if len(sizes) != 1:
        raise InputError("The models take images of different sizes", expected="one size", got=str(sizes))
    size = sizes.pop()
    archive, keep = ImageArchive(archive_root), FeatureStore(features_root)
    ready: list[PatientImages] = []
    unready: dict[int, str] = {}
    for number, question in enumerate(questions):
        if progress is not None:
            progress(number, len(questions), "image groups made")
        try:
            ready.append(_images(archive, question, size))
        except DLSError as error:
            unready[question.case_id] = str(error)
    answered = {int(a.name): a for a in infer(packages, ready, progress)}
    found = []
    for question in questions:
        case_id = question.case_id
        if case_id in unready:
            found.append(CaseAnswers(case_id, {}, dict.fromkeys(packages, unready[case_id])))
            continue
        answers = answered[case_id]
        for answer in answers.answers.values():
            keep.put(answer.package_sha256, case_id, answer.hidden)
        given = {letter: a.probabilities for letter, a in answers.answers.items()}
        found.append(CaseAnswers(case_id, given, answers.not_applicable))
    return found


def prepare_networks(package_folders: Mapping[str, Path]) -> int:
    """Load the networks of packages and run each once, so that the next asking need not wait for that.

    Returns how many there are.

    Raises
    ------
    PackageError
        when a package cannot be used.
    """
    from dls.nn.predict import channels_of, loaded

    for folder in package_folders.values():
        package = load_package(folder)
        shape = (1, package.image_size, package.image_size, len(channels_of(package.spec)))
        inputs = [np.zeros(shape, np.float32)]
        if package.clinical_codes:
            inputs.append(np.zeros((1, package.clinical_codes), np.float32))
        loaded(package).forward(inputs)
    return len(package_folders)


def _images(archive: ImageArchive, question: CaseQuestion, size: int) -> PatientImages:
    there = archive.content_sha256(question.case_id)
    sequences = tuple(s for s in ALL_SEQUENCES if s in there)
    groups = archived_groups(archive, question.case_id, size, sequences, GroupCache.beside(archive))
    record = ClinicalRecord.from_dict(question.clinical)
    return PatientImages(str(question.case_id), groups.pixels, sequences, record)
