"""All models that can be asked, over a patient or a cohort, in one call.

Image groups of many patients share their batches, and every batch is prepared once for all models.  A model
whose sequences or clinical data are missing for a patient is not asked, and the answer says why.
Importing this module does not load TensorFlow; calling its functions does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dls import domain
from dls.clinical import ClinicalRecord, encode
from dls.domain import ALL_SEQUENCES
from dls.errors import InputError
from dls.nn.package import ModelPackage
from dls.nn.predict import BATCH, channels_of, loaded
from dls.progress import Progress


@dataclass(frozen=True, slots=True, eq=False)
class PatientImages:
    """What is at hand of one patient.

    Parameters
    ----------
    name : code of the patient, for progress and messages
    pixels : (n, size, size, channels) image groups, one channel a sequence at hand
    sequences : the channels
    clinical : what is known of the patient; None where nothing was recorded
    """

    name: str
    pixels: NDArray[np.floating]
    sequences: tuple[domain.Sequence, ...] = ALL_SEQUENCES
    clinical: ClinicalRecord | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What one model gave for one patient.

    Parameters
    ----------
    package_sha256 : of the model's package
    probabilities : (n, n_classes) of the image groups
    hidden : (n, d) last hidden layer
    """

    package_sha256: str
    probabilities: NDArray[np.float32]
    hidden: NDArray[np.float32]

    @property
    def scores(self) -> NDArray[np.float64]:
        """The patient's scores (n_classes,): mean of the image groups' (Zhen et al. 2020, Methods)."""
        return self.probabilities.mean(axis=0, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class PatientAnswers:
    """Answers of every model about one patient.

    Parameters
    ----------
    answers : letter -> answer, of the models that could be asked
    not_applicable : letter -> why the model could not be asked
    """

    name: str
    answers: Mapping[str, Answer]
    not_applicable: Mapping[str, str]


def not_applicable(
    package: ModelPackage, sequences: Sequence[domain.Sequence], clinical: ClinicalRecord | None
) -> str | None:
    """Why a model cannot be asked about a patient; None when it can."""
    missing = package.spec.missing(sequences)
    if missing:
        return f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing"
    if package.clinical_codes and (clinical is None or clinical == ClinicalRecord()):
        return "no clinical data are recorded"
    return None


def infer(
    packages: Mapping[str, ModelPackage],
    patients: Sequence[PatientImages],
    progress: Progress | None = None,
) -> tuple[PatientAnswers, ...]:
    """Ask every model about every patient it can be asked about.

    Parameters
    ----------
    packages : by letter, all for image groups of one size
    progress : called with image groups done over models

    Raises
    ------
    InputError
        when image groups do not have the size and channels that they should have.
    PackageError
        when weights do not fit.
    """
    owner = np.repeat(np.arange(len(patients)), [len(p.pixels) for p in patients])
    reasons = [
        {letter: not_applicable(k, p.sequences, p.clinical) for letter, k in packages.items()}
        for p in patients
    ]
    rows = {
        letter: np.flatnonzero(np.array([r[letter] is None for r in reasons], bool)[owner])
        for letter in packages
    }
    codes = np.stack([encode(p.clinical or ClinicalRecord()) for p in patients])[owner] if patients else None
    found = forward_all(packages, _pixels(packages, patients), rows, codes, progress)
    return tuple(
        PatientAnswers(
            patient.name,
            {
                letter: Answer(package.sha256, *(part[owner[rows[letter]] == i] for part in found[letter]))
                for letter, package in packages.items()
                if reasons[i][letter] is None
            },
            {letter: why for letter, why in reasons[i].items() if why is not None},
        )
        for i, patient in enumerate(patients)
    )


def forward_all(
    packages: Mapping[str, ModelPackage],
    pixels: NDArray[np.floating],
    rows: Mapping[str, NDArray[np.integer]],
    clinical: NDArray[np.floating] | None,
    progress: Progress | None = None,
) -> dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Probabilities (m, n_classes) and last hidden layer (m, d) of each model for its m rows.

    Parameters
    ----------
    pixels : (n, size, size, 6)
    rows : letter -> the image groups that the model is asked about, in rising order
    clinical : (n, c) coded clinical vector of each group's patient

    Raises
    ------
    InputError
        when a model does not take image groups of this size.
    """
    for package in packages.values():
        if pixels.shape[1:] != (*package.input_shape[:2], len(ALL_SEQUENCES)):
            raise InputError(
                f"{package.spec.name} does not take such image groups",
                expected=f"(n, {package.image_size}, {package.image_size}, {len(ALL_SEQUENCES)})",
                got=str(pixels.shape),
            )
    networks = {letter: loaded(package) for letter, package in packages.items()}
    parts: dict[str, list[tuple[NDArray[np.float32], NDArray[np.float32]]]] = {k: [] for k in packages}
    done, total = 0, sum(len(r) for r in rows.values())
    for start in range(0, len(pixels), BATCH):
        batch = _Batch(pixels[start : start + BATCH])
        for letter, package in packages.items():
            here = rows[letter][(rows[letter] >= start) & (rows[letter] < start + BATCH)]
            if not len(here):
                continue
            inputs = [batch.images(here - start, channels_of(package.spec))]
            if package.clinical_codes and clinical is not None:
                inputs.append(np.asarray(clinical[here], np.float32))
            probabilities, hidden = networks[letter].forward(inputs)
            parts[letter].append((np.asarray(probabilities), np.asarray(hidden)))
            done += len(here)
            if progress is not None:
                progress(done, total, "image groups over models")
    empty = {
        letter: (
            np.zeros((0, len(package.classes)), np.float32),
            np.zeros((0, networks[letter].hidden_width), np.float32),
        )
        for letter, package in packages.items()
    }
    return {
        letter: tuple(np.concatenate(p) for p in zip(empty[letter], *parts[letter], strict=True))  # type: ignore[misc]
        for letter in packages
    }


class _Batch:
    """Image groups as the networks take them; what several models read is prepared once."""

    def __init__(self, pixels: NDArray[np.floating]) -> None:
        self._pixels = pixels
        self._made: dict[tuple[int, ...], NDArray[np.float32]] = {}

    def images(self, rows: NDArray[np.integer], channels: list[int]) -> NDArray[np.float32]:
        """(m, size, size, c) float32 of some rows and channels, contiguous."""
        key = tuple(channels)
        if key not in self._made:
            chosen = self._pixels if len(key) == len(ALL_SEQUENCES) else self._pixels[..., channels]
            self._made[key] = np.ascontiguousarray(chosen, np.float32)
        whole = self._made[key]
        return whole if len(rows) == len(whole) else whole[rows]


def _pixels(packages: Mapping[str, ModelPackage], patients: Sequence[PatientImages]) -> NDArray[np.floating]:
    """All image groups with six channels; 0 where a sequence is missing, which no model reads then."""
    size = next(iter(packages.values())).image_size if packages else 0
    parts = [np.zeros((0, size, size, len(ALL_SEQUENCES)), np.float16)]
    for patient in patients:
        n, channels = len(patient.pixels), len(patient.sequences)
        if patient.pixels.shape[1:] != (size, size, channels):
            raise InputError(
                f"The image groups of {patient.name} do not fit the models",
                expected=f"(n, {size}, {size}, {channels})",
                got=str(patient.pixels.shape),
            )
        if channels == len(ALL_SEQUENCES):
            parts.append(patient.pixels)
            continue
        whole = np.zeros((n, size, size, len(ALL_SEQUENCES)), patient.pixels.dtype)
        whole[..., [ALL_SEQUENCES.index(s) for s in patient.sequences]] = patient.pixels
        parts.append(whole)
    return np.concatenate(parts)
