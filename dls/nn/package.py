"""Model packages: a folder with weights and the specification that they belong to, bound by hashes.

    package.json    specification, provenance, metrics, hash of the weights, hash of all this
    weights.npz     the weights by position, plain arrays; nothing in a package is ever executed

The package's sha256 names the model in every prediction.  Importing this module does not load TensorFlow.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dls.clinical import CODING_VERSION
from dls.clinical import code_names as clinical_code_names
from dls.domain import MODELS, ModelSpec
from dls.errors import PackageError
from dls.imaging.groups import PREPROCESSING_VERSION
from dls.whole_files import new_folder

FORMAT = 1
MANIFEST = "package.json"
WEIGHTS = "weights.npz"
_REMEDY = "fetch the package anew or train the model again"
_FORM: dict[str, type] = {
    "letter": str,
    "backbone": str,
    "image_size": int,
    "provenance": dict,
    "metrics": dict,
    "weights_sha256": str,
}


@dataclass(frozen=True, slots=True)
class ModelPackage:
    """A trained model on disk whose hashes and specification have been verified.

    Parameters
    ----------
    spec : letter, task, sequences, clinical branch
    folder : where it lies
    sha256 : of the manifest, which holds the hash of the weights
    backbone : name for `dls.nn.backbone.backbone`
    image_size : side of the image groups in pixels
    clinical_codes : length of the clinical vector; 0 without clinical branch
    provenance : configuration, cohort, seed, versions, date
    metrics : what training and cross-validation gave
    """

    spec: ModelSpec
    folder: Path
    sha256: str
    backbone: str
    image_size: int
    clinical_codes: int
    provenance: Mapping[str, Any]
    metrics: Mapping[str, Any]

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the outputs, in the order of the probability vector."""
        return self.spec.task.classes

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(size, size, channels) of an image group."""
        return self.image_size, self.image_size, len(self.spec.sequences)


def save_package(
    folder: Path,
    *,
    letter: str,
    backbone: str,
    image_size: int,
    weights: Mapping[str, NDArray[np.floating]],
    provenance: Mapping[str, Any],
    metrics: Mapping[str, Any],
) -> ModelPackage:
    """Write a package, all or nothing, in place of what the folder held before.

    The same package again changes nothing, so that its supplements stay.

    Parameters
    ----------
    folder : the package's own folder; its parent is made when needed
    letter : A to G
    weights : arrays by position, from `dls.nn.network.weight_arrays`
    provenance, metrics : JSON-able

    Returns
    -------
    the package as `load_package` reads it
    """
    stored = io.BytesIO()
    np.savez(stored, **dict(weights))  # type: ignore[arg-type]
    manifest = {
        "format": FORMAT,
        **_specification(MODELS[letter]),
        "backbone": backbone,
        "image_size": image_size,
        "provenance": dict(provenance),
        "metrics": dict(metrics),
        "weights_sha256": hashlib.sha256(stored.getbuffer()).hexdigest(),
    }
    manifest["sha256"] = _manifest_hash(manifest)
    if _holds(folder, manifest["sha256"]):
        return load_package(folder)
    with new_folder(folder) as part:
        (part / WEIGHTS).write_bytes(stored.getbuffer())
        (part / MANIFEST).write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
        load_package(part)
    return load_package(folder)


def load_package(folder: Path) -> ModelPackage:
    """Read and verify a package: complete, unaltered, and made for the inputs that this version of dls makes.

    Raises
    ------
    PackageError
        when a file is missing or altered, or the specification does not match.
    """
    folder = Path(folder)
    manifest = _manifest(folder)
    if manifest.get("format") != FORMAT:
        raise PackageError(
            f"{folder} has another package format", expected=str(FORMAT), got=str(manifest.get("format"))
        )
    if manifest.get("sha256") != _manifest_hash(manifest):
        raise PackageError(
            f"The manifest of {folder} was altered",
            expected=f"sha256 {manifest.get('sha256')}",
            got=_manifest_hash(manifest),
            remedy=_REMEDY,
        )
    for name, form in _FORM.items():
        if not isinstance(manifest.get(name), form):
            raise PackageError(
                f"The manifest of {folder} is incomplete",
                expected=f"{name}: {form.__name__}",
                got=repr(manifest.get(name)),
                remedy=_REMEDY,
            )
    weights = folder / WEIGHTS
    if not weights.is_file():
        raise PackageError(f"{folder} is incomplete", expected=WEIGHTS, got="no such file", remedy=_REMEDY)
    if (got := _file_hash(weights)) != manifest["weights_sha256"]:
        raise PackageError(
            f"The weights of {folder} were altered",
            expected=f"sha256 {manifest['weights_sha256']}",
            got=got,
            remedy=_REMEDY,
        )
    spec = _verified_specification(folder, manifest)
    return ModelPackage(
        spec=spec,
        folder=folder,
        sha256=manifest["sha256"],
        backbone=manifest["backbone"],
        image_size=manifest["image_size"],
        clinical_codes=manifest["clinical_codes"],
        provenance=manifest["provenance"],
        metrics=manifest["metrics"],
    )


def package_folders(root: Path) -> list[Path]:
    """The packages' folders in a folder, by name; what a killed writer left is none."""
    found = (manifest.parent for manifest in root.glob(f"*/{MANIFEST}"))
    return sorted(folder for folder in found if not folder.name.startswith("."))


