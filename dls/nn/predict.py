"""Probabilities and features of image groups, and the patient's score from its groups'.

Importing this module does not load TensorFlow; calling its functions does.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dls.domain import ALL_SEQUENCES, ModelSpec
from dls.errors import InputError
from dls.nn.package import ModelPackage, load_network, load_package
from dls.progress import Progress

BATCH = 64
"""Image groups a step; the last step may have fewer."""


def predict(
    package: ModelPackage,
    pixels: NDArray[np.floating],
    clinical: NDArray[np.floating] | None = None,
    *,
    progress: Progress | None = None,
) -> NDArray[np.float32]:
    """Probabilities (n, n_classes) of image groups.

    Parameters
    ----------
    pixels : (n, size, size, 6) with all sequences, or with just the package's own
    clinical : (n, c) coded clinical vector of each group's patient; needed by F and G, ignored by the others

    Raises
    ------
    InputError
        when shapes do not match the package.
    PackageError
        when the weights do not fit.
    """
    return predict_with_features(package, pixels, clinical, progress=progress)[0]


def features(
    package: ModelPackage,
    pixels: NDArray[np.floating],
    clinical: NDArray[np.floating] | None = None,
    *,
    progress: Progress | None = None,
) -> NDArray[np.float32]:
    """Last hidden layer (n, d) of image groups; parameters and errors as for `predict`."""
    return predict_with_features(package, pixels, clinical, progress=progress)[1]


def predict_with_features(
    package: ModelPackage,
    pixels: NDArray[np.floating],
    clinical: NDArray[np.floating] | None = None,
    *,
    progress: Progress | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Probabilities (n, n_classes) and last hidden layer (n, d) in one pass; otherwise as `predict`."""
    inputs = network_inputs(package, pixels, clinical)
    network = loaded(package)
    n = len(pixels)
    if n == 0:
        return np.zeros((0, len(package.classes)), np.float32), np.zeros(
            (0, network.hidden_width), np.float32
        )
    results = []
    for start in range(0, n, BATCH):
        batch = [np.asarray(part[start : start + BATCH], dtype=np.float32) for part in inputs]
        results.append([np.asarray(r) for r in network.forward(batch)])
        if progress is not None:
            progress(min(start + BATCH, n), n, f"{package.spec.name}: image groups")
    probabilities, hidden = (np.concatenate(parts) for parts in zip(*results, strict=True))
    return probabilities, hidden


def patient_scores(
    group_probabilities: NDArray[np.floating], patient: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Scores (p, n_classes) of patients: the mean of their groups' probability vectors.

    The largest mean is the largest sum, so the patient's class is its largest score (Zhen et al. 2020,
    Methods).

    Parameters
    ----------
    group_probabilities : (n, n_classes)
    patient : (n,) index of each group's patient; every index below the largest occurs

    Raises
    ------
    InputError
        when the lengths differ or a patient has no group.
    """
    if len(group_probabilities) != len(patient):
        raise InputError(
            "Groups and probabilities differ in number",
            expected=str(len(patient)),
            got=str(len(group_probabilities)),
        )
    count = np.bincount(patient)
    if (count == 0).any():
        raise InputError("A patient has no image group", got=f"index {int(np.argmin(count))}")
    total = np.zeros((len(count), group_probabilities.shape[1]))
    np.add.at(total, patient, group_probabilities)
    return total / count[:, None]


def channels_of(spec: ModelSpec) -> list[int]:
    """Which channels of an image group with all sequences a model reads."""
    return [ALL_SEQUENCES.index(s) for s in spec.sequences]


def network_inputs(
    package: ModelPackage, pixels: NDArray[np.floating], clinical: NDArray[np.floating] | None
) -> list[NDArray[np.floating]]:
    """Inputs of the package's network, checked: its own channels, and the clinical vector where it has one.

    Raises
    ------
    InputError
        when shapes do not match the package.
    """
    size, _, own = package.input_shape
    if (
        pixels.ndim != 4
        or pixels.shape[1:3] != (size, size)
        or pixels.shape[3] not in {own, len(ALL_SEQUENCES)}
    ):
        raise InputError(
            f"{package.spec.name} does not take such image groups",
            expected=f"(n, {size}, {size}, {own}) or (n, {size}, {size}, {len(ALL_SEQUENCES)})",
            got=str(pixels.shape),
        )
    if pixels.shape[3] != own:
        pixels = pixels[..., channels_of(package.spec)]
    if not package.clinical_codes:
        return [pixels]
    if clinical is None or clinical.shape != (len(pixels), package.clinical_codes):
        raise InputError(
            f"{package.spec.name} needs the coded clinical data of each group's patient",
            expected=f"({len(pixels)}, {package.clinical_codes})",
            got="none" if clinical is None else str(clinical.shape),
            remedy="encode the record with dls.clinical.encode",
        )
    return [pixels, clinical]


class Loaded:
    """A package's network in memory, with its own weights or others, and its compiled passes.

    Attributes
    ----------
    network : the Keras model
    forward : inputs -> probabilities (n, n_classes) and last hidden layer (n, d)
    hidden_width : d
    gradient, grad_cam : see `dls.nn.gradients`
    """

    def __init__(
        self, package: ModelPackage, weights: Mapping[str, NDArray[np.floating]] | None = None
    ) -> None:
        from dls.nn.gradients import compiled_grad_cam, compiled_gradient
        from dls.nn.network import FEATURES
        from dls.nn.tensorflow_home import keras, tf

        self.network: Any = load_network(package, weights)
        hidden = self.network.get_layer(FEATURES).output
        self.hidden_width: int = hidden.shape[-1]
        both = keras.Model(self.network.inputs, [self.network.outputs[0], hidden])
        signature = [tf.TensorSpec((None, *i.shape[1:]), tf.float32) for i in self.network.inputs]
        self.forward: Any = tf.function(
            lambda inputs: both(inputs, training=False), input_signature=[signature]
        )
        self.gradient: Any = compiled_gradient(self.network)
        self.grad_cam: Any = compiled_grad_cam(self.network)

    def replace_weights(self, weights: Mapping[str, NDArray[np.floating]]) -> None:
        """Go on with other weights, by position; the compiled passes stay."""
        from dls.nn.network import set_weight_arrays

        set_weight_arrays(self.network, weights)


def loaded(package: ModelPackage) -> Loaded:
    """The package's network; the last few that were used stay in memory."""
    return _loaded(package.folder.resolve(), package.sha256)


@lru_cache(maxsize=8)
def _loaded(folder: Path, sha256: str) -> Loaded:
    package = load_package(folder)
    if package.sha256 != sha256:
        raise InputError(f"{folder} was replaced meanwhile", expected=sha256, got=package.sha256)
    return Loaded(package)
