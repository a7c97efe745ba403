"""Files that may be added to a package later without changing the model: they name it by its hash.

A supplement is a NumPy archive of plain arrays with two more, `package_sha256` (the model it was made for)
and `sha256` (over all of its arrays).
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dls.errors import PackageError
from dls.nn.package import ModelPackage
from dls.whole_files import new_file

NOVELTY = "novelty.npz"
CALIBRATION = "calibration.npz"
SUPPLEMENTS = (NOVELTY, CALIBRATION)
_OWN = ("package_sha256", "sha256")


def write_supplement(package: ModelPackage, name: str, arrays: Mapping[str, NDArray[Any]]) -> Path:
    """Add a supplement to a package's folder, or replace it, all or nothing."""
    content = {**arrays, "package_sha256": np.array(package.sha256)}
    path = package.folder / name
    with new_file(path) as file:
        np.savez_compressed(file, **content, sha256=np.array(_digest(content)))  # type: ignore[arg-type]
    return path


def read_supplement(package: ModelPackage, name: str) -> dict[str, NDArray[Any]] | None:
    """Arrays of a supplement, or None where the package has none; nothing in the file is executed.

    Raises
    ------
    PackageError
        when the file was altered, belongs to another model or is no archive of plain arrays.
    """
    path = package.folder / name
    remedy = f"make it again: python -m dls package {name.removesuffix('.npz')} --help"
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            content = {key: archive[key] for key in archive.files}
    except FileNotFoundError:
        return None
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise PackageError(f"{path} cannot be read", got=str(error), remedy=remedy) from error
    stored = str(content.pop("sha256", ""))
    if stored != _digest(content):
        raise PackageError(
            f"{path} was altered", expected=f"sha256 {stored}", got=_digest(content), remedy=remedy
        )
    if str(content.get("package_sha256", "none")) != package.sha256:
        raise PackageError(
            f"{path} belongs to another model",
            expected=package.sha256,
            got=str(content.get("package_sha256", "none")),
            remedy=remedy,
        )
    return {key: value for key, value in content.items() if key not in _OWN}


def check_supplements(package: ModelPackage) -> None:
    """Refuse a package with a supplement that was altered or belongs to another model.

    Raises
    ------
    PackageError
        as `read_supplement`.
    """
    for name in SUPPLEMENTS:
        read_supplement(package, name)


def _digest(content: Mapping[str, NDArray[Any]]) -> str:
    digest = hashlib.sha256()
    for name in sorted(content):
        value = np.ascontiguousarray(content[name])
        digest.update(f"{name} {value.dtype} {value.shape}".encode())
        digest.update(value.tobytes())
    return digest.hexdigest()
