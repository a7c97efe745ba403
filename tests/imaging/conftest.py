from pathlib import Path

import pytest

from dls.domain import Sequence
from tests.imaging.real_series import data_folder
from tests.imaging.series import write_sequence, write_study


@pytest.fixture(scope="session")
def real_data() -> Path:
    return data_folder()


@pytest.fixture
def series(tmp_path: Path) -> list[Path]:
    """Paths of a sound T2 series in slice order."""
    return write_sequence(tmp_path, Sequence.T2)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Folder of a sound study of six sequences."""
    return write_study(tmp_path / "study")
