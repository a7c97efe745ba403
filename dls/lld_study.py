"""The LLD-MMRI data set as a study: held-out patients as its cases, the others as image groups to train on.

Everything is done a patient at a time and can be broken off: the same call goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from dls.case_regions import save_regions, update_regions
from dls.clinical import ClinicalRecord
from dls.domain import IMAGE_SIZE
from dls.errors import GeometryError, InputError
from dls.imaging.archive import ImageArchive
from dls.imaging.groups import PREPROCESSING_VERSION, ImageGroups
from dls.imaging.lld import LldCase, LldDataset, read_dataset
from dls.imaging.lld_volumes import LldImages, load_case
from dls.imaging.preprocess import GroupCache, case_groups
from dls.nn.cohort_file import CohortPatient, write_cohort
from dls.progress import Progress
from dls.study import outlines
from dls.study.accounts import (
    Role,
    accounts,
    add_accounts_without_password,
    usernames_without_password,
)
from dls.study.cases import NewCase
from dls.study.opened import opened_store
from dls.study.protocol import Protocol, create_study, versions
from dls.study.store import Store
from dls.whole_files import write_whole

TITLE = "LLD-MMRI"
READERS = ("reader1", "reader2", "reader3")
INVESTIGATOR = "investigator"
PEOPLE = (*READERS, INVESTIGATOR)
FOLDS, SEED = 5, 2020
REFERENCE = "LLD-MMRI annotation (pathology report or follow-up)"
REMARKS = "remarks.json"
"""File with the remarks, beside the training groups."""


@dataclass(frozen=True, slots=True)
class LldReport:
    """What came of it.

    Parameters
    ----------
    cases : patients of the study
    training : patients in the file of training groups
    groups : image groups in that file, None where no patient is left for training
    path : the file
    excluded : patient -> reason
    remarks : patient -> what was found and done to its images, in this run or one that was broken off
    accounts : usernames of the study's people, as far as this program made them, that have no password yet
    """

    cases: int
    training: int
    groups: int | None
    path: Path
    excluded: Mapping[str, str]
    remarks: Mapping[str, Sequence[str]]
    accounts: tuple[str, ...]


def held_out(dataset: LldDataset, fold: int) -> frozenset[str]:
    """Patients of a fold's validation part: the published fold, else one of five drawn by class.

    Raises
    ------
    InputError
        when there is no such fold, or no fold is published and there are too few patients to draw five.
    """
    folds = dataset.folds or _drawn_folds(dataset.cases)
    if fold not in folds:
        raise InputError("There is no such fold", expected=", ".join(map(str, folds)), got=str(fold))
    return folds[fold]


def make_lld_study(
    folder: Path, home: Path, *, fold: int = 1, size: int = IMAGE_SIZE, progress: Progress | None = None
) -> LldReport:
    """Study, images, outlines and training groups of an LLD-MMRI folder.

    The study in `home` is made when there is none, for the readers who have an account; without any, three
    readers and an investigator are made.  A patient whose
    images cannot be used is left out and named in the report.

    Parameters
    ----------
    fold : whose validation part becomes the study; the rest is trained on
    size : pixels along a side of the training groups

    Raises
    ------
    InputError
        when the folder is no LLD-MMRI data set, or there is no such fold.
    ConflictError
        when the study's readers' order has been drawn, so that it cannot grow.
    """
    dataset = read_dataset(folder)
    chosen = held_out(dataset, fold)
    store = opened_store(home / "study.db")
    _make_study(store)
    archive = ImageArchive(home / "images")
    work = _Work(store, archive, home / "groups", size)
    for done, case in enumerate(dataset.cases):
        if progress:
            progress(done, len(dataset.cases), case.patient)
        try:
            if case.patient in chosen:
                work.keep(case)
            else:
                work.train(case)
        except (InputError, GeometryError) as error:
            work.excluded[case.patient] = str(error)
    path = work.folder / "training.npz"
    groups = work.write(path)
    if progress:
        progress(len(dataset.cases), len(dataset.cases), "done")
    return LldReport(
        work.kept,
        len(work.keys),
        groups,
        path,
        {**dataset.excluded, **work.excluded},
        work.remarks,
        tuple(name for name in PEOPLE if name in usernames_without_password(store)),
    )


class _Work:
    """One run over the patients, and what it and those before it have found so far.

    Parameters
    ----------
    folder : for the training groups and the remarks
    size : pixels along a side of a training group
    """

    def __init__(self, store: Store, archive: ImageArchive, folder: Path, size: int) -> None:
        self.store, self.archive, self.folder, self.size = store, archive, folder, size
        self.cache = GroupCache.beside(archive)
        listed = store.cases()["code"]
        self.codes = dict(zip(listed.tolist(), listed.index.tolist(), strict=True))
        self.kept = 0
        self.keys: list[tuple[LldCase, str]] = []
        self.excluded: dict[str, str] = {}
        kept = folder / REMARKS
        self.remarks: dict[str, list[str]] = json.loads(kept.read_text()) if kept.is_file() else {}

    def keep(self, case: LldCase) -> None:
        """Make the patient a case of the study; one that is there already stays."""
        case_id = self.codes.get(case.patient)
        outlined = case_id is not None and outlines.newest(self.store, case_id) is not None
        if case_id is None or not outlined or not self.archive.has(case_id):
            images = self._load(case)
            case_groups(images.volumes, images.regions, 16)
            if case_id is None:
                case_id = self.store.add_case(_new_case(case, images)).id
            self.archive.put(case_id, images.volumes, None)
            if not outlined:
                save_regions(self.store, self.archive, case_id, images.regions, after=0)
        update_regions(self.store, self.archive, case_id)
        self.kept += 1

    def train(self, case: LldCase) -> None:
        """Make the patient's image groups, or find them in the cache."""
        key = _key(case, self.size)
        self._pixels(case, key)
        self.keys.append((case, key))

    def write(self, path: Path) -> int | None:
        """Write the training groups, a patient at a time in memory; returns how many there are."""
        if not self.keys:
            return None
        patients = (
            CohortPatient(case.patient, case.lesion_class, ClinicalRecord(), self._pixels(case, key))
            for case, key in self.keys
        )
        return write_cohort(path, patients, self.size)

    def _pixels(self, case: LldCase, key: str) -> NDArray[np.floating]:
        return self.cache.get(key, tuple(case.phases), lambda: self._groups(case)).pixels

    def _groups(self, case: LldCase) -> ImageGroups:
        images = self._load(case)
        return case_groups(images.volumes, images.regions, self.size)

    def _load(self, case: LldCase) -> LldImages:
        images = load_case(case)
        if images.remarks:
            self.remarks[case.patient] = list(images.remarks)
            write_whole(self.folder / REMARKS, json.dumps(self.remarks, indent=1).encode())
        return images


