"""Writing the image groups of a large cohort: a patient at a time in memory."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dls.clinical import ClinicalRecord, encode
from dls.domain import ALL_SEQUENCES, LesionClass
from dls.nn.data import GroupSet


@dataclass(frozen=True, slots=True)
class CohortPatient:
    """What is known of a patient of the cohort.

    Parameters
    ----------
    groups : number of image groups
    """

    code: str
    lesion_class: LesionClass
    groups: int
    clinical: ClinicalRecord = field(default_factory=ClinicalRecord)


def write_cohort(
    path: Path,
    patients: Sequence[CohortPatient],
    size: int,
    pixels_of: Callable[[int], NDArray[np.floating]],
) -> int:
    """Write a `GroupSet` in float16, all or nothing; returns how many image groups there are.

    Parameters
    ----------
    patients : at least one
    size : pixels along a side
    pixels_of : index of a patient -> (groups, size, size, 6)

    Raises
    ------
    InputError
        as `GroupSet`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    counts = [patient.groups for patient in patients]
    shape = (sum(counts), size, size, len(ALL_SEQUENCES))
    with tempfile.TemporaryFile(dir=path.parent) as file:
        pixels = np.memmap(file, np.float16, "w+", shape=shape)
        start = 0
        for index, count in enumerate(counts):
            pixels[start : start + count] = pixels_of(index)
            start += count
        GroupSet(
            pixels=pixels,
            patient=np.repeat(np.arange(len(patients)), counts),
            codes=np.array([patient.code for patient in patients]),
            lesion_class=np.array([int(patient.lesion_class) for patient in patients]),
            clinical=np.stack([encode(patient.clinical) for patient in patients]),
        ).save(path)
    return shape[0]
