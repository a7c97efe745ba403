"""Writing the image groups of a large cohort: a patient at a time in memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dls.clinical import ClinicalRecord, encode
from dls.domain import ALL_SEQUENCES, LesionClass
from dls.nn.data import GroupSet


@dataclass(frozen=True, slots=True)
class CohortPatient:
    """A patient of the cohort.

    Parameters
    ----------
    pixels : (groups, size, size, 6), of one size in a cohort
    person : number from 0 on that lesions of one person share, each of which is a patient of the cohort; None
        where the person has no other
    """

    code: str
    lesion_class: LesionClass
    clinical: ClinicalRecord
    pixels: NDArray[np.floating]
    person: int | None = None


def write_cohort(path: Path, patients: Iterable[CohortPatient], size: int) -> int:
    """Write a `GroupSet` in float16, all or nothing; returns how many image groups there are.

    Without a patient no file is written.

    Parameters
    ----------
    patients : asked for one after the other
    size : pixels along a side

    Raises
    ------
    InputError
        as `GroupSet`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    counts: list[int] = []
    codes: list[str] = []
    classes: list[int] = []
    records: list[NDArray[np.float32]] = []
    persons: list[int] = []
    with tempfile.TemporaryFile(dir=path.parent) as file:
        for patient in patients:
            file.write(patient.pixels.astype(np.float16).tobytes())
            counts.append(len(patient.pixels))
            codes.append(patient.code)
            classes.append(int(patient.lesion_class))
            records.append(encode(patient.clinical))
            persons.append(-len(counts) if patient.person is None else patient.person)
        if not counts:
            return 0
        file.flush()
        shape = (sum(counts), size, size, len(ALL_SEQUENCES))
        GroupSet(
            pixels=np.memmap(file, np.float16, "r", shape=shape),
            patient=np.repeat(np.arange(len(counts)), counts),
            codes=np.array(codes),
            lesion_class=np.array(classes),
            clinical=np.stack(records),
            person=np.array(persons) if len(set(persons)) < len(persons) else None,
        ).save(path)
    return shape[0]
