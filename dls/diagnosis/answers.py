"""Asking the models about a patient, in the process that holds the networks, and keeping what they say."""

from __future__ import annotations

import json
import threading
import time
import traceback
from collections.abc import Mapping
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dls.diagnosis.patients import NUMBER, Patient, find
from dls.errors import AccessError, DLSError, InputError
from dls.nn.case_inference import CaseAnswers, CaseQuestion, infer_cases
from dls.nn.feature_store import FeatureStore
from dls.nn.package import ModelPackage
from dls.nn.worker import Worker
from dls.study.store import Store
from dls.whole_files import write_whole

RECORD = "answers.json"


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What the models said of a patient.

    Parameters
    ----------
    fingerprint : of the patient as the models were asked (see `Patient.fingerprint`)
    asked_at : UTC
    seconds : from asking to the answer
    packages : letter -> SHA-256 of the package that answered
    probabilities : letter -> (n, n_classes) of the cross sections of the lesion (image groups)
    not_applicable : letter -> why the model was not asked
    """

    fingerprint: str
    asked_at: str
    seconds: float
    packages: Mapping[str, str]
    probabilities: Mapping[str, NDArray[np.float64]]
    not_applicable: Mapping[str, str]


def load_answers(patient: Patient) -> Answers | None:
    """What the models said of the patient as it is now; None where they were not asked so."""
    try:
        kept = json.loads((patient.folder / RECORD).read_text())
    except FileNotFoundError:
        return None
    if kept["fingerprint"] != patient.fingerprint:
        return None
    arrays = {letter: np.asarray(rows, float) for letter, rows in kept.pop("probabilities").items()}
    return Answers(**kept, probabilities=arrays)


def features_of(patient: Patient) -> FeatureStore:
    """Features of the patient, as number `NUMBER`."""
    return FeatureStore(patient.folder / "features")


class Asking:
    """One asking of all models about one patient; begins at once and goes on by itself.

    Parameters
    ----------
    packages : the study's packages by letter, or why one cannot be used
    by : account of whoever asks

    Raises
    ------
    InputError
        when there is no outline, the clinical data were not entered, or there is no usable model.
    """

    def __init__(
        self,
        worker: Worker,
        store: Store,
        home: Path,
        patient: Patient,
        *,
        packages: Mapping[str, ModelPackage | str],
        by: int | None = None,
    ) -> None:
        usable = {k: p for k, p in packages.items() if isinstance(p, ModelPackage)}
        if patient.clinical is None or not patient.outlined:
            raise InputError(
                "The models cannot be asked yet", expected="an outline of the lesion and the clinical form"
            )
        if not usable:
            raise InputError("The study has no usable model", remedy="choose packages on the Models page")
        self.done, self.total, self.step = 0, 0, "waiting for the models"
        self.error = ""
        self._home, self._patient = home, patient
        self._packages = {letter: p.sha256 for letter, p in usable.items()}
        self._broken = {k: p for k, p in packages.items() if isinstance(p, str)}
        self._fingerprint, self._asked_at = patient.fingerprint, store.now()
        self._began, self._over = time.monotonic(), threading.Event()
        store.record("diagnosis.ask", by, {"patient": patient.id, "packages": self._packages})
        self._worker = worker
        self._future = worker.submit(
            infer_cases,
            {letter: p.folder for letter, p in usable.items()},
            patient.archive.root,
            features_of(patient).root,
            [CaseQuestion(NUMBER, patient.clinical)],
            progress=self._note,
        )
        self._future.add_done_callback(self._end)

    @property
    def over(self) -> bool:
        """Whether the answers are kept, or `error` says why not."""
        return self._over.is_set()

    @property
    def seconds(self) -> float:
        """Since the models were asked."""
        return time.monotonic() - self._began

    def wait(self, seconds: float) -> bool:
        """Wait for the end; returns whether it came."""
        return self._over.wait(seconds)

    def stop(self) -> None:
        """Give up; nothing is kept."""
        self._worker.interrupt(self._future)

    def _note(self, done: int, total: int, step: str) -> None:
        self.done, self.total, self.step = done, total, step

    def _end(self, future: Future[list[CaseAnswers]]) -> None:
        try:
            self._keep(future.result()[0])
        except CancelledError:
            self.error = "Stopped."
        except DLSError as error:
            self.error = str(error)
        except Exception as error:  # a defect: said on the page, traced in the log
            traceback.print_exc()
            self.error = f"Defect in the program: {type(error).__name__}: {error}"
        finally:
            self._over.set()

    def _keep(self, found: CaseAnswers) -> None:
        if not found.probabilities:
            raise InputError(
                "No model could be asked", got="; ".join(sorted(set(found.not_applicable.values())))
            )
        kept = {
            "fingerprint": self._fingerprint,
            "asked_at": self._asked_at,
            "seconds": self.seconds,
            "packages": {letter: self._packages[letter] for letter in found.probabilities},
            "probabilities": {k: rows.astype(float).tolist() for k, rows in found.probabilities.items()},
            "not_applicable": {**found.not_applicable, **self._broken},
        }
        try:
            now = find(self._home, self._patient.id)
        except AccessError as error:
            raise InputError("The patient was deleted meanwhile") from error
        if now.fingerprint != self._fingerprint:
            raise InputError("Outline or clinical data were changed meanwhile", remedy="ask the models again")
        write_whole(now.folder / RECORD, json.dumps(kept).encode())
