"""The Diagnose page, step by step; the models' answers are written by the test."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dls.clinical import ClinicalRecord
from dls.diagnosis.answers import features_of
from dls.diagnosis.patients import NUMBER, Patient, admit, draw, find, note_clinical, patients
from dls.imaging.delivery import Delivery
from dls.imaging.reception import receive
from dls.imaging.sources import folder_files
from dls.intake.case_import import Confirmed
from dls.nn.feature_store import FeatureStore
from dls.nn.package import ModelPackage
from dls.study.store import Store
from dls.ui import diagnose_patient
from dls.ui.diagnose_result import expected_right
from tests.diagnosis.conftest import square
from tests.diagnosis.packages import all_packages
from tests.imaging.series import write_study
from tests.pages.conftest import OpenPage

FULL = ClinicalRecord(age=61.0, sex="male", afp=900.0)
SCORES = {"A": [0, 0, 0, 0, 1, 0, 0], "B": [0, 0, 0, 0, 0.5, 0.5, 0], "C": [0.4, 0.6], "D": [0.1, 0.9]}
SCORES |= {"F": [0.7, 0.2, 0.1], "G": [0.6, 0.3, 0.1]}
Packages = dict[str, ModelPackage | str]


@pytest.fixture
def home(study_store: Store) -> Path:
    return study_store.path.parent


@pytest.fixture
def delivery(tmp_path: Path, home: Path) -> Delivery:
    return receive(folder_files(write_study(tmp_path / "dicom")), home, "browser")


@pytest.fixture
def patient(study_store: Store, home: Path, delivery: Delivery) -> Patient:
    made = admit(study_store, home, delivery, Confirmed(delivery.suggestion, by_person=True), label="Third")
    return draw(study_store, made, square(made), after=0, by=1, name="Ines")


@pytest.fixture
def packages(home: Path) -> Packages:
    return all_packages(home / "models")


@pytest.fixture
def answered(
    study_store: Store, home: Path, patient: Patient, packages: dict[str, ModelPackage | str]
) -> Patient:
    told = note_clinical(study_store, patient, FULL)
    hashes = {k: p.sha256 for k, p in packages.items() if isinstance(p, ModelPackage) and k in SCORES}
    kept = {
        "fingerprint": told.fingerprint,
        "asked_at": "2026-03-02T09:00:00.000000Z",
        "seconds": 2.5,
        "packages": hashes,
        "probabilities": {k: [v, v] for k, v in SCORES.items()},
        "not_applicable": {"E": "Late arterial is missing"},
    }
    (told.folder / "answers.json").write_text(json.dumps(kept))
    known, own = FeatureStore(home / "features"), features_of(told)
    for letter, sha256 in hashes.items():
        package = packages[letter]
        assert isinstance(package, ModelPackage)
        width = 4 + package.clinical_codes
        own.put(sha256, NUMBER, np.eye(2, width))
        for case_id in study_store.cases().index[:3]:
            known.put(sha256, int(case_id), np.eye(1, width, int(case_id) - 1))
    return told


def words(page: AppTest) -> str:
    elements = (*page.markdown, *page.warning, *page.error, *page.info, *page.caption, *page.subheader)
    return "\n".join([str(e.value) for e in elements] + [str(h.proto.body) for h in page.get("html")])


def press(page: AppTest, label: str) -> AppTest:
    next(b for b in page.button if b.label == label).click().run()
    assert not page.exception, page.exception[0].stack_trace
    return page


def test_it_is_marked_for_research_at_every_step(
    open_page: OpenPage, delivery: Delivery, patient: Patient
) -> None:
    for query in ({}, {"delivery": delivery.id}, {"patient": patient.id}, {"patient": "0" * 16}):
        assert "Research use only" in words(open_page("diagnose", **query))


def test_series_are_confirmed_and_the_patient_is_there(
    open_page: OpenPage, study_store: Store, home: Path, delivery: Delivery
) -> None:
    before = study_store.cases()
    page = open_page("diagnose", delivery=delivery.id)
    assert "All six sequences are there" in page.success[0].value
    box = next(b for b in page.selectbox if b.value == "T2")
    box.select("not used").run()
    assert next(b for b in page.button if b.label == "Outline the lesion").disabled
    next(b for b in page.selectbox if b.label == box.label).select("T2").run()
    next(t for t in page.text_input if t.label == "Label").input("Third").run()
    press(page, "Outline the lesion")
    (made,) = patients(home)
    assert page.query_params["patient"] == made.id
    assert made.name == "Third"
    assert study_store.cases().equals(before)
    listed = open_page("diagnose").dataframe[0].value
    assert listed["next"].tolist() == ["outline the lesion"]
    imports = open_page("import_patients")
    assert not any("not yet confirmed" in s.value for s in imports.subheader)


def test_the_form_keeps_what_is_known_and_runs(
    open_page: OpenPage, home: Path, patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Patient] = []
    monkeypatch.setattr(diagnose_patient, "_ask", lambda who, _by: asked.append(who))
    page = open_page("diagnose", patient=patient.id)
    assert "0 of 15 values are entered; 15 are missing. Models F and G cannot" in words(page)
    next(n for n in page.number_input if n.label == "Total bilirubin").set_value(2.0).run()
    assert "To be corrected: Total bilirubin" in words(page)
    next(n for n in page.number_input if n.label == "Total bilirubin").set_value(4.0).run()
    assert "is it in mg/dL" in page.warning[0].value
    assert next(b for b in page.button if b.label == "Run the models").disabled
    page.checkbox[0].check().run()
    press(page, "Run the models")
    told = find(home, patient.id)
    assert told.clinical is not None
    assert (told.clinical["bilirubin"], told.clinical["afp"]) == (4.0, None)
    assert [p.id for p in asked] == [patient.id]
    again = open_page("diagnose", patient=patient.id, step="clinical")
    assert next(n for n in again.number_input if n.label == "Total bilirubin").value == 4.0


def test_the_result_shows_way_doubts_and_known_cases(open_page: OpenPage, answered: Patient) -> None:
    shown = words(open_page("diagnose", patient=answered.id))
    assert "malignant <small>0.90</small>" in shown
    assert "HCC <small>0.70</small>" in shown
    assert "all 2 cross sections agree (score 0.90 to 0.90)" in shown
    assert "12 of 15 clinical values are missing" in shown
    assert "**Model E**: Late arterial is missing" in shown
    assert "not fitted: the score is no probability" in shown
    first, *_ = shown.split("cases?case=")[1:]
    assert first.startswith("1'")
    assert "similarity 0.707" in first
    assert shown.count("thumbnails/") == 3


@pytest.mark.parametrize(
    ("calibrated", "said"),
    [
        (
            0.424,
            "0.42: ",
        ),
        (0.994, "about 99 of 100"),
        (0.996, ">0.99: "),
        (1.0, "more than 99 of 100"),
    ],
)
def test_no_calibrated_score_is_a_certainty(calibrated: float, said: str) -> None:
    assert said in expected_right(calibrated)
    assert "100 of 100" not in expected_right(calibrated)


def test_results_that_the_protocol_closes_stay_closed(
    open_page: OpenPage, answered: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dls.ui import diagnose_result

    monkeypatch.setattr(diagnose_result, "results_visible", lambda _store: False)
    shown = words(open_page("diagnose", patient=answered.id))
    assert "keeps the truth of the study's cases closed" in shown
    assert "thumbnails/" not in shown


def test_a_closed_case_set_takes_no_patient(open_page: OpenPage, answered: Patient) -> None:
    page = open_page("diagnose", patient=answered.id)
    assert "frozen with its case set" in words(page)
    assert "Save as a case" not in [b.label for b in page.button]


def test_deleting_asks_first(open_page: OpenPage, home: Path, answered: Patient) -> None:
    page = open_page("diagnose", patient=answered.id)
    assert next(b for b in page.button if b.label == "Delete").disabled
    next(c for c in page.checkbox if c.label == "Yes, delete all of it").check().run()
    press(page, "Delete")
    assert patients(home) == ()
    assert "Nobody yet" in words(page)


def test_an_asking_that_failed_says_why(
    open_page: OpenPage, study_store: Store, patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = note_clinical(study_store, patient, FULL)

    class Failed:
        over, error = True, "The process that holds the models ended before it answered."

    monkeypatch.setitem(diagnose_patient._ASKINGS, told.id, Failed())  # type: ignore[misc]
    page = open_page("diagnose", patient=told.id)
    assert "ended before it answered" in page.error[0].value
    assert "Run the models" in [b.label for b in page.button]


def test_readers_may_not_diagnose(open_page: OpenPage, answered: Patient) -> None:
    page = open_page("diagnose", who=("reader1", "a-long-password"), patient=answered.id)
    assert "for the investigator or the administrator" in page.error[0].value
    assert not page.button
