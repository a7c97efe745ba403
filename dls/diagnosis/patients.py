"""Patients who are diagnosed, kept apart from every study in a folder each until they are deleted.

    <home>/diagnosis/<16 hexadecimal digits>/
        patient.json           what `Patient` says
        images/1/              volumes and what was drawn, as `ImageArchive` keeps a case
        answers.json           what the models said (`dls.diagnosis.answers`)
        features/, saliency/   as the models gave them, as of a case

They are in no table of a study: no worklist, no statistic and no export can hold them.  What is done with
them is in the audit trail; pixels and clinical values are not.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from dls.clinical import ClinicalRecord
from dls.domain import Sequence
from dls.errors import AccessError, ConflictError, InputError
from dls.imaging import delivery as deliveries
from dls.imaging.archive import RECORD as IMAGE_RECORD
from dls.imaging.archive import ImageArchive
from dls.imaging.delivery import Delivery, scanner
from dls.imaging.regions import Regions
from dls.intake.case_import import Confirmed
from dls.progress import Progress
from dls.study import imports
from dls.study.store import Store
from dls.whole_files import write_whole

FOLDER, RECORD = "diagnosis", "patient.json"
NUMBER = 1
"""Number of the patient in the archive, features and saliency of its own folder."""
LONGEST_LABEL = 60
_ARRIVING, _REMOVED = ".arriving", ".removed"
_STALE_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient who is diagnosed.

    Parameters
    ----------
    id : 16 hexadecimal digits
    label : in the words of whoever brought the images in; may be empty
    delivery : id of the delivery that the images are from
    stacks : name of a sequence -> UID of its stack in the delivery
    why : what decided which series is which, where that was not certain
    scanner : maker and field strength
    clinical : values by variable; None until they were entered, a value of None is missing
    drawn : version of what is drawn; 0 while nothing is
    saved_case : number of the case that the patient became; None where none was asked for
    """

    id: str
    folder: Path
    label: str
    delivery: str
    stacks: Mapping[str, str]
    why: str
    scanner: str
    made_by: int | None
    made_at: str
    clinical: Mapping[str, object] | None = None
    drawn: int = 0
    drawn_by: str | None = None
    drawn_at: str | None = None
    saved_case: int | None = None

    @property
    def name(self) -> str:
        """What the patient is called on pages."""
        return self.label or f"Patient of {self.made_at[:10]} {self.made_at[11:16]}"

    @property
    def archive(self) -> ImageArchive:
        """Images and drawing, as number `NUMBER`."""
        return ImageArchive(self.folder / "images")

    @property
    def sequences(self) -> tuple[Sequence, ...]:
        """Sequences at hand, in channel order."""
        return tuple(s for s in Sequence if str(s) in self.stacks)

    @property
    def outlined(self) -> bool:
        """Whether a lesion is outlined."""
        return self.archive.outline(NUMBER) is not None

    @property
    def fingerprint(self) -> str:
        """Hash of all that the models' answers follow from: images, drawing and clinical data."""
        digest = hashlib.sha256((self.folder / "images" / str(NUMBER) / IMAGE_RECORD).read_bytes())
        digest.update(json.dumps(self.clinical, sort_keys=True).encode())
        return digest.hexdigest()


def admit(
    store: Store,
    home: Path,
    delivery: Delivery,
    confirmed: Confirmed,
    *,
    label: str = "",
    by: int | None = None,
    progress: Progress | None = None,
) -> Patient:
    """Keep the confirmed images of a delivery as those of a new patient; the study is left as it is.

    Raises
    ------
    InputError, GeometryError
        when T2 is not among the series, or they do not form regular volumes.
    ConflictError
        when the same images are those of a case of the study.
    """
    if Sequence.T2 not in confirmed.stacks:
        raise InputError(
            "The patient has no T2", expected="the series that the lesion is outlined on", got="none as T2"
        )
    used = imports.of_delivery(store, delivery.id)
    if used:
        raise ConflictError(
            "These images belong to the study",
            got=f"case {', '.join(store.case(i.case_id).code for i in used)}",
            remedy="open the case on the Cases page: the models' scores of it are there",
        )
    root = home / FOLDER
    _remove_stale(root)
    number = secrets.token_hex(8)
    arriving = root / f".{number}{_ARRIVING}"
    try:
        ImageArchive(arriving / "images").put(
            NUMBER, deliveries.volumes(delivery, confirmed.stacks, progress), None
        )
        patient = Patient(
            id=number,
            folder=root / number,
            label=label.strip()[:LONGEST_LABEL],
            delivery=delivery.id,
            stacks={str(s): uid for s, uid in confirmed.stacks.items()},
            why=confirmed.why,
            scanner=scanner(delivery),
            made_by=by,
            made_at=store.now(),
        )
        _write(arriving, patient)
        detail = {"patient": number, "delivery": delivery.id, "sequences": list(patient.stacks)}
        store.record("diagnosis.admit", by, detail)
        arriving.rename(patient.folder)
    except BaseException:
        shutil.rmtree(arriving, ignore_errors=True)
        raise
    return patient


