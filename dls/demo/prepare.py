"""Making the demo study: 201 phantom patients, seven models' scores, three simulated readers."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dls import embedding
from dls.demo.accounts import add_demo_accounts
from dls.demo.readers import SimulatedAnswer, simulate
from dls.demo.results import EXPLANATIONS, MODELS_FOLDER, DemoResults
from dls.domain import MODELS, LesionClass
from dls.errors import ConflictError, InputError
from dls.nn.feature_store import FeatureStore
from dls.nn.package import load_packages
from dls.phantom.cohort import PhantomPatient, validation_cohort
from dls.phantom.scanner import SCANNERS
from dls.progress import Progress
from dls.study.accounts import Account
from dls.study.cases import NewCase
from dls.study.consensus import add_simulated_consensus, queue
from dls.study.order import assign
from dls.study.protocol import Protocol, create_study, title
from dls.study.reading import Entry, OutsideReading, add_simulated
from dls.study.store import Store

TITLE = "Demo: phantom liver lesions"
UNREAD = 30
"""Cases of the demo that the simulated readers leave to the person who tries it."""
PLAN = (
    "Primary: sensitivity and specificity by class, Model A against the readers' consensus (exact McNemar). "
    "Secondary: AUC by class with DeLong intervals, A-B, C-D, E-G, F-G; kappa with the reference standard. "
    "Simulated readings and phantom images: no result of this study says anything about patients."
)


def prepare(home: Path, progress: Progress | None = None) -> bool:
    """Make the demo study in `home` unless one is there; returns whether it was made.

    The study appears complete or not at all: it is built beside its place and moved there at the end.

    Raises
    ------
    ConflictError
        when `home` holds another study.
    InputError, PackageError
        when the shipped models or results are missing or do not belong together.
    """
    place = home / "study.db"
    if place.exists():
        _require_demo(place)
        return False
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home, prefix=".demo-") as folder:
        part = Path(folder) / "study.db"
        _fill(Store(part), Path(folder) / "features", progress)
        shutil.copytree(MODELS_FOLDER, Path(folder) / "models")
        for name in ("models", "features"):
            shutil.rmtree(home / name, ignore_errors=True)
            os.replace(Path(folder) / name, home / name)
        shutil.copytree(EXPLANATIONS, home / "explanations", dirs_exist_ok=True)
        os.replace(part, place)
    return True


def reset(home: Path) -> None:
    """Delete the demo study in `home` with everything made for it; databases kept by a restore stay.

    Raises
    ------
    ConflictError
        when `home` holds another study.
    """
    place = home / "study.db"
    if place.exists():
        _require_demo(place)
    for name in ("study.db", "study.db-wal", "study.db-shm"):
        (home / name).unlink(missing_ok=True)
    for name in ("images", "saliency", "models", "features", "explanations"):
        shutil.rmtree(home / name, ignore_errors=True)


def is_demo(store: Store) -> bool:
    """Whether the study of a store is the demo."""
    return title(store) == TITLE


def unread_cases(patients: Sequence[PhantomPatient]) -> set[str]:
    """Codes of the cases left unread: `UNREAD` of them, spread over the classes in proportion."""
    by_class = sorted(range(len(patients)), key=lambda i: (patients[i].lesion_class, i))
    step = len(by_class) / UNREAD
    return {patients[by_class[int((n + 0.5) * step)]].code for n in range(UNREAD)}


def _require_demo(place: Path) -> None:
    if not is_demo(Store(place)):
        raise ConflictError(
            "This folder holds a study that is not the demo",
            expected="an empty folder or the demo study",
            got=str(place),
            remedy="set DLS_HOME to another folder for the demo, or open this study: streamlit run app.py",
        )


def _fill(store: Store, features: Path, progress: Progress | None) -> None:
    steps = ("accounts and protocol", "cases", "simulated readings", "models' scores", "feature maps")

    def begin(step: int) -> None:
        if progress:
            progress(step, len(steps), steps[step] if step < len(steps) else "done")

    patients = validation_cohort()
    results = DemoResults.load()
    _require_matching(results, patients)
    begin(0)
    accounts = add_demo_accounts(store)
    readers = [accounts[name] for name in ("reader1", "reader2", "reader3")]
    create_study(store, TITLE, _protocol(readers))
    begin(1)
    ids = store.add_cases([_case(patient) for patient in patients])
    assign(store)
    begin(2)
    _add_readings(store, patients, ids, readers)
    begin(3)
    case_ids = np.asarray(ids)[results.patient]
    for letter, scores in results.scores.items():
        store.add_predictions(letter, results.packages[letter], case_ids, results.group, scores)
    keep = FeatureStore(features)
    for letter, hidden in results.hidden.items():
        for case_id in ids:
            keep.put(results.packages[letter], case_id, hidden[case_ids == case_id])
    begin(4)
    for (letter, method), xy in results.maps.items():
        store.add_embedding(letter, method, case_ids, results.group, xy, settings=embedding.SETTINGS[method])
    begin(5)


def _require_matching(results: DemoResults, patients: Sequence[PhantomPatient]) -> None:
    shipped = {letter: package.sha256 for letter, package in load_packages(MODELS_FOLDER).items()}
    same_patients = [p.code for p in patients] == results.codes.tolist()
    if shipped != dict(results.packages) or set(shipped) != set(MODELS) or not same_patients:
        raise InputError(
            "The demo's results were not made by the models that are shipped with it",
            expected=f"results of {shipped}",
            got=f"results of {dict(results.packages)}",
            remedy="make both again: python -m dls demo --rebuild",
        )


def _protocol(readers: Sequence[Account]) -> Protocol:
    return Protocol(
        readers=tuple(reader.id for reader in readers),
        operating_points={"C": 0.5, "D": 0.5},
        investigator_unblinded=True,
        analysis_plan=PLAN,
    )


def _case(patient: PhantomPatient) -> NewCase:
    return NewCase(
        code=patient.code,
        lesion_class=patient.lesion_class,
        reference_standard=patient.reference_standard,
        lesion_mm=patient.lesion_mm,
        scanner=f"{SCANNERS[patient.scanner].manufacturer} {SCANNERS[patient.scanner].field:g} T",
        clinical=patient.clinical.to_dict(),
        image_source=f"phantom:{patient.code}",
        simulated_images=True,
    )


def _add_readings(
    store: Store, patients: Sequence[PhantomPatient], ids: Sequence[int], readers: Sequence[Account]
) -> None:
    """Simulated readings of the cases that are not left unread, and their simulated consensus."""
    answers = simulate([patient.lesion_class for patient in patients])
    unread = unread_cases(patients)
    read = [i for i, patient in enumerate(patients) if patient.code not in unread]
    add_simulated(
        store,
        [
            OutsideReading(reader.id, ids[i], _entry(answers[reader.username][i]))
            for reader in readers
            for i in read
        ],
    )
    agreed: dict[int, LesionClass] = {ids[i]: answers["consensus"][i].lesion_class for i in read}
    add_simulated_consensus(store, {d.case_id: agreed[d.case_id] for d in queue(store)})


def _entry(answer: SimulatedAnswer) -> Entry:
    return Entry(
        lesion_class=answer.lesion_class,
        malignancy=answer.malignancy,
        active_seconds=answer.seconds,
        wall_seconds=answer.seconds,
    )
