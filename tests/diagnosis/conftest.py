"""A delivery that becomes a patient, beside a study of four cases; nothing here loads TensorFlow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dls.diagnosis.patients import Patient, admit
from dls.domain import Sequence
from dls.imaging.delivery import Delivery
from dls.imaging.reception import receive
from dls.imaging.regions import Regions
from dls.imaging.roi import Outline
from dls.imaging.sources import folder_files
from dls.intake.case_import import Confirmed
from dls.study.store import Store
from tests.imaging.series import write_study
from tests.study.tiny_study import tiny_study


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def store(home: Path) -> Store:
    return tiny_study(home / "study.db", assigned=False)


@pytest.fixture
def delivery(tmp_path: Path, home: Path) -> Delivery:
    return receive(folder_files(write_study(tmp_path / "study")), home, "browser")


@pytest.fixture
def confirmed(delivery: Delivery) -> Confirmed:
    return Confirmed(delivery.suggestion, by_person=True, why="as the headers say")


@pytest.fixture
def patient(store: Store, home: Path, delivery: Delivery, confirmed: Confirmed) -> Patient:
    return admit(store, home, delivery, confirmed, label="third of the conference", by=1)


def square(patient: Patient, side: float = 12.0) -> Regions:
    """A square lesion in the middle of two slices of T2."""
    grid = patient.archive.t2_geometry(1)
    i, j = ((n - 1) / 2 for n in grid.size[:2])
    half = side / 2 / grid.spacing[0]
    corners = [(-half, -half), (half, -half), (half, half), (-half, half)]
    contours = [
        grid.to_patient(np.array([(i + x, j + y, k) for x, y in corners]))
        for k in (grid.size[2] // 2, grid.size[2] // 2 + 1)
    ]
    return Regions.of_outline(Outline(tuple(contours)))


def unenhanced(delivery: Delivery) -> Confirmed:
    """The three unenhanced sequences only."""
    first = {s: uid for s, uid in delivery.suggestion.items() if s in tuple(Sequence)[:3]}
    return Confirmed(first, by_person=True)
