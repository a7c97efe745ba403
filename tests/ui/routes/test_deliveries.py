"""Thumbnails of received series: for those who may import, and for nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from dls.domain import Sequence
from dls.imaging.reception import receive
from dls.imaging.sources import folder_files
from dls.study.store import Store
from tests.imaging.series import write_study
from tests.ui.asgi import Client
from tests.ui.conftest import SignIn


@pytest.fixture
def address(study_store: Store, tmp_path: Path) -> str:
    study = write_study(tmp_path / "study", (Sequence.T2,))
    return f"/deliveries/{receive(folder_files(study), study_store.path.parent, 'folder').id}"


@pytest.mark.parametrize("who", ["ines", "adam"])
def test_a_thumbnail_is_a_private_png(client_of: SignIn, address: str, who: str) -> None:
    answer = client_of(who).get(f"{address}/0")
    assert answer.status == 200
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.body.startswith(b"\x89PNG")


@pytest.mark.parametrize("path", ["{}/1", "/deliveries/keys/0", "/deliveries/..%2Fimages%2F1/0", "{}x/0"])
def test_nothing_else_is_served(client_of: SignIn, address: str, path: str) -> None:
    assert client_of("ines").get(path.format(address)).status == 404


def test_readers_and_strangers_get_nothing(client_of: SignIn, anyone: Client, address: str) -> None:
    assert client_of("anna").get(f"{address}/0").status == 404
    assert anyone.get(f"{address}/0").status == 401
