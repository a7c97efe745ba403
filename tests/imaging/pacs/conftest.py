"""One Orthanc for all PACS tests of a process, filled with a small study and a phantom patient."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dls.imaging.pacs.transfer import send
from tests.imaging.pacs.orthanc import Pacs, require_orthanc
from tests.imaging.series import write_study


@pytest.fixture(scope="session")
def running_pacs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pacs]:
    require_orthanc()
    pacs = Pacs(tmp_path_factory.mktemp("orthanc"))
    try:
        pacs.start()
        yield pacs
    finally:
        pacs.close()


@pytest.fixture
def pacs(running_pacs: Pacs) -> Iterator[Pacs]:
    """The running server, fast and whole at the start of every test."""
    running_pacs.calm()
    yield running_pacs
    running_pacs.calm()


@pytest.fixture(scope="session")
def small(running_pacs: Pacs, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a study of six series of eight slices, which the server has."""
    folder = write_study(tmp_path_factory.mktemp("small"))
    send(running_pacs.web, sorted(folder.rglob("*.dcm")))
    return folder
