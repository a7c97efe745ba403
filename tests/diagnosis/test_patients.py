"""A diagnosed patient lives apart from the study, changes in versions, and goes without a trace of pixels."""

from __future__ import annotations

from pathlib import Path

import pytest

from dls.clinical import ClinicalRecord
from dls.diagnosis.patients import (
    Patient,
    admit,
    deliveries_in_use,
    draw,
    find,
    note_clinical,
    patients,
    remove,
)
from dls.domain import Sequence
from dls.errors import AccessError, ConflictError, GeometryError, InputError
from dls.imaging import delivery as deliveries
from dls.imaging.delivery import Delivery
from dls.imaging.regions import Regions
from dls.imaging.roi import Outline
from dls.intake.case_import import Confirmed, import_case
from dls.study import audit
from dls.study.cases import NewCase
from dls.study.results_state import results_state
from dls.study.store import Store
from tests.diagnosis.conftest import square, unenhanced


def actions(store: Store) -> list[str]:
    return [str(e["action"]) for e in audit.trail(store) if str(e["action"]).startswith("diagnosis.")]


def test_the_study_stays_as_it_is(store: Store, home: Path, delivery: Delivery, confirmed: Confirmed) -> None:
    before = (store.cases(), results_state(store))
    made = admit(store, home, delivery, confirmed)
    assert store.cases().equals(before[0])
    assert results_state(store) == before[1]
    assert not (home / "images").exists()
    assert made.archive.root.parent.parent == home / "diagnosis"
    assert made.sequences == tuple(Sequence)
    assert (made.clinical, made.drawn, made.outlined) == (None, 0, False)
    assert actions(store) == ["diagnosis.admit"]
    assert audit.verify(store).ok


def test_a_patient_is_found_again(patient: Patient, home: Path) -> None:
    assert patients(home) == (patient,)
    assert find(home, patient.id) == patient
    assert patient.name == "third of the conference"
    assert deliveries_in_use(home) == {patient.delivery}


@pytest.mark.parametrize("wrong", ["../study", "0" * 16, "", ".", "A" * 16])
def test_other_ids_lead_nowhere(patient: Patient, home: Path, wrong: str) -> None:
    with pytest.raises(AccessError, match="no such patient"):
        find(home, wrong)


def test_without_t2_there_is_nothing_to_outline(
    store: Store, home: Path, delivery: Delivery, confirmed: Confirmed
) -> None:
    without = {s: uid for s, uid in confirmed.stacks.items() if s is not Sequence.T2}
    with pytest.raises(InputError, match="no T2"):
        admit(store, home, delivery, Confirmed(without, by_person=True))
    assert patients(home) == ()
    assert actions(store) == []


def test_images_of_the_study_are_refused(
    store: Store, home: Path, delivery: Delivery, confirmed: Confirmed
) -> None:
    case = NewCase("P-9", 4, "histopathology", 30, "X", {}, "import", simulated_images=False)  # type: ignore[arg-type]
    import_case(store, home, delivery, confirmed, case=case)
    with pytest.raises(ConflictError, match="P-9"):
        admit(store, home, delivery, confirmed)
    assert patients(home) == ()


def test_a_drawing_is_kept_in_versions(store: Store, home: Path, patient: Patient) -> None:
    drawn = draw(store, patient, square(patient), after=0, by=1, name="Ines")
    assert (drawn.drawn, drawn.drawn_by, drawn.outlined) == (1, "Ines", True)
    with pytest.raises(ConflictError, match="Somebody else"):
        draw(store, patient, square(patient, 20), after=0, by=1, name="Ines")
    assert find(home, patient.id) == drawn
    assert audit.verify(store).ok


def test_a_drawing_outside_the_images_changes_nothing(store: Store, home: Path, patient: Patient) -> None:
    far = Regions.of_outline(Outline.of([[[900, 0, 0], [910, 0, 0], [910, 10, 0]]]))
    with pytest.raises(GeometryError):
        draw(store, patient, far, after=0, by=1, name="Ines")
    assert find(home, patient.id) == patient


def test_answers_go_with_what_they_were_given_for(store: Store, patient: Patient) -> None:
    prints = [patient.fingerprint]
    drawn = draw(store, patient, square(patient), after=0, by=1, name="Ines")
    prints.append(drawn.fingerprint)
    told = note_clinical(store, drawn, ClinicalRecord(age=61.0, afp=900.0))
    prints.append(told.fingerprint)
    answers = told.folder / "answers.json"
    answers.write_text("{}")
    assert note_clinical(store, told, ClinicalRecord(age=61.0, afp=900.0)) == told
    assert answers.exists()
    changed = note_clinical(store, told, ClinicalRecord(age=62.0))
    assert changed.clinical is not None
    assert changed.clinical["afp"] is None
    assert not answers.exists()
    prints.append(changed.fingerprint)
    answers.write_text("{}")
    redrawn = draw(store, changed, square(patient, 20), after=1, by=1, name="Ines")
    assert not answers.exists()
    assert len({*prints, redrawn.fingerprint}) == 5


def test_no_clinical_value_reaches_the_audit_trail(store: Store, patient: Patient) -> None:
    note_clinical(store, patient, ClinicalRecord(afp=123456.0))
    (entry,) = [e for e in audit.trail(store) if e["action"] == "diagnosis.clinical"]
    assert '"known":["afp"]' in str(entry["detail"])
    assert "123456" not in str(audit.trail(store))


def test_what_is_deleted_is_gone(store: Store, home: Path, patient: Patient) -> None:
    remove(store, home, patient, by=1)
    assert patients(home) == ()
    assert list((home / "diagnosis").iterdir()) == []
    assert deliveries.received(home) == ()
    assert actions(store) == ["diagnosis.admit", "diagnosis.delete"]
    with pytest.raises(ConflictError, match="deleted"):
        note_clinical(store, patient, ClinicalRecord(age=50.0))


def test_a_delivery_stays_while_another_patient_needs_it(
    store: Store, home: Path, delivery: Delivery, patient: Patient
) -> None:
    second = admit(store, home, delivery, unenhanced(delivery))
    assert second.sequences == tuple(Sequence)[:3]
    remove(store, home, patient)
    assert deliveries.received(home) == (delivery.id,)
    remove(store, home, second)
    assert deliveries.received(home) == ()
