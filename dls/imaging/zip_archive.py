"""A zip archive as a source of files: looked through before anything is unpacked, and never onto the disk.

An archive that holds a link, a path that leads out of it, another archive, an encrypted file or more than the
limits is refused as a whole: nobody packs a study so.
Sources: PKWARE APPNOTE 6.3.10; D. Fifield, "A better zip bomb", USENIX WOOT 2019 (overlapping files).
"""

from __future__ import annotations

import lzma
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from dls.errors import InputError
from dls.imaging.sources import Incoming, check_size, wanted_name

_ARCHIVES = {
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"Rar!": "rar",
    b"7z\xbc\xaf": "7z",
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstandard",
}
_UNREADABLE = (
    zipfile.BadZipFile, EOFError, OSError, ValueError, struct.error, zlib.error, lzma.LZMAError,
    NotImplementedError, RuntimeError,
)  # fmt: skip
_ARCHIVE_SUFFIXES = {".zip", ".rar", ".7z", ".gz", ".tgz", ".bz2", ".xz", ".tar", ".zst", ".iso"}


@dataclass(frozen=True, slots=True)
class Limits:
    """What an archive may unpack to; the rest is taken for a bomb.

    Parameters
    ----------
    files : number of files
    total : bytes of all files
    ratio : bytes of all files to bytes of the archive, where there are more than `ratio_from` of them;
        images of nothing but zeros reach 1000 and are small, real ones stay below 10
    """

    files: int = 50_000
    total: int = 8 * 2**30
    ratio: float = 100.0
    ratio_from: int = 256 * 2**20


def zip_files(archive: Path | BinaryIO, limits: Limits | None = None) -> list[str]:
    """Names of the files that `unpacked` will give, after every check that needs no unpacking.

    Raises
    ------
    InputError
        when it is no zip archive, is damaged or unsafe.
    """
    with _opened(archive) as opened:
        return [info.filename for info in _checked(opened, limits or Limits())]


def unpacked(archive: Path | BinaryIO, limits: Limits | None = None) -> Iterator[Incoming]:
    """Files of an archive, one in memory at a time; hidden files and litter are left out.

    Parameters
    ----------
    archive : path or open file of the archive

    Raises
    ------
    InputError
        when it is no zip archive, is damaged or unsafe; see the module.
    """
    with _opened(archive) as opened:
        for info in _checked(opened, limits or Limits()):
            yield Incoming(info.filename, _content(opened, info))


def _opened(archive: Path | BinaryIO) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(archive)
    except _UNREADABLE as error:
        raise InputError(
            "The zip archive cannot be opened",
            expected="a complete zip archive",
            got=str(error),
            remedy="pack the study again, or give its folder",
        ) from error


def _checked(archive: zipfile.ZipFile, limits: Limits) -> list[zipfile.ZipInfo]:
    """Wanted files of an archive in which nothing is unsafe."""
    listed = archive.infolist()
    _check_number(len(listed), limits)
    for info in listed:
        _check_name(info.orig_filename)
        _check_kind(info)
    files = [info for info in listed if not info.is_dir()]
    _check_size(archive, files, limits)
    _check_overlap(files)
    return [info for info in files if wanted_name(info.filename)]


def _refusal(what: str, got: str, expected: str = "") -> InputError:
    return InputError(
        f"The zip archive is refused: {what}",
        expected=expected,
        got=got,
        remedy="unpack it with care and give the folder of the study",
    )


def _check_number(count: int, limits: Limits) -> None:
    if count > limits.files:
        raise _refusal("it holds too many files", f"{count}", f"at most {limits.files}")


def _check_name(name: str) -> None:
    """Refuse names that would be written outside the folder they are unpacked in."""
    parts = re.split(r"[/\\]", name)
    absolute = name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name) is not None
    if absolute or ".." in parts or "\0" in name:
        raise _refusal("a name in it leads out of it", repr(name[:80]))


def _check_kind(info: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        what = "a symbolic link" if kind == stat.S_IFLNK else "something that is neither file nor folder"
        raise _refusal(f"it holds {what}", info.filename)
    if info.flag_bits & 0x1:
        raise _refusal("a file in it is encrypted", info.filename)
    if Path(info.filename).suffix.casefold() in _ARCHIVE_SUFFIXES and not info.is_dir():
        raise _refusal("it holds another archive", info.filename)


def _check_size(archive: zipfile.ZipFile, files: list[zipfile.ZipInfo], limits: Limits) -> None:
    for info in files:
        check_size(info.filename, info.file_size)
    total = sum(info.file_size for info in files)
    packed = sum(info.compress_size for info in files)
    if total > limits.total:
        raise _refusal(
            "it unpacks to too much", f"{total / 2**30:.1f} GiB", f"at most {limits.total / 2**30:g} GiB"
        )
    if total > limits.ratio_from and total > limits.ratio * max(packed, 1):
        raise _refusal(
            "it unpacks to far more than its size, as a zip bomb does",
            f"{total / 2**20:.0f} MiB from {packed / 2**20:.1f} MiB",
            f"at most {limits.ratio:g} times its size",
        )


def _check_overlap(files: list[zipfile.ZipInfo]) -> None:
    """Refuse files that share bytes of the archive."""
    ordered = sorted(files, key=lambda info: info.header_offset)
    for info, following in pairwise(ordered):
        if info.header_offset + info.compress_size > following.header_offset:
            raise _refusal("files in it overlap, as in a zip bomb", info.filename)


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    try:
        with archive.open(info) as stream:
            content = stream.read(info.file_size + 1)
    except _UNREADABLE as error:
        raise InputError(
            f"{info.filename} cannot be unpacked",
            expected="a complete file with a right checksum",
            got=str(error) or type(error).__name__,
            remedy="pack the study again, or give its folder",
        ) from error
    for magic, kind in _ARCHIVES.items():
        if content.startswith(magic):
            raise _refusal("it holds another archive", f"{info.filename} ({kind})")
    return content
