"""A study of thirty cases and two sessions: without the model, and after a washout with its opinion."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from dls.domain import MODELS
from dls.study.protocol import SessionPlan
from tests.browser.running_app import RunningApp
from tests.ui.reading_study import make_reading_study

CASES = 30
SHOWN = ("A", "D")
SEED = 6180


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    home = tmp_path_factory.mktemp("sessions")
    store = make_reading_study(
        home,
        pixels=24,
        cases=CASES,
        sessions=(SessionPlan(), SessionPlan(2, "Session 2", "sequential", 28)),
        opinion_models=SHOWN,
    )
    for letter in SHOWN:
        scores = model_scores(letter)
        ids = range(1, CASES + 1)
        store.add_predictions(letter, (letter.lower() * 64), list(ids), [0] * CASES, scores.tolist())
    with (
        closing(sqlite3.connect(home / "study.db")) as study,
        closing(sqlite3.connect(home / "untouched.db")) as copy,
    ):
        study.backup(copy)
    running = RunningApp(home)
    yield running.url, home
    running.stop()


def model_scores(letter: str) -> np.ndarray:
    """(30, k) scores of a model, every one of them with digits that nothing else on a page has."""
    classes = len(MODELS[letter].task.classes)
    return np.random.default_rng(SEED + ord(letter)).dirichlet(np.ones(classes), CASES)
