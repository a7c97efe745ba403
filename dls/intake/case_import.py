"""A delivery becomes the images of a case: database and archive together, or not at all.

Order of work: volumes are read and checked; the archive's files are written beside the delivery; one database
transaction adds the case and records the import; one rename puts the files in place.  Killed before the
transaction, nothing happened; killed after it, `finish` does the rename, and whoever asks for the images of a
case calls it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dls.domain import Sequence, applicable_models
from dls.errors import ConflictError, InputError
from dls.imaging import delivery as deliveries
from dls.imaging.archive import ImageArchive
from dls.imaging.delivery import Delivery
from dls.imaging.roi import Outline
from dls.intake.comparison import check_same
from dls.progress import Progress
from dls.study import imports
from dls.study.cases import NewCase
from dls.study.imports import Import, NewImport
from dls.study.patients import PATIENT
from dls.study.store import Store

IMAGES = "images"
ARRIVING = "arriving"
IMAGE_SOURCE = "import"
"""`NewCase.image_source` of a case whose images were, or will be, imported."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Which series is which sequence, and who says so.

    Parameters
    ----------
    stacks : sequence -> UID of the stack
    by_person : whether a person looked at them; otherwise the typing was certain
    why : in the person's words, where the typing was corrected or not certain; may be empty
    """

    stacks: Mapping[Sequence, str]
    by_person: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class ImportedCase:
    """What an import led to.

    Parameters
    ----------
    case_id, code : of the case
    sequences, missing : which of the six are there, which are not
    models : letters of the models that are applicable
    """

    case_id: int
    code: str
    sequences: tuple[Sequence, ...]
    missing: tuple[Sequence, ...]
    models: tuple[str, ...]


def import_case(
    store: Store,
    home: Path,
    delivery: Delivery,
    confirmed: Confirmed,
    *,
    case: NewCase | None = None,
    case_id: int | None = None,
    lesion: int = 1,
    outline: Outline | None = None,
    reason: str = "",
    by: int | None = None,
    progress: Progress | None = None,
) -> ImportedCase:
    """Make a delivery the images of a new case, or of one that is in the study.

    The same import again changes nothing.

    Parameters
    ----------
    home : folder of the running study
    case, case_id : the new case, or the number of one that exists
    lesion : number of the lesion, where a patient has several cases
    outline : of the lesion on T2, in mm, where it is known
    reason : why the images of the case are replaced, where it has some
    by : account of whoever imports

    Raises
    ------
    InputError, GeometryError
        when series, case or outline do not fit.
    ConflictError
        see `imports.add`; also when the same case is there with other data.
    """
    if lesion < 1:
        raise InputError("Lesions are numbered from 1", got=str(lesion))
    new = NewImport(
        delivery.id,
        lesion,
        delivery.source,
        delivery.files,
        _removed(delivery),
        _series(delivery, confirmed),
        reason,
    )
    same = _same(store, new, case, case_id)
    if same is not None:
        _place(home, same)
        _refuse_other_outline(home, same.case_id, outline)
        return imported(store, same.case_id)
    volumes = deliveries.volumes(delivery, confirmed.stacks, progress)
    arriving = ImageArchive(delivery.folder / ARRIVING)
    arriving.put(_token(new), volumes, outline)
    try:
        written = imports.add(store, new, case=case, case_id=case_id, by=by)
    except BaseException:
        _drop(delivery.folder, _token(new))
        raise
    _place(home, written)
    return imported(store, written.case_id)


def imported(store: Store, case_id: int) -> ImportedCase:
    """What the newest import of a case led to.

    Raises
    ------
    InputError
        when there is no such case, or its images were not imported.
    """
    found = imports.of_case(store, case_id)
    if not found:
        raise InputError("The images of this case were not imported", got=str(case_id))
    there = tuple(s for s in Sequence if s in found[-1].series)
    missing = tuple(s for s in Sequence if s not in found[-1].series)
    return ImportedCase(case_id, store.case(case_id).code, there, missing, applicable_models(there))


def finish(store: Store, home: Path, case_id: int) -> bool:
    """Do what a killed import left undone: put the images of a case in place; returns whether they are there.

    Raises
    ------
    InputError
        when the delivery that the images would be read from is gone or damaged.
    """
    found = imports.of_case(store, case_id)
    if found:
        _place(home, found[-1])
    return ImageArchive(home / IMAGES).has(case_id)


def finish_all(store: Store, home: Path) -> None:
    """Put in place what killed imports left beside their deliveries; quick, and does no harm at any time."""
    for written in imports.newest(store):
        if ImageArchive(home / deliveries.FOLDER / written.delivery / ARRIVING).has(_token(written)):
            _place(home, written)


def discard(store: Store, home: Path, delivery_id: str) -> None:
    """Remove a delivery that became no case.

    Raises
    ------
    InputError
        when there is none of this id, or a case needs it.
    """
    used = imports.of_delivery(store, delivery_id)
    if used:
        raise InputError(
            "The delivery belongs to a case and stays",
            got=", ".join(store.case(i.case_id).code for i in used),
        )
    deliveries.discard(home, delivery_id)


def _same(store: Store, new: NewImport, case: NewCase | None, case_id: int | None) -> Import | None:
    """The import that is there already, of the same series of the same lesion as the same case."""
    for found in imports.of_delivery(store, new.delivery):
        stored = store.case(found.case_id)
        named = case_id == found.case_id if case is None else case.code == stored.code
        if named and found.lesion == new.lesion and found.stacks == new.stacks:
            if case is not None:
                check_same(stored, case)
            return found
    return None


def _refuse_other_outline(home: Path, case_id: int, outline: Outline | None) -> None:
    if outline is not None and _contours(ImageArchive(home / IMAGES).outline(case_id)) != _contours(outline):
        raise ConflictError(
            "These images were imported before, and the case has another outline",
            remedy="change the outline of the lesion instead",
        )


def _removed(delivery: Delivery) -> dict[str, Any]:
    """What the de-identification took out and replaced; a patient's pseudonym where the files name one."""
    counted = {
        "removed": dict(delivery.removal.removed),
        "replaced": dict(delivery.removal.replaced),
    }
    return counted | ({PATIENT: delivery.patient} if delivery.patient else {})


