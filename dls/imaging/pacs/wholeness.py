"""Whether a file is a complete DICOM object, and which: its elements are walked, none is decoded.

A server may hand over a file that was cut short when it was stored; nothing in the transfer shows that.
Source: DICOM PS3.5 7.1 (data elements), 7.5 (sequences), A.4 (encapsulated pixels); PS3.10 7.1 (file meta).
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from pydicom.uid import UID

from dls.errors import InputError

_PREAMBLE = 132
_UNDEFINED = 0xFFFFFFFF
_ITEM, _END_OF_ITEM, _END_OF_ITEMS = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_PIXELS = {0x7FE00008, 0x7FE00009, 0x7FE00010}
_LONG = {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
_IMPLICIT, _BIG_ENDIAN, _DEFLATED = "1.2.840.10008.1.2", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"
_SYNTAX, _CLASS, _INSTANCE, _STUDY, _SERIES = 0x00020010, 0x00080016, 0x00080018, 0x0020000D, 0x0020000E
_WANTED = {_SYNTAX, _CLASS, _INSTANCE, _STUDY, _SERIES}
_DEEPEST = 32


@dataclass(frozen=True, slots=True)
class Identity:
    """What a complete file is: its UIDs, its class and how it is encoded."""

    study_uid: str
    series_uid: str
    sop_uid: str
    sop_class: str
    transfer_syntax: str


@dataclass(frozen=True, slots=True)
class _Form:
    implicit: bool
    order: str


def identity(path: Path) -> Identity:
    """Identity of a complete DICOM file; errors as `identity_of`."""
    with path.open("rb") as stream:
        return identity_of(stream, path.stat().st_size, path.name)


def identity_of(stream: BinaryIO, size: int, name: str) -> Identity:
    """Identity of a complete DICOM object of `size` bytes; `name` is for messages.

    Raises
    ------
    InputError
        when it is no DICOM file, ends before its elements do, is an image without pixels, or lacks a UID.
    """
    if stream.read(_PREAMBLE)[128:] != b"DICM":
        raise InputError("A file is no DICOM file", expected='the letters "DICM" at byte 128', got=name)
    try:
        found, tags = _elements(stream, size)
    except (struct.error, zlib.error, UnicodeDecodeError) as error:
        raise _cut_short(f"{size} bytes: {error}") from error
    uids = [found.get(tag, "") for tag in (_STUDY, _SERIES, _INSTANCE, _CLASS, _SYNTAX)]
    if not all(uids):
        raise _cut_short(f"{size} bytes without the UIDs of study, series, instance or class")
    if _is_image(uids[3]) and not tags & _PIXELS:
        raise _cut_short(f"{size} bytes of an image without its pixels")
    return Identity(*uids)


def _is_image(sop_class: str) -> bool:
    name = UID(sop_class).name
    return name.endswith(("Image Storage", "Image Storage - For Presentation")) or name.startswith(
        "Segmentation"
    )


def _elements(stream: BinaryIO, size: int) -> tuple[dict[int, str], set[int]]:
    """Wanted values and all tags of the top level, up to the pixels or the end."""
    found: dict[int, str] = {}
    _walk(stream, size, _Form(False, "<"), found, below=0x00030000)
    syntax = found.get(_SYNTAX, "")
    if syntax == _DEFLATED:
        inflated = zlib.decompress(stream.read(), -zlib.MAX_WBITS)
        stream, size = BytesIO(inflated), len(inflated)
    form = _Form(syntax == _IMPLICIT, ">" if syntax == _BIG_ENDIAN else "<")
    return found, _walk(stream, size, form, found)


def _walk(
    stream: BinaryIO, size: int, form: _Form, found: dict[int, str], below: int = 0xFFFFFFFF
) -> set[int]:
    """Walk the elements with a tag below a limit; stops after the pixels, where padding may follow."""
    tags: set[int] = set()
    while not tags & _PIXELS:
        start = stream.tell()
        head = stream.read(4)
        if not head:
            break
        if _tag(head, form) >= below:
            stream.seek(start)
            break
        stream.seek(start)
        tag, vr, length = _header(stream, form)
        tags.add(tag)
        if length == _UNDEFINED:
            _skip_items(stream, size, _nested(form, vr), plain=tag in _PIXELS, depth=1)
        elif tag in _WANTED:
            found[tag] = _value(stream, length, size).rstrip(b"\0 ").decode("ascii")
        else:
            _skip(stream, length, size)
    return tags


def _nested(form: _Form, vr: bytes) -> _Form:
    """Encoding inside a sequence; one of unknown VR and undefined length holds implicit VR (PS3.5 6.2.2)."""
    return _Form(True, "<") if vr == b"UN" else form


def _skip_items(stream: BinaryIO, size: int, form: _Form, *, plain: bool, depth: int) -> None:
    """Go to the end of a sequence of undefined length; its items are fragments of pixels where `plain`."""
    if depth > _DEEPEST:
        raise InputError("A DICOM file nests its sequences too deep", expected=f"at most {_DEEPEST} levels")
    while True:
        group, element, length = struct.unpack(form.order + "HHI", _value(stream, 8, size))
        number = group << 16 | element
        if number == _END_OF_ITEMS:
            return
        if number != _ITEM or (plain and length == _UNDEFINED):
            raise _cut_short(f"tag {number:08X} where an item belongs")
        if length != _UNDEFINED:
            _skip(stream, length, size)
            continue
        while True:
            inner, vr, length = _header(stream, form)
            if inner == _END_OF_ITEM:
                break
            if length == _UNDEFINED:
                _skip_items(stream, size, _nested(form, vr), plain=False, depth=depth + 1)
            else:
                _skip(stream, length, size)


def _header(stream: BinaryIO, form: _Form) -> tuple[int, bytes, int]:
    """Tag, VR (empty where implicit) and length of the next element."""
    head = stream.read(8)
    tag = _tag(head, form)
    if form.implicit or tag >> 16 == 0xFFFE:
        return tag, b"", struct.unpack(form.order + "I", head[4:])[0]
    vr = head[4:6]
    if vr in _LONG:
        return tag, vr, struct.unpack(form.order + "I", stream.read(4))[0]
    return tag, vr, struct.unpack(form.order + "H", head[6:])[0]


def _tag(head: bytes, form: _Form) -> int:
    group, element = struct.unpack(form.order + "HH", head[:4])
    return int(group) << 16 | int(element)


def _value(stream: BinaryIO, length: int, size: int) -> bytes:
    if stream.tell() + length > size:
        raise _cut_short(f"{size} bytes where {stream.tell() + length} belong")
    return stream.read(length)


def _skip(stream: BinaryIO, length: int, size: int) -> None:
    if stream.tell() + length > size:
        raise _cut_short(f"{size} bytes where at least {stream.tell() + length} belong")
    stream.seek(length, 1)


def _cut_short(detail: str) -> InputError:
    return InputError("A file is cut short", expected="a complete DICOM file", got=detail)
