"""Cases of the database as a training cohort: the file of image groups that training takes.

Nobody is trained on whom a frozen study analyses.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dls.case_regions import update_regions
from dls.clinical import ClinicalRecord
from dls.errors import GeometryError, InputError
from dls.imaging.archive import ImageArchive
from dls.imaging.groups import ImageGroups
from dls.imaging.preprocess import SIZE, GroupCache, archived_groups
from dls.nn.cohort_file import CohortPatient, write_cohort
from dls.study.freezing import frozen_cases
from dls.study.store import Store

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class TrainingCohort:
    """What came of it.

    Parameters
    ----------
    patients : in the file
    groups : image groups in the file
    left_out : code of each other case -> why
    """

    patients: int
    groups: int
    left_out: dict[str, str]


def make_training_cohort(
    store: Store, archive: ImageArchive, path: Path, size: int = SIZE, progress: Progress | None = None
) -> TrainingCohort:
    """Write the image groups of the cases that the store's study analyses.

    Cases without all six sequences or without an outline are left out, and named.

    Raises
    ------
    InputError
        when a case is analysed by a frozen study, or none can be used; then no file is written.
    """
    cases = store.cases()
    read = frozen_cases(store) & set(cases.index.tolist())
    if read:
        codes = sorted(cases.loc[list(read), "code"])
        raise InputError(
            "Models cannot be trained on cases that a frozen study analyses",
            expected="a study of its own for the training cases, not frozen",
            got=f"{len(codes)} such cases: {', '.join(codes[:5])}{' …' if len(codes) > 5 else ''}",
            remedy="make that study on the Studies page, open it, and ask again",
        )
    cache = GroupCache.beside(archive)
    used: dict[int, int] = {}
    left_out: dict[str, str] = {}
    for done, (case_id, code) in enumerate(zip(cases.index.tolist(), cases["code"], strict=True)):
        if progress:
            progress(done, len(cases), code)
        try:
            used[case_id] = len(_groups(store, archive, case_id, size, cache).pixels)
        except (InputError, GeometryError) as error:
            left_out[code] = str(error)
    if not used:
        raise InputError(
            "No case can be trained on",
            expected="cases with six sequences and an outline on T2",
            got="; ".join(f"{n} × {why}" for why, n in Counter(left_out.values()).items())
            or "a study without cases",
        )
    known = [store.case(case_id) for case_id in used]
    patients = [
        CohortPatient(c.code, c.lesion_class, used[c.id], ClinicalRecord.from_dict(c.clinical)) for c in known
    ]
    groups = write_cohort(
        path, patients, size, lambda i: archived_groups(archive, known[i].id, size, cache=cache).pixels
    )
    return TrainingCohort(len(patients), groups, left_out)


def _groups(store: Store, archive: ImageArchive, case_id: int, size: int, cache: GroupCache) -> ImageGroups:
    if not archive.has(case_id):
        raise InputError("No images", remedy="import them")
    update_regions(store, archive, case_id)
    return archived_groups(archive, case_id, size, cache=cache)
