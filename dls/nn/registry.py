"""The model packages a study may choose from: taken in, verified, kept by hash.

    <root>/<letter>-<first 12 of the package's hash>/     a package as `dls.nn.package` describes it

A package that is altered, incomplete, made for other inputs or not safe to read never gets here.
Importing this module does not load TensorFlow; only `try_package` does when it is called.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dls.errors import PackageError
from dls.nn.data import array_header
from dls.nn.package import WEIGHTS, ModelPackage, load_package, package_folders
from dls.nn.package_archive import LARGEST, unpack
from dls.nn.supplement import check_supplements
from dls.whole_files import new_folder

_REMEDY = "fetch the package anew or train the model again"


@dataclass(frozen=True, slots=True)
class Kept:
    """A package in the registry, or why the one in this folder can no longer be used."""

    folder: Path
    package: ModelPackage | None
    problem: str


@dataclass(frozen=True, slots=True)
class Trial:
    """What a package gave when it was tried on grey images.

    Parameters
    ----------
    weights : how many numbers the network has
    probabilities : class -> probability
    """

    weights: int
    probabilities: dict[str, float]


class Registry:
    """Packages below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = Path(root)

    def receive(self, archive: Path) -> ModelPackage:
        """Take a zipped package in; one that is here already is returned as it is.

        Raises
        ------
        PackageError
            when the file is no package, is altered, or does not fit its specification; nothing is kept.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.root, prefix=".") as space:
            folder = Path(space) / "package"
            unpack(archive, folder)
            package = load_package(folder)
            check_shapes(package)
            check_supplements(package)
            place = self._place(package)
            if not place.exists():
                folder.rename(place)
        return load_package(place)

    def add(self, package: ModelPackage) -> ModelPackage:
        """Copy a package of another folder, such as a freshly trained one, into the registry."""
        check_shapes(package)
        place = self._place(package)
        if not place.exists():
            copy_package(package, place)
        return load_package(place)

    def kept(self) -> tuple[Kept, ...]:
        """Every package, by letter; each verified anew."""
        found = []
        for folder in package_folders(self.root):
            try:
                package = load_package(folder)
                check_supplements(package)
                found.append(Kept(folder, package, ""))
            except PackageError as error:
                found.append(Kept(folder, None, str(error)))
        return tuple(found)

    def get(self, sha256: str) -> ModelPackage:
        """The package with this hash.

        Raises
        ------
        PackageError
            when there is none, or it was altered since it was taken in.
        """
        for folder in package_folders(self.root):
            if folder.name.endswith(f"-{sha256[:12]}"):
                package = load_package(folder)
                if package.sha256 == sha256:
                    return package
        raise PackageError("The registry has no such package", got=sha256, remedy="upload it first")

    def _place(self, package: ModelPackage) -> Path:
        return self.root / f"{package.spec.letter}-{package.sha256[:12]}"


def copy_package(package: ModelPackage, folder: Path) -> ModelPackage:
    """Copy a package's folder, all or nothing, in place of what the folder held before; returns the copy."""
    with new_folder(folder) as part:
        shutil.copytree(package.folder, part, dirs_exist_ok=True)
        load_package(part)
    return load_package(folder)


def check_shapes(package: ModelPackage) -> None:
    """Refuse weights whose first and last arrays do not fit the sequences and classes of the specification.

    Only the headers of the arrays are read.  The rest is compared when the network is built.

    Raises
    ------
    PackageError
        when the weights are no archive of plain arrays, are too large, or have other channels or classes.
    """
    shapes = array_shapes(package.folder / WEIGHTS)
    names = sorted(shapes)
    if len(names) < 2:
        raise PackageError(f"{package.spec.name} has no weights", got=f"{len(names)} arrays", remedy=_REMEDY)
    channels, classes = len(package.spec.sequences), len(package.classes)
    first, last = shapes[names[0]], shapes[names[-1]]
    if len(first) != 4 or first[2] != channels:
        raise PackageError(
            f"The weights are for other images than those of {package.spec.name}",
            expected=f"a first kernel for {channels} channels: " + ", ".join(package.spec.sequences),
            got=f"shape {first}",
            remedy=_REMEDY,
        )
    if last != (classes,):
        raise PackageError(
            f"The weights are for other classes than those of {package.spec.name}",
            expected=f"{classes} outputs: " + ", ".join(package.classes),
            got=f"shape {last}",
            remedy=_REMEDY,
        )


def array_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Shapes of the arrays of a NumPy archive by name, from their headers alone.

    Raises
    ------
    PackageError
        when it is no archive, holds anything but plain numbers, or unpacks to more than a package may have.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > LARGEST:
                raise PackageError("The weights are too large", expected=f"at most {LARGEST >> 20} MiB")
            for entry in archive.infolist():
                with archive.open(entry) as file:
                    shape, _, kind = array_header(file)
                if kind.kind != "f":
                    raise PackageError(
                        "The weights hold something that is no array of floating-point numbers",
                        expected="float16, float32 or float64",
                        got=f"{entry.filename}: {kind}",
                        remedy=_REMEDY,
                    )
                shapes[entry.filename.removesuffix(".npy")] = shape
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise PackageError("The weights cannot be read", got=str(error), remedy=_REMEDY) from error
    return shapes


def try_package(folder: Path) -> Trial:
    """Build the package's network and run it once; loads TensorFlow.

    Raises
    ------
    PackageError
        when the package cannot be used, its weights do not fit, or its answer is not finite.
    """
    from dls.nn.predict import loaded

    package = load_package(folder)
    grey = [np.full((1, *package.input_shape), 0.5, np.float32)]
    if package.clinical_codes:
        from dls.clinical import ClinicalRecord, encode

        grey.append(encode(ClinicalRecord())[None])
    network = loaded(package)
    scores = np.asarray(network.forward(grey)[0])[0]
    if not np.isfinite(scores).all():
        raise PackageError(
            f"{package.spec.name} gives no finite answer to a grey image", got=str(scores), remedy=_REMEDY
        )
    count = sum(int(np.prod(w.shape)) for w in network.network.weights)
    return Trial(count, {name: float(p) for name, p in zip(package.classes, scores, strict=True)})
