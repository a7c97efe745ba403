"""Cases of the database as a training cohort: the file of image groups that training takes.

A case is one lesion; lesions of one person stay together in every split of the file's patients, and nobody is
trained on of whom a frozen study analyses any lesion.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dls.case_regions import update_regions
from dls.clinical import ClinicalRecord
from dls.domain import IMAGE_SIZE
from dls.errors import GeometryError, InputError
from dls.imaging.archive import ImageArchive
from dls.imaging.preprocess import GroupCache, archived_groups
from dls.nn.cohort_file import CohortPatient, write_cohort
from dls.progress import Progress
from dls.study.freezing import frozen_patients
from dls.study.patients import PATIENT
from dls.study.store import Store


@dataclass(frozen=True, slots=True)
class TrainingCohort:
    """What came of it.

    Parameters
    ----------
    patients, lesions : in the file, where a lesion is a case
    groups : image groups in the file
    left_out : code of each other case -> why
    """

    patients: int
    lesions: int
    groups: int
    left_out: dict[str, str]


def make_training_cohort(
    store: Store, archive: ImageArchive, path: Path, size: int = IMAGE_SIZE, progress: Progress | None = None
) -> TrainingCohort:
    """Write the image groups of the cases that the store's study analyses.

    Cases without all six sequences or without an outline are left out, and named.

    Raises
    ------
    InputError
        when a frozen study analyses a case of one of the patients, or no case can be used; no file
        is written.
    """
    cases = store.cases()
    codes = sorted(cases.loc[cases[PATIENT].isin(frozen_patients(store)), "code"])
    if codes:
        raise InputError(
            "Models cannot be trained on patients of whom a frozen study analyses a case",
            expected="a study of its own for the training cases, not frozen",
            got=f"{len(codes)} such cases: {', '.join(codes[:5])}{' …' if len(codes) > 5 else ''}",
            remedy="make that study on the Studies page, open it, and ask again",
        )
    cache = GroupCache.beside(archive)
    left_out: dict[str, str] = {}

    def patients() -> Iterator[CohortPatient]:
        for done, case_id in enumerate(cases.index.tolist()):
            case = store.case(case_id)
            if progress:
                progress(done, len(cases), case.code)
            try:
                pixels = _pixels(store, archive, case_id, size, cache)
            except (InputError, GeometryError) as error:
                left_out[case.code] = str(error)
                continue
            record, person = ClinicalRecord.from_dict(case.clinical), int(cases.loc[case_id, PATIENT])
            yield CohortPatient(case.code, case.lesion_class, record, pixels, person)

    groups = write_cohort(path, patients(), size)
    if not groups:
        raise InputError(
            "No case can be trained on",
            expected="cases with six sequences and an outline on T2",
            got="; ".join(f"{n} × {why}" for why, n in Counter(left_out.values()).items())
            or "a study without cases",
        )
    used = cases[~cases["code"].isin(left_out)]
    return TrainingCohort(used[PATIENT].nunique(), len(used), groups, left_out)


def _pixels(
    store: Store, archive: ImageArchive, case_id: int, size: int, cache: GroupCache
) -> NDArray[np.floating]:
    if not archive.has(case_id):
        raise InputError("No images", remedy="import them")
    update_regions(store, archive, case_id)
    return archived_groups(archive, case_id, size, cache=cache).pixels
