"""Asking the models: what is kept, what is not, and what is said; the networks' process is played."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dls.clinical import ClinicalRecord
from dls.diagnosis.answers import Asking, load_answers
from dls.diagnosis.patients import Patient, draw, note_clinical, remove
from dls.errors import InputError, PackageError
from dls.nn.case_inference import CaseAnswers
from dls.nn.package import ModelPackage
from dls.study import audit
from dls.study.store import Store
from tests.diagnosis.conftest import square
from tests.diagnosis.packages import package

Ask = Callable[[], tuple[Asking, "Played"]]


class Played:
    """Takes the place of the worker; the test answers."""

    def __init__(self) -> None:
        self.future: Future[Any] = Future()
        self.asked: tuple[Any, ...] = ()

    def submit(self, function: Any, *args: Any, progress: Any) -> Future[Any]:
        self.asked, self.progress = args, progress
        return self.future

    def interrupt(self, future: Future[Any]) -> None:
        assert future.cancel()

    def answer(self) -> None:
        rows = np.array([[0.25, 0.75], [0.5, 0.5]], np.float32)
        self.future.set_result([CaseAnswers(1, {"D": rows}, {"F": "Late arterial is missing"})])


@pytest.fixture
def ready(store: Store, patient: Patient) -> Patient:
    drawn = draw(store, patient, square(patient), after=0, by=1, name="Ines")
    return note_clinical(store, drawn, ClinicalRecord(age=61.0))


@pytest.fixture
def packages(tmp_path: Path) -> dict[str, ModelPackage | str]:
    return {"D": package(tmp_path / "models", "D"), "E": "the package is damaged"}


@pytest.fixture
def ask(store: Store, home: Path, ready: Patient, packages: dict[str, ModelPackage | str]) -> Ask:
    def begin() -> tuple[Asking, Played]:
        worker = Played()
        return Asking(worker, store, home, ready, packages=packages, by=1), worker  # type: ignore[arg-type]

    return begin


def test_answers_are_kept_with_what_they_came_from(ask: Ask, ready: Patient, store: Store) -> None:
    asking, worker = ask()
    assert not asking.over
    worker.progress(3, 12, "image groups over models")
    assert (asking.done, asking.total) == (3, 12)
    (question,) = worker.asked[3]
    assert question.clinical == ready.clinical
    assert load_answers(ready) is None
    worker.answer()
    assert asking.wait(5)
    assert asking.error == ""
    found = load_answers(ready)
    assert found is not None
    np.testing.assert_array_equal(found.probabilities["D"], [[0.25, 0.75], [0.5, 0.5]])
    assert found.not_applicable == {"F": "Late arterial is missing", "E": "the package is damaged"}
    assert set(found.packages) == {"D"}
    (entry,) = [e for e in audit.trail(store) if e["action"] == "diagnosis.ask"]
    assert found.packages["D"] in str(entry["detail"])


def test_a_change_meanwhile_makes_the_answers_void(ask: Ask, ready: Patient, store: Store) -> None:
    asking, worker = ask()
    note_clinical(store, ready, ClinicalRecord(age=62.0))
    worker.answer()
    assert "changed meanwhile" in asking.error
    assert load_answers(ready) is None
    assert not (ready.folder / "answers.json").exists()


def test_a_deletion_meanwhile_is_said(ask: Ask, ready: Patient, store: Store, home: Path) -> None:
    asking, worker = ask()
    remove(store, home, ready)
    worker.answer()
    assert "deleted meanwhile" in asking.error
    assert not ready.folder.exists()


@pytest.mark.parametrize("problem", [PackageError("The package was altered"), ZeroDivisionError("oh")])
def test_errors_are_said(ask: Ask, ready: Patient, problem: Exception) -> None:
    asking, worker = ask()
    worker.future.set_exception(problem)
    assert asking.over
    assert str(problem) in asking.error
    assert load_answers(ready) is None


def test_stopping_keeps_nothing(ask: Ask, ready: Patient) -> None:
    asking, _ = ask()
    asking.stop()
    assert asking.over
    assert asking.error == "Stopped."
    assert load_answers(ready) is None


def test_no_answer_at_all_says_why(ask: Ask) -> None:
    asking, worker = ask()
    worker.future.set_result([CaseAnswers(1, {}, {"D": "The lesion lies outside DWI."})])
    assert "outside DWI" in asking.error


def test_it_needs_outline_form_and_a_model(
    store: Store, home: Path, patient: Patient, packages: dict[str, ModelPackage | str]
) -> None:
    with pytest.raises(InputError, match="cannot be asked yet"):
        Asking(Played(), store, home, patient, packages=packages)  # type: ignore[arg-type]


def test_without_a_usable_model_nothing_is_asked(store: Store, home: Path, ready: Patient) -> None:
    with pytest.raises(InputError, match="no usable model"):
        Asking(Played(), store, home, ready, packages={"D": "damaged"})  # type: ignore[arg-type]
