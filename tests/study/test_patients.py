"""Lesions of one patient are told by their imports: against a search for what hangs together."""

from __future__ import annotations

import dataclasses
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dls.errors import InputError
from dls.study import imports
from dls.study.imports import NewImport
from dls.study.patients import patients, with_several_cases
from dls.study.protocol import Protocol, create_study
from dls.study.store import Store
from tests.study.tiny_study import new_case, tiny_study

SERIES = {"T2": {"stack": "2.25.1", "confirmed": "by a person"}}


def delivered(delivery: str, lesion: int = 1, patient: str = "") -> NewImport:
    removed = {"removed": {"PatientName": 48}} | ({"patient": patient} if patient else {})
    return NewImport(delivery * 32, lesion, "zip", 48, removed, SERIES, "better images")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return tiny_study(tmp_path / "study.db", cases=0, assigned=False)


def test_cases_without_imports_are_patients_of_their_own(store: Store) -> None:
    store.add_cases([new_case(1), new_case(2)])
    assert store.cases()["patient"].tolist() == [1, 2]
    assert with_several_cases(store.cases()) == 0


def test_lesions_of_a_delivery_are_of_one_patient_whatever_the_study(store: Store) -> None:
    store.add_case(new_case(1))
    imports.add(store, delivered("a"), case=new_case(2))
    imports.add(store, delivered("b"), case=new_case(3))
    imports.add(store, delivered("a", 2), case=new_case(4))
    other = Store(store.path, study_id=create_study(store, "Other", Protocol(readers=(1,))))
    imports.add(other, delivered("a"), case=new_case(5))
    assert store.cases()["patient"].tolist() == [1, 2, 3, 2]
    assert other.cases()["patient"].tolist() == [2]
    assert list(store.cases().columns[-3:]) == ["patient", "afp", "age"]
    assert with_several_cases(store.cases()) == 1


def test_the_newest_import_of_a_case_counts(store: Store) -> None:
    imports.add(store, delivered("a"), case=new_case(1))
    imports.add(store, delivered("a", 2), case=new_case(2))
    imports.add(store, delivered("b"), case_id=2)
    assert store.cases()["patient"].tolist() == [1, 2]


def test_a_pseudonym_links_deliveries_also_one_imported_before_it_was_kept(store: Store) -> None:
    imports.add(store, delivered("a"), case=new_case(1))
    imports.add(store, delivered("b", patient="DLS-Y"), case=new_case(2))
    imports.add(store, delivered("c", patient="DLS-X"), case=new_case(3))
    assert store.cases()["patient"].tolist() == [1, 2, 3]
    imports.add(store, delivered("a", 2, "DLS-X"), case=new_case(4))
    assert store.cases()["patient"].tolist() == [1, 2, 1, 1]


def test_any_cases_against_a_search(store: Store) -> None:
    rng = np.random.default_rng(3)
    whose = {delivery: f"DLS-{rng.integers(4)}" for delivery in "0123456789"}
    said: dict[int, tuple[str, str]] = {}
    for number in range(1, 31):
        delivery = str(rng.integers(10))
        new = delivered(delivery, number, whose[delivery] if rng.random() < 0.5 else "")
        imports.add(store, new, case=new_case(number))
        said[number] = delivery, str(new.removed.get("patient", ""))
    patient = {case: case for case in said}
    for _ in said:  # until nothing changes any more
        for a, b in combinations(said, 2):
            if said[a][0] == said[b][0] or said[a][1] == said[b][1] != "":
                patient[a] = patient[b] = min(patient[a], patient[b])
    assert len(set(patient.values())) < 10
    assert store.cases()["patient"].tolist() == list(patient.values())
    with store.read() as connection:
        assert patients(connection, [30, 99]) == [patient[30], 99]


def test_no_clinical_variable_takes_the_place_of_the_patient(store: Store) -> None:
    with pytest.raises(InputError, match="name of a column"):
        store.add_case(dataclasses.replace(new_case(1), clinical={"patient": 3}))


def test_patients_with_several_cases_are_counted_once() -> None:
    assert with_several_cases(pd.DataFrame({"patient": [1, 1, 1, 4, 5, 5]})) == 2
