"""A diagnosed patient becomes a case of the study, on request and under the rules for new cases."""

from __future__ import annotations

from pathlib import Path

from dls.case_regions import save_regions
from dls.diagnosis.patients import NUMBER, Patient, note_case
from dls.domain import Sequence
from dls.errors import ConflictError
from dls.imaging import delivery as deliveries
from dls.imaging.archive import ImageArchive
from dls.intake.case_import import IMAGES, Confirmed, ImportedCase, import_case
from dls.study import outlines
from dls.study.cases import NewCase
from dls.study.store import Store


def save_as_case(
    store: Store, home: Path, patient: Patient, case: NewCase, *, by: int | None = None
) -> ImportedCase:
    """Import the patient's images as a new case, with what was drawn; done again it goes on where it ended.

    The models' answers do not come along: the study's own run of the models scores the case.

    Raises
    ------
    ConflictError
        when the case set is closed, the code is taken, or the patient is a case already.
    InputError, GeometryError
        when the case or the images cannot be taken.
    """
    if patient.saved_case is not None:
        raise ConflictError("This patient was saved as a case already", got=f"case {patient.saved_case}")
    stacks = {Sequence(name): uid for name, uid in patient.stacks.items()}
    delivery = deliveries.load(home, patient.delivery)
    confirmed = Confirmed(stacks, by_person=True, why=patient.why)
    made = import_case(store, home, delivery, confirmed, case=case, by=by)
    if outlines.newest(store, made.case_id) is None:
        regions = patient.archive.regions(NUMBER)
        save_regions(store, ImageArchive(home / IMAGES), made.case_id, regions, after=0, by=by)
    store.record("diagnosis.save", by, {"patient": patient.id, "case": made.case_id})
    note_case(patient, made.case_id)
    return made
