"""A study of four cases with images, and two small models that have learned nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from dls.clinical import code_names
from dls.domain import ALL_SEQUENCES, MODELS, Sequence
from dls.geometry import Geometry
from dls.imaging.archive import ImageArchive
from dls.imaging.roi import Outline
from dls.imaging.volume import Volume
from dls.jobs.runner import Runner
from dls.jobs.works import WORKS
from dls.nn.package import ModelPackage, save_package
from dls.nn.worker import Worker
from dls.study.store import Store
from tests.study.tiny_study import tiny_study

GRID = Geometry((40, 40, 6), (-30.0, -30.0, 0.0), (1.5, 1.5, 7.0), (1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0))
LETTERS = "BG"


def case_volumes(case_id: int) -> dict[Sequence, Volume]:
    random = np.random.default_rng(case_id)
    return {s: Volume(random.integers(100, 900, GRID.shape).astype(np.int16), GRID) for s in ALL_SEQUENCES}


def disc() -> Outline:
    """8 mm radius in slices 2 and 3."""
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    at = [np.column_stack([20 + 5 * np.cos(angle), 19 + 5 * np.sin(angle), np.full(24, k)]) for k in (2, 3)]
    return Outline(tuple(GRID.to_patient(a) for a in at))


def untrained(folder: Path, letter: str) -> ModelPackage:
    """Package of a network as it is initialised."""
    from dls.nn.network import classifier, weight_arrays
    from dls.nn.tensorflow_home import keras

    spec = MODELS[letter]
    keras.utils.set_random_seed(ord(letter))
    codes = len(code_names()) if spec.clinical else 0
    shape = (32, 32, len(spec.sequences))
    network = classifier("compact", shape, len(spec.task.classes), clinical_codes=codes)
    weights = weight_arrays(network)
    return save_package(
        folder,
        letter=letter,
        backbone="compact",
        image_size=32,
        weights=weights,
        provenance={},
        metrics={},
    )


@pytest.fixture(scope="session")
def untrained_models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ModelPackage]:
    root = tmp_path_factory.mktemp("untrained")
    return {letter: untrained(root / letter, letter) for letter in LETTERS}


@pytest.fixture
def home(tmp_path: Path, untrained_models: dict[str, ModelPackage]) -> Path:
    """Folder of a study with four cases, their images and models B and G."""
    from dls.nn.registry import copy_package

    tiny_study(tmp_path / "study.db")
    archive = ImageArchive(tmp_path / "images")
    for case_id in Store(tmp_path / "study.db").cases().index:
        archive.put(int(case_id), case_volumes(int(case_id)), disc())
    for letter, package in untrained_models.items():
        copy_package(package, tmp_path / "models" / letter)
    return tmp_path


@pytest.fixture
def store(home: Path) -> Store:
    return Store(home / "study.db")


@pytest.fixture(scope="session")
def worker() -> Iterator[Worker]:
    """One process for all tests, as for all of an application's pages."""
    worker = Worker()
    yield worker
    worker.close()


@pytest.fixture
def runner(home: Path, store: Store, worker: Worker) -> Runner:
    return make_runner(home, store, lambda: worker)


def make_runner(home: Path, store: Store, worker: Callable[[], Worker]) -> Runner:
    return Runner(lambda: store, home, lambda _case: ImageArchive(home / "images"), worker, WORKS)
