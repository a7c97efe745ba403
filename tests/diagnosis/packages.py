"""Packages whose weights mean nothing, for what is read of a package beside them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dls.clinical import code_names
from dls.domain import MODELS
from dls.nn.package import ModelPackage, save_package

TRAINED_ON = {"cohort": {"scanners": ["Maker 3 T"]}}


def package(folder: Path, letter: str, temperature: float | None = None) -> ModelPackage:
    """Package of a model; a temperature of None was not fitted."""
    metrics: Mapping[str, Any] = {} if temperature is None else {"calibration": {"temperature": temperature}}
    width = 4 + (len(code_names()) if MODELS[letter].clinical else 0)
    classes = len(MODELS[letter].task.classes)
    weights = {
        "0 kernel": np.ones((width, classes), np.float32) / (1 + np.arange(classes, dtype=np.float32)),
        "1 bias": np.zeros(classes, np.float32),
    }
    return save_package(
        folder / letter,
        letter=letter,
        backbone="compact",
        image_size=32,
        weights=weights,
        provenance=TRAINED_ON,
        metrics=metrics,
    )


def all_packages(folder: Path, temperature: float | None = None) -> dict[str, ModelPackage | str]:
    """One of each letter."""
    return {letter: package(folder, letter, temperature) for letter in MODELS}