def _series(delivery: Delivery, confirmed: Confirmed) -> dict[str, dict[str, Any]]:
    """What is recorded of each sequence."""
    recorded = {}
    for sequence, uid in confirmed.stacks.items():
        candidate = next(
            (c for c in delivery.candidates if (c.series_uid, c.sequence) == (uid, sequence)), None
        )
        recorded[str(sequence)] = {
            "stack": uid,
            "title": delivery.title(uid),
            "confidence": None if candidate is None else candidate.confidence,
            "reasons": [] if candidate is None else list(candidate.reasons),
            "confirmed": "by a person" if confirmed.by_person else "certain by its header",
            "why": confirmed.why,
        }
    return recorded


def _token(new: NewImport) -> int:
    """Number of an import's files while they wait: the same for the same series of the same lesion."""
    text = json.dumps([new.lesion, sorted(new.stacks.items())])
    return int(hashlib.sha256(text.encode()).hexdigest()[:12], 16)


def _place(home: Path, written: Import) -> None:
    """Bring the images of a recorded import into the archive, where they are not yet there."""
    folder = home / deliveries.FOLDER / written.delivery
    waiting = folder / ARRIVING / str(_token(written))
    target = home / IMAGES / str(written.case_id)
    archive = ImageArchive(home / IMAGES)
    if not ImageArchive(folder / ARRIVING).has(_token(written)):
        if archive.has(written.case_id):
            return
        stacks = {Sequence(name): uid for name, uid in written.stacks.items()}
        archive.put(
            written.case_id, deliveries.volumes(deliveries.load(home, written.delivery), stacks), None
        )
        return
    replaced = target.with_name(f".{target.name}.replaced")
    if replaced.exists():
        shutil.rmtree(replaced)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        target.rename(replaced)
    waiting.rename(target)
    if replaced.exists():
        shutil.rmtree(replaced)


def _drop(folder: Path, token: int) -> None:
    """Remove files that will not become a case's."""
    waiting = folder / ARRIVING / str(token)
    if waiting.exists():
        shutil.rmtree(waiting)


def _contours(outline: Outline | None) -> list[list[list[float]]] | None:
    return None if outline is None else outline.to_lists()
