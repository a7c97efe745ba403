"""The form that a value must have to be kept, by element: see `deidentify_rules` for the lists."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import inf, isfinite
from typing import Any

from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.multival import MultiValue
from pydicom.uid import UID_dictionary
from pydicom.valuerep import format_number_as_ds

from dls.imaging import deidentify_rules as rules
from dls.imaging.uid_keys import UidKeys

_OLDEST_YEARS = 89


def many(value: Any) -> list[Any]:
    """Values of an element, one or several, as a list."""
    return list(value) if isinstance(value, (MultiValue, list, tuple)) else [value]


def strings(value: Any) -> list[str]:
    """Values of an element as text without surrounding blanks."""
    return [str(v).strip() for v in many(value)]


def _number(keyword: str, value: Any, keys: UidKeys) -> Any | None:
    """Numbers as they are; text only where all of it is numbers."""
    vr = dictionary_VR(tag_for_keyword(keyword) or 0)
    if vr == "AT":
        return value if all(isinstance(v, int) for v in many(value)) else None
    if not all(_is_number(v, vr) for v in many(value)):
        return None
    if vr in {"DS", "IS"}:
        limit = inf if keyword in rules.INTENSITIES else rules.LARGEST_NUMBER
        if any(abs(float(str(v))) > limit for v in many(value)):
            return None
        return [_decimal(v) if vr == "DS" else str(int(v)) for v in many(value)]
    return value


def _is_number(value: Any, vr: str) -> bool:
    text = str(value).strip()
    if isinstance(value, bool) or rules.DECIMAL.fullmatch(text) is None or not isfinite(float(text)):
        return False
    if vr == "IS":
        return float(text).is_integer()
    return vr == "DS" or isinstance(value, (int, float))


def _decimal(value: Any) -> str:
    text = str(value).strip()
    return text if len(text) <= 16 else format_number_as_ds(float(text))


def _code(keyword: str, value: Any, keys: UidKeys) -> Any | None:
    return value if {s.upper() for s in strings(value)} <= rules.CODES[keyword] else None


def _image_type(keyword: str, value: Any, keys: UidKeys) -> list[str]:
    """Known terms as they are, others as tokens."""
    return [t if t.upper() in rules.TYPE_TERMS else t and keys.token(t) for t in strings(value)]


def _uid(keyword: str, value: Any, keys: UidKeys) -> str | None:
    return keys.uid(str(value)) if isinstance(value, str) else None


def _class_uid(keyword: str, value: Any, keys: UidKeys) -> str | None:
    return str(value) if str(value) in UID_dictionary else None


def _age(keyword: str, value: Any, keys: UidKeys) -> str | None:
    """Age; of 90 years and over, `090Y` (45 CFR 164.514(b)(2)(i)(C))."""
    text = str(value).strip()
    if rules.AGE.fullmatch(text) is None:
        return None
    return "090Y" if text.endswith("Y") and int(text[:3]) > _OLDEST_YEARS else text


def _manufacturer(keyword: str, value: Any, keys: UidKeys) -> str | None:
    """The vendor's name in one spelling."""
    for name, pattern in rules.VENDORS:
        if re.search(pattern, str(value).strip(), re.IGNORECASE):
            return name
    return None


def _sequence_name(keyword: str, value: Any, keys: UidKeys) -> str | None:
    text = str(value).strip()
    return text if rules.SEQUENCE_NAME.fullmatch(text) else None


def _agent(keyword: str, value: Any, keys: UidKeys) -> str:
    """That contrast agent was given, and whether it was one that the liver takes up."""
    return "gadoxetate" if rules.HEPATOBILIARY_AGENT.search(str(value)) else "contrast agent"


def _stack_id(keyword: str, value: Any, keys: UidKeys) -> str:
    text = str(value).strip()
    return text if text.isdigit() and len(text) <= 4 else keys.token(text)


Rule = Callable[[str, Any, UidKeys], Any]
RULES: dict[str, Rule] = {
    **dict.fromkeys(rules.NUMBERS, _number),
    **dict.fromkeys(rules.CODES, _code),
    **dict.fromkeys(rules.TYPES, _image_type),
    **dict.fromkeys(rules.UIDS, _uid),
    **dict.fromkeys(rules.CLASS_UIDS, _class_uid),
    "PatientAge": _age,
    "Manufacturer": _manufacturer,
    "SequenceName": _sequence_name,
    "PulseSequenceName": _sequence_name,
    "ContrastBolusAgent": _agent,
    "StackID": _stack_id,
}
"""Keyword -> what becomes of a value, None where it may not stay; what is not listed is removed."""