def load_packages(folder: Path) -> dict[str, ModelPackage]:
    """The packages in the sub-folders of a folder, by letter.

    Raises
    ------
    PackageError
        when there is none, one cannot be used or two have the same letter.
    """
    packages: dict[str, ModelPackage] = {}
    for place in package_folders(Path(folder)):
        package = load_package(place)
        if package.spec.letter in packages:
            raise PackageError(
                f"{folder} holds two packages of {package.spec.name}",
                expected="one a letter",
                got=str(place),
            )
        packages[package.spec.letter] = package
    if not packages:
        raise PackageError(
            "No model packages found",
            expected=f"sub-folders with {MANIFEST} in {folder}",
            got="none",
            remedy="train models first: python -m dls train --help",
        )
    return dict(sorted(packages.items()))


def load_weights(package: ModelPackage) -> dict[str, NDArray[np.floating]]:
    """The weights by position, read without unpickling.

    Raises
    ------
    PackageError
        when the file is not a plain archive of arrays, or one of them holds anything but finite numbers.
    """
    try:
        with (package.folder / WEIGHTS).open("rb") as file, np.load(file, allow_pickle=False) as archive:
            weights = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise PackageError(
            f"The weights of {package.folder} cannot be read",
            expected="an archive of plain arrays, as NumPy writes it",
            got=str(error),
            remedy=_REMEDY,
        ) from error
    for name, array in weights.items():
        if not np.issubdtype(array.dtype, np.floating) or not np.isfinite(array).all():
            raise PackageError(
                f"The weights of {package.folder} are no finite numbers",
                expected="floating-point arrays without NaN or infinity",
                got=f"array {name!r} of {array.dtype}",
                remedy=_REMEDY,
            )
    return weights


def load_last_layer(package: ModelPackage) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Kernel (d, n_classes) and bias (n_classes,) between the last hidden layer and the softmax."""
    weights = load_weights(package)
    kernel, bias = (np.asarray(weights[name], np.float64) for name in sorted(weights)[-2:])
    return kernel, bias


def load_network(package: ModelPackage, weights: Mapping[str, NDArray[np.floating]] | None = None) -> Any:
    """The package's Keras model: the architecture rebuilt from the specification, with its weights or others.

    Raises
    ------
    PackageError
        when weights and architecture do not fit.
    """
    from dls.nn.network import classifier, set_weight_arrays

    network = classifier(
        package.backbone, package.input_shape, len(package.classes), clinical_codes=package.clinical_codes
    )
    set_weight_arrays(network, load_weights(package) if weights is None else weights)
    return network


def _specification(spec: ModelSpec) -> dict[str, Any]:
    """The part of the manifest that follows from the letter and from this version of dls."""
    return {
        "letter": spec.letter,
        "task": str(spec.task),
        "classes": list(spec.task.classes),
        "sequences": [str(s) for s in spec.sequences],
        "clinical_codes": len(clinical_code_names()) if spec.clinical else 0,
        "clinical_coding_version": CODING_VERSION if spec.clinical else None,
        "preprocessing_version": PREPROCESSING_VERSION,
    }


def _verified_specification(folder: Path, manifest: Mapping[str, Any]) -> ModelSpec:
    letter = manifest.get("letter")
    if letter not in MODELS:
        raise PackageError(f"{folder} is for no known model", expected="A to G", got=repr(letter))
    for name, expected in _specification(MODELS[letter]).items():
        if manifest.get(name) != expected:
            raise PackageError(
                f"{folder} does not match Model {letter}: {name.replace('_', ' ')}",
                expected=str(expected),
                got=str(manifest.get(name)),
                remedy="train the model again with this version of dls",
            )
    return MODELS[letter]


def _holds(folder: Path, sha256: str) -> bool:
    """Whether the folder is that package already, unaltered."""
    try:
        return load_package(folder).sha256 == sha256
    except PackageError:
        return False


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text())
    except FileNotFoundError as error:
        raise PackageError(f"{folder} is no model package", expected=MANIFEST, got="no such file") from error
    except ValueError as error:
        raise PackageError(
            f"{path} cannot be read", expected="JSON", got=str(error), remedy=_REMEDY
        ) from error
    if not isinstance(manifest, dict):
        raise PackageError(f"{path} cannot be read", expected="a JSON object", got=type(manifest).__name__)
    return manifest


def _manifest_hash(manifest: Mapping[str, Any]) -> str:
    content = {k: v for k, v in manifest.items() if k != "sha256"}
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
