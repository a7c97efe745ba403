"""The public LLD-MMRI data set in its two layouts: which cases there are, their classes, files and boxes.

Layout of the challenge (LLD-MMRI2023)::

    images/<patient>/<study>/<series>.nii.gz      headers say 1 x 1 x 1 mm; the grid is in the JSON file
    labels/Annotation.json
    classification_dataset/labels/{labels.txt, labels_val_inaccessible.txt, train_fold1.txt, ...}

Layout of the copy with masks (LLD-MMRI-MedSAM2)::

    images/<patient>_<number>_<phase>_0000.nii.gz
    labels/<patient>_<number>_<phase>.nii.gz      masks by a program, corrected by people
    LLD_MMRI_Annotation.json

Classes: 0 hemangioma, 1 intrahepatic cholangiocarcinoma, 2 abscess, 3 metastasis, 4 cyst, 5 FNH, 6 HCC; -1 is
a case whose class was not published.  Abscesses are out of this program's scope.  The data are CC BY-NC and
may not be passed on.

Source: github.com/LMMMEng/LLD-MMRI2023, README and preprocess/crop_roi.py (boxes count voxels from 0).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dls.domain import LesionClass, Sequence
from dls.errors import InputError

PHASES: dict[str, Sequence] = {
    "T2WI": Sequence.T2,
    "DWI": Sequence.DWI,
    "C-pre": Sequence.PRE,
    "C+A": Sequence.ARTERIAL,
    "C+V": Sequence.PORTAL,
    "C+Delay": Sequence.EQUILIBRIUM,
}
"""Phases that are used; "In Phase" and "Out Phase", which repeat slices in some cases, are not."""

CLASSES: dict[int, LesionClass | None] = {
    0: LesionClass.HEMANGIOMA,
    1: LesionClass.OTHER_PRIMARY,
    2: None,
    3: LesionClass.METASTASIS,
    4: LesionClass.CYST,
    5: LesionClass.FNH,
    6: LesionClass.HCC,
}
"""Category -> class; None is out of scope."""

NOT_PUBLISHED = -1
ABSCESS = "abscess: inflammatory lesions are out of scope"
UNPUBLISHED = "its class is not published (-1)"
ANNOTATIONS = ("labels/Annotation.json", "LLD_MMRI_Annotation.json", "labels/LLD_MMRI_Annotation.json")


@dataclass(frozen=True, slots=True)
class Box:
    """Box of a lesion on one slice: columns and rows from first to last, in voxels as they are stored."""

    slice: int
    x_min: float
    x_max: float
    y_min: float
    y_max: float


@dataclass(frozen=True, slots=True)
class Phase:
    """One series of a case.

    Parameters
    ----------
    path : NIfTI file
    mask : NIfTI file of the lesion's mask, or None
    spacing : mm between columns, rows and slices, as the JSON file gives them
    origin : mm
    boxes : by lesion ("0" is the one that the case is about), one a slice
    """

    path: Path
    mask: Path | None
    spacing: tuple[float, float, float]
    origin: tuple[float, float, float]
    boxes: Mapping[str, tuple[Box, ...]]


@dataclass(frozen=True, slots=True)
class LldCase:
    """One patient with a class that can be used and all six series.

    Parameters
    ----------
    patient : without hyphens, such as MR104842
    """

    patient: str
    lesion_class: LesionClass
    phases: Mapping[Sequence, Phase]


@dataclass(frozen=True, slots=True)
class LldDataset:
    """What a folder holds.

    Parameters
    ----------
    cases : in the order of the JSON file
    excluded : patient -> why not
    folds : fold number -> patients of its validation part; empty where the folder has no folds
    """

    cases: tuple[LldCase, ...]
    excluded: Mapping[str, str]
    folds: Mapping[int, frozenset[str]]


def read_dataset(folder: Path) -> LldDataset:
    """Cases of an LLD-MMRI folder in either layout; no image is read.

    Raises
    ------
    InputError
        when there is no annotation file, it has another form, a label contradicts it, or no case can be used.
    """
    annotation = _annotation(folder)
    labels = _labels(folder)
    files = _Files(folder)
    cases, excluded = [], {}
    for key, entries in annotation.items():
        patient = patient_of(key)
        try:
            category = _category(patient, entries, labels)
            phases = {} if category == NOT_PUBLISHED else _phases(key, entries, files)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(
                f"The annotation of {key} cannot be read", got=f"{type(error).__name__}: {error}"
            ) from error
        lesion_class = CLASSES.get(category)
        missing = [s for s in Sequence if s not in phases]
        if category == NOT_PUBLISHED:
            excluded[patient] = UNPUBLISHED
        elif lesion_class is None:
            excluded[patient] = ABSCESS
        elif missing:
            excluded[patient] = f"no {', '.join(missing)}"
        else:
            cases.append(LldCase(patient, lesion_class, phases))
    if not cases:
        raise InputError(
            "No case can be used", got=f"{len(excluded)} excluded of {len(annotation)}: {folder}"
        )
    return LldDataset(tuple(cases), excluded, _folds(folder))


def patient_of(key: str) -> str:
    """The patient of a key or folder name, one spelling for all: MR-398189 and MR398189_1 are one patient."""
    return re.sub(r"_\d+$", "", key.strip()).replace("-", "").upper()


class _Files:
    """The image files of a folder, found by (patient, study, series) or by (patient, phase)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.flat: dict[tuple[str, str], Path] = {}
        self.masks: dict[tuple[str, str], Path] = {}
        for path in sorted((folder / "images").glob("*_0000.nii*")):
            self.flat[_named(path.name.split("_0000.nii")[0])] = path
        for path in sorted((folder / "labels").glob("*.nii*")):
            self.masks[_named(path.name.split(".nii")[0].removesuffix("_0000"))] = path

    def find(self, key: str, entry: Mapping[str, Any]) -> tuple[Path | None, Path | None]:
        """Image and mask of a phase; None where there is none."""
        name = (patient_of(key), entry["phase"].replace(" ", ""))
        if name in self.flat:
            return self.flat[name], self.masks.get(name)
        for spelling in dict.fromkeys((key, patient_of(key))):
            path = self.folder / "images" / spelling / entry["studyUID"] / f"{entry['seriesUID']}.nii.gz"
            if path.is_file():
                return path, None
        return None, None


