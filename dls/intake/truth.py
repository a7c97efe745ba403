"""How the truth of a case may be known.

Source: Zhen et al., Front Oncol 2020, 10:680, Methods: malignant by histopathology only; benign by
histopathology, or by a formal report with follow-up.
"""

from __future__ import annotations

from dls.domain import LesionClass
from dls.errors import InputError

HISTOPATHOLOGY = "histopathology"
FOLLOW_UP = "formal report with follow-up"
STANDARDS = (HISTOPATHOLOGY, FOLLOW_UP)


def checked_standard(lesion: LesionClass, standard: str) -> str:
    """The reference standard, when it is one that this class may rest on.

    Raises
    ------
    InputError
        when it is none of `STANDARDS`, or a malignant lesion is not proved by histopathology.
    """
    wanted = standard.strip().casefold()
    if wanted not in STANDARDS:
        raise InputError(
            "Unknown reference standard",
            expected=" or ".join(STANDARDS),
            got=repr(standard),
            remedy="exclude the case when its truth is not known in one of these ways",
        )
    if lesion.malignant and wanted != HISTOPATHOLOGY:
        raise InputError(
            f"A malignant lesion ({lesion.label}) must be proved by histopathology",
            expected=HISTOPATHOLOGY,
            got=wanted,
            remedy="correct the class or the reference standard, or exclude the case",
        )
    return wanted