def patients(home: Path) -> tuple[Patient, ...]:
    """All patients, the newest first."""
    found = [
        _read(p.parent) for p in (home / FOLDER).glob(f"*/{RECORD}") if not p.parent.name.startswith(".")
    ]
    return tuple(sorted(found, key=lambda p: p.made_at, reverse=True))


def find(home: Path, patient_id: str) -> Patient:
    """One patient; the id may come from anywhere.

    Raises
    ------
    AccessError
        when there is none of this id.
    """
    folder = home / FOLDER / patient_id
    if re.fullmatch("[0-9a-f]{16}", patient_id) is None or not (folder / RECORD).is_file():
        raise AccessError("There is no such patient", remedy="choose one of the list of patients")
    return _read(folder)


def draw(
    store: Store, patient: Patient, regions: Regions, *, after: int, by: int | None, name: str | None
) -> Patient:
    """Keep what was drawn; what the models said of the former drawing goes.

    Parameters
    ----------
    after : version that was changed
    by, name : account, and what it is called

    Raises
    ------
    InputError, GeometryError
        when the drawing does not fit the images.
    ConflictError
        when somebody else has drawn since.
    """
    patient.archive.check_regions(NUMBER, regions)

    def change(now: Patient) -> Patient:
        if now.drawn != after:
            raise ConflictError(
                "Somebody else has changed this outline meanwhile; nothing was saved",
                expected=f"version {after}",
                got=f"version {now.drawn}",
                remedy="open the outline again and repeat the change",
            )
        at = store.now()
        store.record("diagnosis.outline", by, {"patient": now.id, "version": after + 1})
        now.archive.put_regions(NUMBER, regions)
        _forget_answers(now)
        return replace(now, drawn=after + 1, drawn_by=name, drawn_at=at)

    return _changed(patient, change)


def note_clinical(store: Store, patient: Patient, record: ClinicalRecord, by: int | None = None) -> Patient:
    """Keep the clinical data; what the models said with other data goes."""
    values = record.to_dict()

    def change(now: Patient) -> Patient:
        if now.clinical == values:
            return now
        known = [name for name, value in values.items() if value is not None]
        store.record("diagnosis.clinical", by, {"patient": now.id, "known": known})
        _forget_answers(now)
        return replace(now, clinical=values)

    return _changed(patient, change)


def note_case(patient: Patient, case_id: int) -> Patient:
    """Remember the case that a patient became."""
    return _changed(patient, lambda now: replace(now, saved_case=case_id))


def remove(store: Store, home: Path, patient: Patient, by: int | None = None) -> None:
    """Delete a patient with images, answers and all; the delivery too, unless something else needs it."""
    store.record("diagnosis.delete", by, {"patient": patient.id})
    gone = patient.folder.rename(patient.folder.with_name(f".{patient.id}{_REMOVED}"))
    shutil.rmtree(gone)
    needed = imports.of_delivery(store, patient.delivery) or patient.delivery in deliveries_in_use(home)
    if not needed and patient.delivery in deliveries.received(home):
        deliveries.discard(home, patient.delivery)


def deliveries_in_use(home: Path) -> frozenset[str]:
    """Ids of the deliveries that patients are from."""
    return frozenset(p.delivery for p in patients(home))


def _changed(patient: Patient, change: Callable[[Patient], Patient]) -> Patient:
    """What `change` makes of the patient as it is now, written before it is returned."""
    with _locked(patient.folder):
        made = change(_read(patient.folder))
        _write(patient.folder, made)
    return made


def _forget_answers(patient: Patient) -> None:
    (patient.folder / "answers.json").unlink(missing_ok=True)
    for name in ("features", "saliency"):
        shutil.rmtree(patient.folder / name, ignore_errors=True)


def _read(folder: Path) -> Patient:
    values: dict[str, Any] = json.loads((folder / RECORD).read_text())
    return Patient(folder=folder, **values)


def _write(folder: Path, patient: Patient) -> None:
    kept = {f.name: asdict(patient)[f.name] for f in fields(Patient) if f.name != "folder"}
    write_whole(folder / RECORD, json.dumps(kept, indent=2).encode())


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One writer a patient at a time, over processes."""
    try:
        stream = (folder / ".lock").open("w")
    except FileNotFoundError as error:
        raise ConflictError("The patient was deleted meanwhile; nothing was saved") from error
    with stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _remove_stale(root: Path) -> None:
    """Remove what a killed admission or deletion left behind."""
    for mark in (_ARRIVING, _REMOVED):
        for folder in root.glob(f".*{mark}"):
            if mark == _REMOVED or time.time() - folder.stat().st_mtime > _STALE_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
