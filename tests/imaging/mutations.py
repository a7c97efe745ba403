"""Damaged copies of real DICOM files, the same for the same seed."""

import random
import struct
from collections.abc import Callable, Iterator

from tests.imaging.real_files import SIEMENS, real

SEEDS = (
    f"{SIEMENS}/5/DICOM/*.dcm",
    "nibabel/siemens_dwi_0.dcm.gz",
    "pydicom/MR_small.dcm",
    "pydicom/MR_small_RLE.dcm",
    "pydicom/MR_small_jp2klossless.dcm",
    "pydicom/MR_small_jpeg_ls_lossless.dcm",
    "pydicom/MR_small_bigendian.dcm",
    "pydicom/MR_small_implicit.dcm",
    "pydicom/image_dfl.dcm",
    "pydicom-data/emri_small_RLE.dcm",
    "heudiconv/MRI_102TD_PHA_S*.dcm",
)
"""Real files of every way to store pixels, classic and enhanced."""

_VRS = [vr.encode() for vr in "AE CS DS IS LO UI US FD SQ OB UN OW AT ZZ".split()]  # noqa: SIM905
_SHORT = [vr.encode() for vr in "CS UI DS IS LO SH US TM PN FD DA".split()]  # noqa: SIM905
_VALUES = [b"\xff" * 8, b"\0" * 8, b"\x7f" * 4, b"-1", b"1e999", b"nan", b"\\" * 40, b"99999999999999999"]


def originals() -> dict[str, bytes]:
    return {name: real(name)[0].read_bytes() for name in SEEDS}


def flip_bytes(data: bytes, chance: random.Random) -> bytes:
    """Some bytes of the first 8 KiB changed."""
    out = bytearray(data)
    for _ in range(chance.randint(1, 12)):
        out[chance.randrange(min(len(out), 8192))] = chance.randrange(256)
    return bytes(out)


def change_length(data: bytes, chance: random.Random) -> bytes:
    """An element that claims another length: none, odd, all of the file, undefined."""
    at = chance.choice(_elements(data))
    length = chance.choice([0, 1, 7, 0xFFFE, 0xFFFF, chance.randrange(65536)])
    return data[: at + 6] + struct.pack("<H", length) + data[at + 8 :]


def undefined_length(data: bytes, chance: random.Random) -> bytes:
    """A sequence of undefined length put in, which may not end."""
    at = chance.choice(_elements(data))
    item = b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    return data[:at] + b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff" + item * chance.randint(1, 5) + data[at:]


def change_vr(data: bytes, chance: random.Random) -> bytes:
    """An element of another value representation."""
    at = chance.choice(_elements(data))
    return data[: at + 4] + chance.choice(_VRS) + data[at + 6 :]


def change_value(data: bytes, chance: random.Random) -> bytes:
    """Numbers that are none, too large, too many."""
    at = chance.choice(_elements(data)) + 8
    value = chance.choice(_VALUES)
    return data[:at] + value + data[at + len(value) :]


def splice(data: bytes, chance: random.Random) -> bytes:
    """A piece of the file twice, or left out."""
    a, b = sorted(chance.randrange(132, len(data)) for _ in range(2))
    return data[:a] + data[b:] if chance.random() < 0.5 else data[:b] + data[a:]


MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    flip_bytes,
    change_length,
    undefined_length,
    change_vr,
    change_value,
    splice,
)


def mutated(rounds: int, first: int = 0) -> Iterator[tuple[str, bytes]]:
    """Damaged files with a name that says how to make each again: every file by every mutation."""
    files = originals()
    for number in range(first, first + rounds):
        for name, data in files.items():
            for mutate in MUTATIONS:
                label = f"{name} {mutate.__name__} {number}"
                yield label, mutate(data, random.Random(label))


def nested(depth: int) -> bytes:
    """A file of sequences within sequences, of undefined length."""
    preamble = bytes(128) + b"DICM"
    meta = b"\x02\x00\x10\x00UI\x14\x001.2.840.10008.1.2.1\0"
    head = b"\x02\x00\x00\x00UL\x04\x00" + struct.pack("<I", len(meta))
    opening = b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    closing = b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0"
    return preamble + head + meta + opening * depth + closing * depth


def _elements(data: bytes) -> list[int]:
    """Where elements with a short length seem to start, in the first 16 KiB (explicit little-endian)."""
    found = [at for at in range(132, min(len(data) - 8, 16384), 2) if data[at + 4 : at + 6] in _SHORT]
    return found or list(range(132, min(len(data) - 8, 2048), 8))
