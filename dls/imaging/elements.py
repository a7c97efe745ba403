"""Values of DICOM elements as plain Python values; None or empty where an element is absent or empty.

Source: DICOM PS3.5 6.2 (value representations).
"""

from __future__ import annotations

import re
import struct
import zlib

from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException

UNREADABLE = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    NotImplementedError,
    RecursionError,
    EOFError,
    OSError,
    struct.error,
    zlib.error,
    BytesLengthException,
)
"""What pydicom raises of elements whose bytes are not what they say; OSError, where a sequence has no end."""


def text(dataset: Dataset, keyword: str) -> str:
    """An element as text without surrounding blanks."""
    value = dataset.get(keyword)
    return "" if value is None else str(value).strip()


def texts(dataset: Dataset, keyword: str) -> tuple[str, ...]:
    """All values of an element as text."""
    value = dataset.get(keyword)
    if value is None:
        return ()
    return (value.strip(),) if isinstance(value, str) else tuple(str(v).strip() for v in value)


def floats(dataset: Dataset, keyword: str, count: int) -> tuple[float, ...] | None:
    """The first `count` numbers of an element, None where there are fewer."""
    value = dataset.get(keyword)
    if value is None or value == "":
        return None
    values = tuple(float(v) for v in value) if hasattr(value, "__iter__") else (float(value),)
    return values[:count] if len(values) >= count else None


def number(dataset: Dataset, keyword: str) -> float | None:
    """The first number of an element."""
    values = floats(dataset, keyword, 1)
    return None if values is None else values[0]


def integer(dataset: Dataset, keyword: str) -> int | None:
    """The first number of an element without its fraction."""
    value = number(dataset, keyword)
    return None if value is None else int(value)


def seconds(dataset: Dataset, keyword: str) -> float | None:
    """Time of day (VR TM, `HHMMSS.ffffff`, shortened forms allowed) in seconds after midnight."""
    found = re.fullmatch(r"(\d\d):?(\d\d)?:?(\d\d(?:\.\d*)?)?", text(dataset, keyword))
    if found is None:
        return None
    hours, minutes, rest = (float(part or 0) for part in found.groups())
    return 3600 * hours + 60 * minutes + rest
