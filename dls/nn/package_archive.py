"""A model package as one zip file, and back: only its known files, only inside its folder, never too large.

Importing this module does not load TensorFlow.
"""

from __future__ import annotations

import shutil
import stat
import zipfile
from pathlib import Path, PurePosixPath

from dls.errors import PackageError
from dls.nn.package import MANIFEST, WEIGHTS, ModelPackage
from dls.nn.supplement import SUPPLEMENTS
from dls.whole_files import new_file, new_folder

ALLOWED = (MANIFEST, WEIGHTS, *SUPPLEMENTS)
"""Files of a package; anything else in an upload is refused rather than skipped."""
LARGEST = 1 << 30
"""Most bytes that an unpacked package may have; Inception-ResNet V2 has 110 MB."""
_CHUNK = 1 << 20


def pack(package: ModelPackage, path: Path) -> None:
    """Write a package's files to one zip file, all or nothing; the same package gives the same bytes."""
    with new_file(path) as file, zipfile.ZipFile(file, "w") as archive:
        for name in ALLOWED:
            if (package.folder / name).is_file():
                entry = zipfile.ZipInfo(name)
                entry.external_attr = 0o644 << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                with (package.folder / name).open("rb") as source, archive.open(entry, "w") as target:
                    shutil.copyfileobj(source, target, _CHUNK)


def unpack(path: Path, folder: Path) -> None:
    """Make a folder of the files of a zipped package, which may lie in one folder of the zip.

    Nothing in the file is executed; nothing is written outside of `folder`, and nothing stays on failure.

    Raises
    ------
    PackageError
        when it is no zip file, holds other files, links, encrypted or repeated ones, or too much.
    """
    try:
        with new_folder(folder) as part, zipfile.ZipFile(path) as archive:
            left = LARGEST
            for name, entry in _entries(archive).items():
                with archive.open(entry) as source, (part / name).open("wb") as target:
                    while chunk := source.read(_CHUNK):
                        left -= len(chunk)
                        if left < 0:
                            raise _refused("it is too large", f"at most {LARGEST >> 20} MiB", "more")
                        target.write(chunk)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError) as error:
        raise PackageError(
            "The file is no readable model package",
            expected="a zip file of " + " and ".join(ALLOWED[:2]),
            got=str(error),
            remedy="fetch the package anew",
        ) from error


def _entries(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The package's files in the archive by plain name, once everything else about it is in order."""
    found: dict[str, zipfile.ZipInfo] = {}
    folders: set[str] = set()
    for entry in archive.infolist():
        if entry.is_dir():
            continue
        place = PurePosixPath(entry.filename)
        if "\\" in entry.filename or place.is_absolute() or ".." in place.parts:
            raise _refused("a file in it would be written elsewhere", "plain names", repr(entry.filename))
        if stat.S_IFMT(entry.external_attr >> 16) not in {0, stat.S_IFREG}:
            raise _refused("it holds something that is no plain file", "plain files", repr(entry.filename))
        if entry.flag_bits & 1:
            raise _refused("a file in it is encrypted", "plain files", repr(entry.filename))
        if place.name not in ALLOWED or len(place.parts) > 2:
            raise _refused("it holds a file that no package has", ", ".join(ALLOWED), repr(entry.filename))
        if place.name in found:
            raise _refused("a file is in it twice", "each once", repr(entry.filename))
        found[place.name] = entry
        folders.add(str(place.parent))
    if len(folders) > 1:
        raise _refused("its files lie in several folders", "one", ", ".join(sorted(folders)))
    if absent := [name for name in ALLOWED[:2] if name not in found]:
        raise _refused("it is incomplete", " and ".join(ALLOWED[:2]), "no " + ", ".join(absent))
    return found


def _refused(why: str, expected: str, got: str) -> PackageError:
    remedy = "make the file with: python -m dls package pack"
    return PackageError(f"The package is refused: {why}", expected=expected, got=got, remedy=remedy)