def _make_study(store: Store) -> None:
    """Make the study where there is none, and the people it needs."""
    if versions(store):
        return
    there = {status.account.role for status in accounts(store)}
    wanted = [(name, Role.READER) for name in READERS] + [(INVESTIGATOR, Role.INVESTIGATOR)]
    people = [(name, name.capitalize(), role) for name, role in wanted if role not in there]
    add_accounts_without_password(store, people)
    readers = [s.account.id for s in accounts(store) if s.account.role is Role.READER]
    create_study(store, TITLE, Protocol(readers=tuple(readers)))


def _new_case(case: LldCase, images: LldImages) -> NewCase:
    lesion = images.regions.case_lesion
    assert lesion is not None
    extent = np.ptp(np.concatenate(lesion.outline.contours), axis=0)
    return NewCase(
        code=case.patient,
        lesion_class=case.lesion_class,
        reference_standard=REFERENCE,
        lesion_mm=float(extent.max()),
        scanner="not published",
        clinical=ClinicalRecord().to_dict(),
        image_source="import",
        simulated_images=False,
    )


def _drawn_folds(cases: Sequence[LldCase]) -> dict[int, frozenset[str]]:
    """Five folds of patients with the classes in proportion."""
    ordered = sorted(cases, key=lambda case: case.patient)
    classes = [int(case.lesion_class) for case in ordered]
    most = max((classes.count(number) for number in set(classes)), default=0)
    if most < FOLDS:
        raise InputError(
            f"{FOLDS} folds cannot be drawn from so few patients",
            expected=f"at least {FOLDS} of a class",
            got=f"at most {most}",
            remedy="give the whole data set",
        )
    splitter = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    return {
        number: frozenset(ordered[i].patient for i in test)
        for number, (_, test) in enumerate(splitter.split(classes, classes), start=1)
    }


def _key(case: LldCase, size: int) -> str:
    """Hash of everything that a patient's groups follow from."""
    digest = hashlib.sha256(f"{PREPROCESSING_VERSION} {size}".encode())
    for sequence, phase in case.phases.items():
        facts = asdict(phase) | {"path": "", "mask": ""}
        digest.update(json.dumps([sequence.slug, facts], sort_keys=True).encode())
        for path in (phase.path, phase.mask):
            digest.update(b"" if path is None else hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
