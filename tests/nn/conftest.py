"""A tiny cohort whose classes differ in brightness, and models trained on it for two epochs."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dls.clinical import code_names
from dls.nn.config import DEMO, TrainingConfig
from dls.nn.data import GroupSet
from dls.nn.package import ModelPackage
from dls.nn.train import train

SIZE = 32


def tiny_groups(patients: int = 14, groups: int = 2, seed: int = 0, size: int = SIZE) -> GroupSet:
    """Classes 0 to 6 in turn; the middle of every group is as bright as its class number says."""
    random = np.random.default_rng(seed)
    lesion_class = np.arange(patients) % 7
    patient = np.repeat(np.arange(patients), groups)
    pixels = random.normal(0.5, 0.1, (len(patient), size, size, 6))
    middle = slice(size // 4, 3 * size // 4)
    pixels[:, middle, middle] += 0.2 * lesion_class[patient][:, None, None, None]
    return GroupSet(
        pixels.astype(np.float16),
        patient,
        np.array([f"T-{i:04d}" for i in range(patients)]),
        lesion_class,
        random.integers(0, 2, (patients, len(code_names()))).astype(np.float32),
    )


@pytest.fixture(scope="session")
def groups() -> GroupSet:
    return tiny_groups()


@pytest.fixture(scope="session")
def make_groups() -> Callable[..., GroupSet]:
    return tiny_groups


@pytest.fixture(scope="session")
def quick() -> TrainingConfig:
    return replace(DEMO, name="quick", epochs=2, batch_size=4, folds=0, evaluate_every=1)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def model_b(groups: GroupSet, quick: TrainingConfig, models: Path) -> ModelPackage:
    return train("B", groups, quick, models, trained_on="2020-05-01")


@pytest.fixture(scope="session")
def model_g(groups: GroupSet, quick: TrainingConfig, models: Path) -> ModelPackage:
    return train("G", groups, quick, models)


@pytest.fixture
def copied(model_b: ModelPackage, tmp_path: Path) -> Path:
    """A copy of Model B's folder that a test may spoil."""
    return Path(shutil.copytree(model_b.folder, tmp_path / "B"))


def one_convolution(input_shape: tuple[int, int, int], weights: str | None) -> Any:
    """A backbone that is built and traced in a moment, for tests of the training around it."""
    from dls.nn.tensorflow_home import keras

    pixels = keras.layers.Input(input_shape)
    x = keras.layers.Conv2D(8, 3, strides=4)(pixels)
    x = keras.layers.Activation("relu")(keras.layers.BatchNormalization()(x))
    return keras.Model(pixels, keras.layers.GlobalAveragePooling2D()(x))


def make_backbone_tiny() -> None:
    """For as long as the process lives: what a child process of a test runs first."""
    from dls.nn import backbone

    backbone._BACKBONES["compact"] = (one_convolution, SIZE)


TINY = "from tests.nn.conftest import make_backbone_tiny; make_backbone_tiny()\n"
"""The same as the beginning of a child's program."""


@pytest.fixture(scope="module")
def tiny_backbone() -> Iterator[None]:
    """The compact backbone is one convolution while the module's tests run."""
    from dls.nn import backbone

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(backbone._BACKBONES, "compact", (one_convolution, SIZE))
        yield
