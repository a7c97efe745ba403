from __future__ import annotations

from pathlib import Path

import pytest

from dls.domain import LesionClass
from dls.imaging.delivery import Delivery
from dls.imaging.reception import receive
from dls.imaging.sources import folder_files
from dls.study.cases import NewCase
from dls.study.store import Store
from tests.imaging.series import write_study
from tests.study.tiny_study import tiny_study


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def store(home: Path) -> Store:
    """One reader, no case, the order not drawn."""
    return tiny_study(home / "study.db", cases=0, readers=1, assigned=False)


@pytest.fixture
def delivery(tmp_path: Path, home: Path) -> Delivery:
    """The six-sequence study, received."""
    return receive(folder_files(write_study(tmp_path / "study")), home, "folder")


@pytest.fixture
def case() -> NewCase:
    return NewCase(
        "P-01",
        LesionClass.HCC,
        "histopathology",
        34.0,
        "X 3 T",
        {"age": 61.0},
        "import",
        simulated_images=False,
    )
