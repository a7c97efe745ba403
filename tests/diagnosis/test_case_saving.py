"""A patient becomes a case on request, by the rules for new cases, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from dls.clinical import ClinicalRecord
from dls.diagnosis import case_saving
from dls.diagnosis.case_saving import save_as_case
from dls.diagnosis.patients import Patient, draw, find, note_clinical, remove
from dls.domain import LesionClass, Sequence
from dls.errors import ConflictError
from dls.imaging import delivery as deliveries
from dls.imaging.archive import ImageArchive
from dls.study import audit, imports, outlines
from dls.study.cases import NewCase
from dls.study.order import assign
from dls.study.store import Store
from tests.diagnosis.conftest import square


@pytest.fixture
def ready(store: Store, patient: Patient) -> Patient:
    drawn = draw(store, patient, square(patient), after=0, by=1, name="Ines")
    return note_clinical(store, drawn, ClinicalRecord(age=61.0))


def case(ready: Patient) -> NewCase:
    clinical = dict(ready.clinical or {})
    return NewCase(
        "P-7",
        LesionClass.HCC,
        "histopathology",
        30.0,
        ready.scanner,
        clinical,
        "import",
        simulated_images=False,
    )


def test_images_outline_and_data_come_along(store: Store, home: Path, ready: Patient) -> None:
    done = save_as_case(store, home, ready, case(ready), by=1)
    assert (done.code, done.sequences) == ("P-7", tuple(Sequence))
    assert store.cases().loc[done.case_id, "age"] == 61.0
    archive = ImageArchive(home / "images")
    assert archive.content_sha256(done.case_id) == ready.archive.content_sha256(1)
    drawn = ready.archive.regions(1).to_record()
    assert archive.regions(done.case_id).to_record() == drawn
    kept = outlines.newest(store, done.case_id)
    assert kept is not None
    assert kept.content == drawn
    assert imports.of_case(store, done.case_id)[0].delivery == ready.delivery
    assert find(home, ready.id).saved_case == done.case_id
    assert audit.verify(store).ok
    with pytest.raises(ConflictError, match="already"):
        save_as_case(store, home, find(home, ready.id), case(ready))
    remove(store, home, find(home, ready.id))
    assert deliveries.received(home) == (ready.delivery,)
    assert archive.has(done.case_id)


def test_a_closed_case_set_takes_nobody(store: Store, home: Path, ready: Patient) -> None:
    before = store.cases()
    assign(store)
    with pytest.raises(ConflictError, match="order has been drawn"):
        save_as_case(store, home, ready, case(ready))
    assert store.cases().equals(before)
    assert find(home, ready.id).saved_case is None


def test_a_saving_that_broke_off_goes_on(
    store: Store, home: Path, ready: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(case_saving, "save_regions", killed)
        with pytest.raises(KeyboardInterrupt):
            save_as_case(store, home, ready, case(ready))
    assert find(home, ready.id).saved_case is None
    done = save_as_case(store, home, ready, case(ready))
    assert len(store.cases()) == 5
    assert outlines.newest(store, done.case_id) is not None