def _named(stem: str) -> tuple[str, str]:
    """(patient, phase) of <patient>_<number>_<phase>."""
    patient, _, rest = stem.partition("_")
    return patient_of(patient), rest.partition("_")[2].replace(" ", "")


def _annotation(folder: Path) -> dict[str, list[dict[str, Any]]]:
    found = [folder / name for name in ANNOTATIONS if (folder / name).is_file()]
    if not found:
        raise InputError(
            "The folder is no LLD-MMRI data set",
            expected=" or ".join(ANNOTATIONS[:2]),
            got=str(folder),
            remedy="give the folder that holds images and labels",
        )
    try:
        content = json.loads(found[0].read_text())
        info = content["Annotation_info"]
        if not isinstance(info, dict):
            raise TypeError("Annotation_info is no object")
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            "The annotation file cannot be read",
            expected="an object Annotation_info",
            got=f"{found[0]}: {error}",
        ) from error
    return info


def _labels(folder: Path) -> dict[str, int]:
    """Patient -> category of the text files; the first lesion is the patient's."""
    labels: dict[str, int] = {}
    place = folder / "classification_dataset" / "labels"
    for name in ("labels_val_inaccessible.txt", "labels.txt"):
        if (place / name).is_file():
            labels |= dict(_lines(place / name))
    return labels


def _lines(path: Path) -> Iterable[tuple[str, int]]:
    """(patient, category) of each line; later lesions of a patient (<patient>_<number>) are left out."""
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        if not line.strip():
            continue
        parts = line.split()
        if len(parts) != 2 or not re.fullmatch(r"-?\d+", parts[1]):
            raise InputError(
                "A line of labels cannot be read",
                expected="<patient> <number>",
                got=f"{path}:{number}: {line!r}",
            )
        if not re.search(r"_[1-9]\d*$", parts[0]):
            yield patient_of(parts[0]), int(parts[1])


def _folds(folder: Path) -> dict[int, frozenset[str]]:
    place = folder / "classification_dataset" / "labels"
    paths = {int(p.stem.removeprefix("val_fold")): p for p in place.glob("val_fold*.txt")}
    return {number: frozenset(p for p, _ in _lines(path)) for number, path in sorted(paths.items())}


def _category(patient: str, entries: Iterable[Mapping[str, Any]], labels: Mapping[str, int]) -> int:
    """The patient's category, the same in all phases; from the text files where the JSON file has -1."""
    found = {int(entry["annotation"]["lesion"]["0"]["category"]) for entry in entries}
    known = found - {NOT_PUBLISHED} | ({labels[patient]} if patient in labels else set()) - {NOT_PUBLISHED}
    if len(known) > 1 or not known <= CLASSES.keys():
        raise InputError(
            f"{patient} has no single class", expected="one of 0 to 6, or -1", got=str(sorted(known))
        )
    return known.pop() if known else NOT_PUBLISHED


def _phases(key: str, entries: Iterable[dict[str, Any]], files: _Files) -> dict[Sequence, Phase]:
    phases = {}
    for entry in entries:
        sequence = PHASES.get(entry["phase"])
        path, mask = files.find(key, entry) if sequence else (None, None)
        if sequence is None or path is None:
            continue
        rows, columns = (float(x) for x in entry["pixel_spacing"])
        x, y, z = (float(v) for v in entry["origin"])
        boxes = {number: _boxes(lesion["bbox"]) for number, lesion in entry["annotation"]["lesion"].items()}
        spacing = (columns, rows, float(entry["slice_spacing"]))
        phases[sequence] = Phase(path, mask, spacing, (x, y, z), {n: b for n, b in boxes.items() if b})
    return {s: phases[s] for s in Sequence if s in phases}


def _boxes(bbox: Mapping[str, Any]) -> tuple[Box, ...]:
    """One box a slice: the two-dimensional ones, else slices of the three-dimensional one."""
    flat = bbox.get("2D_box") or []
    if flat:
        return tuple(
            sorted(
                (_box(int(one["slice_idx"]), one) for one in flat),
                key=lambda box: box.slice,
            )
        )
    solid = bbox.get("3D_box")
    if not solid:
        return ()
    return tuple(_box(k, solid) for k in range(int(solid["z_min"]), int(solid["z_max"]) + 1))


def _box(k: int, values: Mapping[str, Any]) -> Box:
    return Box(k, *(float(values[name]) for name in ("x_min", "x_max", "y_min", "y_max")))
