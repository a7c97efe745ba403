"""Image groups of a cohort, as the networks see them."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass, fields
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
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
    person : (p,) whole numbers, alike for patients that are lesions of one person, each with a class and
        clinical data of its own; they stay together in every split.  None where each is another's

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
    person: NDArray[np.integer] | None = None

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
        if self.person is not None and self.person.shape != (p,):
            raise InputError(
                "Persons do not match the patients",
                expected=f"one of each of {p}",
                got=str(self.person.shape),
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
        if not all(np.isfinite(self.pixels[i : i + _CHUNK]).all() for i in range(0, n, _CHUNK)):
            raise InputError("The pixels contain values that are not finite", expected="finite intensities")

    @property
    def size(self) -> int:
        """Side of an image group in pixels."""
        return int(self.pixels.shape[1])

    @property
    def persons(self) -> int:
        """How many people the patients are lesions of."""
        return len(self.codes) if self.person is None else len(np.unique(self.person))

    def select(self, patients: NDArray[np.integer]) -> GroupSet:
        """The groups of some patients, given by index, re-indexed in that order; their pixels are copied."""
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
            None if self.person is None else self.person[patients],
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
        for name, part in self._parts():
            value = np.ascontiguousarray(part)
            digest.update(f"{name} {value.dtype} {value.shape}".encode())
            digest.update(value.reshape(-1).view(np.uint8))
        return digest.hexdigest()

    def save(self, path: Path) -> None:
        """Write one uncompressed NumPy archive, all or nothing."""
        with new_file(path) as file:
            np.savez(file, **{name: np.asarray(part) for name, part in self._parts()})  # type: ignore[arg-type]

    def _parts(self) -> list[tuple[str, Any]]:
        """Name and value of what there is."""
        parts = [(f.name, getattr(self, f.name)) for f in fields(self)]
        return [(name, part) for name, part in parts if part is not None]

    @classmethod
    def load(cls, path: Path) -> GroupSet:
        """Read what `save` wrote; nothing in the file is executed.

        The pixels are not read but mapped, so that the system keeps of them in memory what it has room for:
        float16 groups of 299 x 299 take 1.07 MB each, the paper's 5,268 of them 5.7 GB.  What a training then
        needs is the copy of the patients it selects, in a fold all of them once more.

        Raises
        ------
        InputError
            when the file is absent, is not such an archive, lacks a part, or holds pixels or clinical codes
            that another version of dls made.
        """
        remedy = "make the file with GroupSet.save"
        try:
            parts = _mapped_arrays(path, {f.name: f.default is None for f in fields(cls)})
        except FileNotFoundError as error:
            raise InputError("No file of image groups", expected=str(path), remedy=remedy) from error
        except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise InputError(
                f"{path} is not a file of image groups",
                expected="a NumPy archive with "
                + ", ".join(f.name for f in fields(cls) if f.default is not None),
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


def array_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether in Fortran order, and type of the array whose .npy file begins here.

    Raises
    ------
    ValueError
        when none does.
    """
    version = npy.read_magic(file)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, fortran, kind = read(file)
    return shape, fortran, kind


def _mapped_arrays(path: Path, names: dict[str, bool]) -> dict[str, Any]:
    """Arrays of an uncompressed NumPy archive, mapped read-only, once their checksums have been compared.

    Parameters
    ----------
    names : of the arrays -> whether the archive may lack it

    Raises
    ------
    KeyError, ValueError, OSError, BadZipFile
        when an array is missing, compressed, of objects, or damaged.
    """
    arrays = {}
    with path.open("rb") as file, zipfile.ZipFile(file) as archive:
        damaged = archive.testzip()
        if damaged is not None:
            raise zipfile.BadZipFile(f"{damaged} is damaged")
        there = set(archive.namelist())
        for name in (n for n, optional in names.items() if not optional or f"{n}.npy" in there):
            entry = archive.getinfo(f"{name}.npy")
            with archive.open(entry) as content:
                shape, fortran, kind = array_header(content)
                before = content.tell()
            if entry.compress_type != zipfile.ZIP_STORED or kind.hasobject:
                raise ValueError(f"{name} is compressed or no plain array")
            file.seek(entry.header_offset + _LENGTHS_AT)
            lengths = file.read(4)
            before += sum(int.from_bytes(lengths[i : i + 2], "little") for i in (0, 2))
            start = entry.header_offset + _LOCAL_HEADER + before
            mapped = np.memmap(path, kind, "r", start, shape, "F" if fortran else "C")
            arrays[name] = mapped.view(np.ndarray)
    return arrays


_CHUNK = 64
"""Image groups that are looked at together."""
_LOCAL_HEADER, _LENGTHS_AT = 30, 26
"""Bytes of the fixed part of a zip entry's header, and where the lengths of its name and extra part stand
(PKWARE, APPNOTE.TXT 6.3, section 4.3.7)."""
_VERSIONS = {"preprocessing_version": PREPROCESSING_VERSION, "clinical_coding_version": CODING_VERSION}
