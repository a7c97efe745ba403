"""The nouns of the study: lesion classes, sequences, tasks and the seven models.

Source: Zhen et al., Front Oncol 2020, 10:680, Methods and Table 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from dls.errors import InputError


class LesionClass(IntEnum):
    """The seven classes; 0-3 are benign, 4-6 malignant."""

    CYST = 0
    HEMANGIOMA = 1
    FNH = 2
    OTHER_BENIGN = 3
    HCC = 4
    METASTASIS = 5
    OTHER_PRIMARY = 6

    @property
    def label(self) -> str:
        """Name as it is printed in the paper's tables."""
        return _LABELS[self]

    @property
    def malignant(self) -> bool:
        """True for hepatocellular carcinoma, metastasis and other primary malignancy."""
        return self >= LesionClass.HCC

    @classmethod
    def parse(cls, text: str | int) -> LesionClass:
        """Class from its number or label (case-insensitive).

        Raises
        ------
        InputError
            when the text names none of the seven classes.
        """
        wanted = str(text).strip().casefold()
        for member in cls:
            if wanted in {str(int(member)), member.label.casefold(), member.name.casefold()}:
                return member
        raise InputError(
            "Unknown lesion class",
            expected="one of " + ", ".join(f"{int(m)} {m.label}" for m in cls),
            got=repr(text),
            remedy="correct the class; inflammatory lesions are out of scope and must be excluded",
        )


_LABELS = {
    LesionClass.CYST: "cyst",
    LesionClass.HEMANGIOMA: "hemangioma",
    LesionClass.FNH: "FNH",
    LesionClass.OTHER_BENIGN: "other benign nodules",
    LesionClass.HCC: "HCC",
    LesionClass.METASTASIS: "metastatic malignancy",
    LesionClass.OTHER_PRIMARY: "other primary malignancy",
}


class Sequence(StrEnum):
    """The six MR sequences of an image group, in channel order."""

    T2 = "T2"
    DWI = "DWI"
    PRE = "T1 pre-contrast"
    ARTERIAL = "Late arterial"
    PORTAL = "Portal venous"
    EQUILIBRIUM = "Equilibrium"

    @property
    def slug(self) -> str:
        """Name for files and URLs: t2, dwi, pre, arterial, portal, equilibrium."""
        return self.name.lower()


IMAGE_SIZE = 299
"""Pixels along a side of an image group (Zhen et al., Front Oncol 2020, 10:680, Methods)."""

ALL_SEQUENCES: tuple[Sequence, ...] = tuple(Sequence)
UNENHANCED: tuple[Sequence, ...] = ALL_SEQUENCES[:3]


class Task(StrEnum):
    """What a model, or a reading reduced to it, decides."""

    SEVEN_WAY = "seven-way"
    BENIGN_MALIGNANT = "benign/malignant"
    MALIGNANT_THREE_WAY = "malignant three-way"

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the outputs, in the order of the probability vector."""
        return _CLASSES[self]

    def target(self, lesion: LesionClass) -> int | None:
        """Index of a lesion in `classes`; None where the task does not apply to it."""
        if self is Task.SEVEN_WAY:
            return int(lesion)
        if self is Task.BENIGN_MALIGNANT:
            return int(lesion.malignant)
        return int(lesion) - 4 if lesion.malignant else None


_CLASSES: dict[Task, tuple[str, ...]] = {
    Task.SEVEN_WAY: tuple(c.label for c in LesionClass),
    Task.BENIGN_MALIGNANT: ("benign", "malignant"),
    Task.MALIGNANT_THREE_WAY: tuple(c.label for c in LesionClass if c.malignant),
}


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One of the paper's models: its task and its inputs."""

    letter: str
    task: Task
    sequences: tuple[Sequence, ...]
    clinical: bool = False

    @property
    def name(self) -> str:
        """Name as it is printed, for example "Model A"."""
        return f"Model {self.letter}"

    def missing(self, available: Iterable[Sequence]) -> tuple[Sequence, ...]:
        """Sequences that it needs and a patient does not have; without any it is applicable."""
        there = set(available)
        return tuple(s for s in self.sequences if s not in there)


MODELS: dict[str, ModelSpec] = {
    m.letter: m
    for m in (
        ModelSpec("A", Task.SEVEN_WAY, ALL_SEQUENCES),
        ModelSpec("B", Task.SEVEN_WAY, UNENHANCED),
        ModelSpec("C", Task.BENIGN_MALIGNANT, ALL_SEQUENCES),
        ModelSpec("D", Task.BENIGN_MALIGNANT, UNENHANCED),
        ModelSpec("E", Task.MALIGNANT_THREE_WAY, ALL_SEQUENCES),
        ModelSpec("F", Task.MALIGNANT_THREE_WAY, ALL_SEQUENCES, clinical=True),
        ModelSpec("G", Task.MALIGNANT_THREE_WAY, UNENHANCED, clinical=True),
    )
}


def model_spec(letter: str) -> ModelSpec:
    """The model of a letter.

    Raises
    ------
    InputError
        when there is no such model.
    """
    if letter not in MODELS:
        raise InputError("Unknown model", expected="one of " + ", ".join(MODELS), got=repr(letter))
    return MODELS[letter]


def applicable_models(available: Iterable[Sequence]) -> tuple[str, ...]:
    """Letters of the models whose sequences a patient has: B, D and G with the three unenhanced ones."""
    there = set(available)
    return tuple(letter for letter, spec in MODELS.items() if not spec.missing(there))
