"""Is all of an image in its file?  Asked of every file before its pixels are needed.

Source: DICOM PS3.5 7.1 (data elements), A.4 (encapsulated pixels), A.5 (deflated); PS3.10 7.1 (file meta).
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import BinaryIO

from pydicom.dataset import Dataset

from dls.errors import InputError

BIG_ENDIAN = "1.2.840.10008.1.2.2"
IMPLICIT = "1.2.840.10008.1.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
LARGEST_HEADER = 16 * 2**20
"""Bytes that are read of a file without its pixels; an Enhanced MR image of a thousand frames has 2 MiB."""

LARGEST_DEFLATED = 128 * 2**20
"""Bytes of a deflated dataset once it is inflated."""

_PIXEL_DATA = b"\xe0\x7f\x10\x00"
_ITEM, _DELIMITER = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"


class NotAnImageError(Exception):
    """A complete DICOM object whose class has no pixels."""


class BoundedReader:
    """A binary stream that refuses to give more than `LARGEST_HEADER` bytes; what is skipped is not counted.

    Parameters
    ----------
    stream : open for reading
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._left = LARGEST_HEADER
        self._read = stream.read
        self.seek, self.tell = stream.seek, stream.tell

    def read(self, size: int = -1) -> bytes:
        """Read like the stream.

        Raises
        ------
        InputError
            with code `too-large`.
        """
        content = self._read(size if 0 <= size <= self._left else self._left + 1)
        self._left -= len(content)
        if self._left < 0:
            raise InputError(
                "The header is too large",
                expected=f"at most {LARGEST_HEADER // 2**20} MiB before the pixels",
                got="more",
                remedy="export the image again",
                code="too-large",
            )
        return content


def check_deflated(path: Path, stream: BinaryIO) -> None:
    """Refuse a deflated file that inflates to more than `LARGEST_DEFLATED` or is cut short; others pass.

    Raises
    ------
    InputError
        with code `too-large` or `cut-short`.
    """
    head = stream.read(1024)
    stream.seek(0)
    if DEFLATED.encode() not in head or head[128:136] != b"DICM\x02\x00\x00\x00":
        return
    (length,) = struct.unpack("<I", head[140:144])
    stream.seek(144 + length)
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        size = len(inflater.decompress(stream.read(), LARGEST_DEFLATED + 1))
    except zlib.error as error:
        raise truncated(path, f"a deflated dataset that is damaged ({error})") from error
    stream.seek(0)
    if size > LARGEST_DEFLATED:
        raise InputError(
            f"{path.name} inflates to too much",
            expected=f"at most {LARGEST_DEFLATED // 2**20} MiB",
            got="more",
            remedy=f"export {path} again",
            code="too-large",
        )
    if not inflater.eof:
        raise truncated(path, "a deflated dataset without its end")


def pixel_offset(path: Path, stream: BinaryIO, dataset: Dataset, size: int) -> int | None:
    """Where plainly stored little-endian pixels start, None where they are stored otherwise.

    Parameters
    ----------
    stream : behind the last element before the pixels
    dataset : what was read before them
    size : of the file in bytes

    Raises
    ------
    InputError
        with code `cut-short` when the file ends before its pixels do.
    NotAnImageError
        for a complete object without pixels.
    """
    syntax = str(dataset.file_meta.get("TransferSyntaxUID", ""))
    if "Rows" not in dataset:
        if "Modality" not in dataset or str(dataset.Modality) == "MR":
            raise truncated(path, f"{size} bytes, which end before the image's size")
        raise NotAnImageError
    needed = _needed(dataset)
    if syntax == DEFLATED:
        return None
    stream_at = stream.tell()
    head = stream.read(12)
    order = ">" if syntax == BIG_ENDIAN else "<"
    tag = _PIXEL_DATA if order == "<" else b"\x7f\xe0\x00\x10"
    if head[:4] != tag or len(head) < 8 + 4 * (syntax != IMPLICIT):
        raise truncated(path, f"{size} bytes without pixels")
    implicit = syntax == IMPLICIT
    (length,) = struct.unpack(order + "I", head[4:8] if implicit else head[8:12])
    start = stream_at + (8 if implicit else 12)
    if length == 0xFFFFFFFF:
        _check_fragments(path, stream, start, size)
        return None
    if start + length > size or length < needed:
        raise truncated(
            path, f"{min(length, size - start)} bytes of pixels where {max(needed, length)} belong"
        )
    return start if order == "<" else None


def truncated(path: Path, detail: str) -> InputError:
    """The error for a file that ends too early."""
    return InputError(
        f"{path.name} is cut short",
        expected="a complete DICOM file",
        got=detail,
        remedy=f"export {path} again",
        code="cut-short",
    )


def _needed(dataset: Dataset) -> int:
    """Bytes of all frames."""
    bits, samples = int(dataset.get("BitsAllocated", 16)), int(dataset.get("SamplesPerPixel", 1) or 1)
    frames = int(dataset.get("NumberOfFrames", 1) or 1)
    return int(dataset.Rows) * int(dataset.Columns) * samples * frames * bits // 8


def _check_fragments(path: Path, stream: BinaryIO, start: int, size: int) -> None:
    """Follow the items of compressed pixels to their delimiter."""
    at = start
    while at + 8 <= size:
        stream.seek(at)
        head = stream.read(8)
        if head[:4] == _DELIMITER:
            return
        if head[:4] != _ITEM:
            break
        (length,) = struct.unpack("<I", head[4:])
        at += 8 + length
    raise truncated(path, f"compressed pixels without their end in {size} bytes")
