from __future__ import annotations

from pathlib import Path

import pytest

from dls.study.store import Store
from tests.study.tiny_study import tiny_study


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Two readers, four cases, the order drawn, nothing read."""
    return tiny_study(tmp_path / "study.db")
