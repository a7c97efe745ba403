"""The b-value of a diffusion image, from the standard's element or the vendor's own.

Sources: DICOM PS3.3 C.8.13.5.9 (MR Diffusion); conformance statements of
Siemens, GE, Philips and United Imaging.
"""

from __future__ import annotations

import re
import struct

from pydicom.dataset import Dataset

STANDARD = 0x00189087
SIEMENS = 0x0019100C
SIEMENS_CSA = 0x00291010
GE = 0x00431039
PHILIPS = 0x20011003
UNITED_IMAGING = 0x00651009
DIFFUSION_SEQUENCE = 0x00189117
SEQUENCE_NAME = 0x00180024

TAGS = (STANDARD, SIEMENS, SIEMENS_CSA, GE, PHILIPS, UNITED_IMAGING, DIFFUSION_SEQUENCE, SEQUENCE_NAME)

_GE_OFFSET = 1_000_000_000
_SEQUENCE_NAME_B = re.compile(r"ep_b(\d+)", re.IGNORECASE)


def b_value(dataset: Dataset) -> float | None:
    """b in s/mm², or None where the image carries none.

    Order: (0018,9087), then the element of the vendor that made the file, the MR Diffusion Sequence, and last
    the sequence name (`*ep_b800t`).
    """
    for value in (number_of(dataset, STANDARD), _vendor(dataset), _nested(dataset)):
        if value is not None:
            return value
    found = _SEQUENCE_NAME_B.search(str(dataset[SEQUENCE_NAME].value)) if SEQUENCE_NAME in dataset else None
    return float(found[1]) if found else None


def _vendor(dataset: Dataset) -> float | None:
    """b from private elements; the manufacturer decides which are looked at."""
    maker = str(dataset.get("Manufacturer", "")).casefold()
    if "siemens" in maker:
        value = number_of(dataset, SIEMENS)
        return value if value is not None else _csa_b_value(dataset)
    if maker.startswith("ge"):
        value = number_of(dataset, GE)
        return None if value is None else value % _GE_OFFSET
    if "philips" in maker:
        return number_of(dataset, PHILIPS)
    if "uih" in maker or "united imaging" in maker:
        return number_of(dataset, UNITED_IMAGING)
    return None


def _nested(dataset: Dataset) -> float | None:
    """b from the first item of the MR Diffusion Sequence."""
    if DIFFUSION_SEQUENCE not in dataset or not dataset[DIFFUSION_SEQUENCE].value:
        return None
    return number_of(dataset[DIFFUSION_SEQUENCE].value[0], STANDARD)


def number_of(dataset: Dataset, tag: int) -> float | None:
    """First value of an element as a number, None where it is none; private elements may come as text or
    as raw bytes.
    """
    if tag not in dataset:
        return None
    element = dataset[tag]
    value = element.value
    if isinstance(value, bytes):
        return _from_bytes(value)
    if not isinstance(value, str) and hasattr(value, "__len__"):
        value = value[0] if len(value) else None
    try:
        return None if value in (None, "") else float(value)
    except (TypeError, ValueError):
        return None


def _from_bytes(raw: bytes) -> float | None:
    """Number in an element of unknown representation: text, or a little-endian float of 4 or 8 bytes."""
    text = raw.split(b"\\")[0].strip(b" \0")
    if re.fullmatch(rb"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?", text):
        return float(text)
    if len(raw) in (4, 8):
        return float(struct.unpack("<f" if len(raw) == 4 else "<d", raw)[0])
    return None


def _csa_b_value(dataset: Dataset) -> float | None:
    """`B_value` of a Siemens CSA image header (version SV10).

    Layout: "SV10", 4 bytes, number of tags, 77; then a tag: name (64 bytes), vm, vr (4), syngodt, number of
    items, 77; an item: 4 integers of which the first is the length, then the text padded to 4 bytes.
    """
    if SIEMENS_CSA not in dataset or not isinstance(dataset[SIEMENS_CSA].value, bytes):
        return None
    raw = dataset[SIEMENS_CSA].value
    start = raw.find(b"B_value\0")
    if not raw.startswith(b"SV10") or start < 0 or start + 84 + 16 > len(raw):
        return None
    (length,) = struct.unpack_from("<i", raw, start + 84)
    text = raw[start + 100 : start + 100 + max(0, min(length, 64))].split(b"\0")[0].strip()
    return float(text) if re.fullmatch(rb"\d+(\.\d*)?", text) else None
