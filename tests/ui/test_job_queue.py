"""Jobs are done while the application runs, in the study that it shows, and not after it has ended."""

from __future__ import annotations

import time
from pathlib import Path

import anyio
import pytest

from dls.jobs.works import WORKS
from dls.study import jobs
from dls.study.jobs import State
from dls.study.store import Store
from dls.ui import job_queue
from tests.study.tiny_study import tiny_study
from tests.ui.asgi import run


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("DLS_HOME", str(tmp_path))
    tiny_study(tmp_path / "study.db")
    return Store(tmp_path / "study.db")


def test_a_job_is_done_while_the_application_runs(store: Store) -> None:
    number = jobs.ask(store, "predict", {"letters": []})

    async def application() -> None:
        async with job_queue.lifespan(None):
            deadline = time.monotonic() + 60
            while not jobs.get(store, number).state.over and time.monotonic() < deadline:
                await anyio.sleep(0.05)

    run(application())
    found = jobs.get(store, number)
    assert found.state is State.FAILED
    assert "choose a package on the Models page" in found.message
    later = jobs.ask(store, "predict", {"letters": []})
    time.sleep(0.1)
    assert jobs.get(store, later).state is State.WAITING


def test_every_kind_of_job_has_words() -> None:
    assert set(job_queue.WORDS) == set(WORKS)


def test_without_a_study_the_application_starts_and_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DLS_HOME", str(tmp_path))

    async def application() -> None:
        async with job_queue.lifespan(None):
            await anyio.sleep(0.01)

    run(application())
    assert not (tmp_path / "study.db").exists()
