"""Image groups of a cohort in memory, as the networks see them."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dls.clinical import CODING_VERSION
from dls.domain import ALL_SEQUENCES, LesionClass, Task
from dls.errors import InputError
from dls.imaging.groups import PREPROCESSING_VERSION
from dls.whole_files import new_file


@dataclass(frozen=True, slots=True)
class GroupSet:
    """The image groups and coded clinical data of a cohort.

    Parameters
    ----------
    pixels : (n, size, size, 6) float16 or float32, normalised, channels in the order of ALL_SEQUENCES
    patient : (n,) index of each group's patient into the arrays below
    codes : (p,) names of the patients, unique
    lesion_class : (p,) numbers of LesionClass
    clinical : (p, c) float32, coded by `dls.clinical.encode`
    preprocessing_version : of the code that made the pixels (`dls.imaging.groups.PREPROCESSING_VERSION`)
    clinical_coding_version : of the code that made `clinical` (`dls.clinical.CODING_VERSION`)

    Raises
    ------
    InputError
        when shapes disagree, a patient has no group, a code repeats or a pixel is not finite.
    """

    pixels: NDArray[np.floating]
    patient: NDArray[np.integer]
    codes: NDArray[np.str_]
    lesion_class: NDArray[np.integer]
    clinical: NDArray[np.floating]
    preprocessing_version: str = PREPROCESSING_VERSION
    clinical_coding_version: str = CODING_VERSION

    def __post_init__(self) -> None:
        n, p = len(self.patient), len(self.codes)
        square = self.pixels.ndim == 4 and self.pixels.shape[1] == self.pixels.shape[2]
        if not square or self.pixels.shape[0] != n or self.pixels.shape[3] != len(ALL_SEQUENCES):
            raise InputError(
                "The pixels of the image groups have the wrong shape",
                expected=f"({n}, size, size, {len(ALL_SEQUENCES)})",
                got=str(self.pixels.shape),
            )
        if self.lesion_class.shape != (p,) or self.clinical.ndim != 2 or len(self.clinical) != p:
            raise InputError(
                "Classes and clinical codes do not match the patients",
                expected=f"{p} of each",
                got=f"{self.lesion_class.shape} and {self.clinical.shape}",
            )
        if len(np.unique(self.codes)) != p:
            raise InputError("A patient code occurs twice", expected="unique codes", got=f"{p} codes")
        if not np.array_equal(np.unique(self.patient), np.arange(p)):
            raise InputError(
                "Every patient needs at least one image group",
                expected=f"indices 0 to {p - 1}, each at least once",
                got=f"{len(np.unique(self.patient))} different indices",
            )
        known = [int(c) for c in LesionClass]
        if not np.isin(self.lesion_class, known).all():
            raise InputError(
                "Unknown lesion class", expected=f"one of {known}", got=str(set(self.lesion_class))
            )
        if not np.isfinite(self.pixels).all():
            raise InputError("The pixels contain values that are not finite", expected="finite intensities")

    @property
    def size(self) -> int:
        """Side of an image group in pixels."""
        return int(self.pixels.shape[1])

    def select(self, patients: NDArray[np.integer]) -> GroupSet:
        """The groups of some patients, given by index, re-indexed in that order."""
        position = np.full(len(self.codes), -1)
        position[patients] = np.arange(len(patients))
        kept = np.flatnonzero(position[self.patient] >= 0)
        return GroupSet(
            self.pixels[kept],
            position[self.patient[kept]],
            self.codes[patients],
            self.lesion_class[patients],
            self.clinical[patients],
            self.preprocessing_version,
            self.clinical_coding_version,
        )

    def for_task(self, task: Task) -> tuple[GroupSet, NDArray[np.int64]]:
        """The patients the task applies to, and (p,) the index of each one's class in `task.classes`."""
        targets = [task.target(LesionClass(int(c))) for c in self.lesion_class]
        applicable = np.array([i for i, t in enumerate(targets) if t is not None], dtype=np.int64)
        wanted = np.array([t for t in targets if t is not None], dtype=np.int64)
        return (self if len(applicable) == len(self.codes) else self.select(applicable)), wanted

    @property
    def sha256(self) -> str:
        """Identity of the cohort: hash of its contents."""
        digest = hashlib.sha256()
        for field in fields(self):
            value = np.ascontiguousarray(getattr(self, field.name))
            digest.update(f"{field.name} {value.dtype} {value.shape}".encode())
            digest.update(value.tobytes())
        return digest.hexdigest()

    def save(self, path: Path) -> None:
        """Write one uncompressed NumPy archive, all or nothing."""
        with new_file(path) as file:
            np.savez(file, **{f.name: np.asarray(getattr(self, f.name)) for f in fields(self)})  # type: ignore[arg-type]

    @classmethod
    def load(cls, path: Path) -> GroupSet:
        """Read what `save` wrote; nothing in the file is executed.

        Raises
        ------
        InputError
            when the file is absent, is not such an archive, lacks a part, or holds pixels or clinical codes
            that another version of dls made.
        """
        remedy = "make the file with GroupSet.save"
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
                parts = {f.name: archive[f.name] for f in fields(cls)}
        except FileNotFoundError as error:
            raise InputError("No file of image groups", expected=str(path), remedy=remedy) from error
        except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise InputError(
                f"{path} is not a file of image groups",
                expected="a NumPy archive with " + ", ".join(f.name for f in fields(cls)),
                got=str(error),
                remedy=remedy,
            ) from error
        for name, current in _VERSIONS.items():
            parts[name] = str(parts[name])
            if parts[name] != current:
                raise InputError(
                    f"{path} was made by another version of dls",
                    expected=f"{name.replace('_', ' ')} {current}",
                    got=str(parts[name]),
                    remedy="make the image groups anew from the images",
                )
        return cls(**parts)


_VERSIONS = {"preprocessing_version": PREPROCESSING_VERSION, "clinical_coding_version": CODING_VERSION}
