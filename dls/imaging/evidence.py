"""What is kept of an original for typing its series, beside the de-identified copy: neither words nor times.

Of a description only listed terms stay; times of day are moved by an amount that only the key tells, so that
their order and the gaps between them stay.
"""

from __future__ import annotations

from dataclasses import replace

from dls.imaging.delivery import fingerprint
from dls.imaging.descriptions import cleaned
from dls.imaging.headers import Header
from dls.imaging.uid_keys import UidKeys

_DAY = 86_400


def evidence(original: Header, copy: Header, keys: UidKeys) -> Header:
    """Header of a copy, with what the original says about the type of its series."""
    seconds = int(fingerprint(keys.secret, b"time\0" + original.study_uid.encode())[:8], 16) % _DAY
    return replace(
        copy,
        description=cleaned_once(original.description),
        contrast_agent="given" if original.contrast_agent else "",
        acquisition_time=_later(original.acquisition_time, seconds),
        content_time=_later(original.content_time, seconds),
        contrast_start=_later(original.contrast_start, seconds),
    )


def cleaned_once(description: str) -> str:
    """Cleaned description and protocol name, the one where both say the same."""
    return " | ".join(dict.fromkeys(filter(None, map(cleaned, description.split(" | ")))))


def _later(time: float | None, seconds: int) -> float | None:
    """A time of day moved, to a tenth of a second: its further digits would be recognised elsewhere."""
    return None if time is None else round(time + seconds, 1)
