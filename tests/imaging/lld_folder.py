"""Small folders in exactly the two layouts of LLD-MMRI, with every trap that was reported of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK

PHASES = ("T2WI", "DWI", "In Phase", "Out Phase", "C-pre", "C+A", "C+V", "C+Delay")
CATEGORIES = {
    "Hepatic_hemangioma": 0,
    "Intrahepatic_cholangiocarcinoma": 1,
    "Hepatic_abscess": 2,
    "Hepatic_metastasis": 3,
    "Hepatic_cyst": 4,
    "FOCAL_NODULAR_HYPERPLASIA": 5,
    "Hepatocellular_carcinoma": 6,
    "Benign": [0, 2, 4, 5],
    "Malignant": [1, 3, 6],
    "Inaccessible": -1,
}
GRIDS = {"T2WI": (60, 50, 12, 4.0, 6.0), "DWI": (44, 40, 10, 5.0, 7.5)}
"""Columns, rows, slices, mm in the plane, mm between slices; the other phases have thinner slices."""
OTHER = (64, 56, 22, 3.5, 3.0)
LESION = np.array([20.0, -10.0, 4.0])
RADIUS = 22.0


@dataclass
class Patient:
    """One patient to be written.

    Parameters
    ----------
    key : as in the JSON file
    category : 0 to 6, or -1
    turned : phases stored from head to feet
    displaced : phase -> mm by which the whole body lies elsewhere
    """

    key: str
    category: int
    turned: tuple[str, ...] = ()
    displaced: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    repeats: str = ""


def grid(phase: str) -> tuple[np.ndarray, np.ndarray, tuple[int, int, int]]:
    """Spacing and origin in mm, and size, of a phase; the grids differ."""
    nx, ny, nz, plane, between = GRIDS.get(phase, OTHER)
    spacing = np.array([plane, plane, between])
    return spacing, -spacing * (np.array([nx, ny, nz]) - 1) / 2, (nx, ny, nz)


def body(phase: str, patient: Patient) -> tuple[np.ndarray, np.ndarray]:
    """Voxels (nz, ny, nx) and lesion mask: a cone-shaped body, so that up and down differ, and a lesion."""
    spacing, origin, (nx, ny, nz) = grid(phase)
    k, j, i = np.indices((nz, ny, nx))
    away = np.array(patient.displaced.get(phase, (0.0, 0.0, 0.0)))
    points = np.stack([i, j, k], axis=-1) * spacing + origin - away
    width = 1 + points[..., 2] / 60
    values = np.where((points[..., 0] / 90) ** 2 + (points[..., 1] / 75) ** 2 < width**2, 200.0, 10.0)
    organ = np.linalg.norm((points - (-45, 10, 15)) * (1, 1, 1.6), axis=-1) < 38
    values[organ] = 420.0 if phase in {"T2WI", "DWI"} else 120.0
    lesion = np.linalg.norm(points - LESION, axis=-1) < RADIUS
    values[lesion] = 700.0
    values += np.random.default_rng(len(phase)).normal(0, 8, values.shape)
    return values.astype(np.int16), lesion


def stored(phase: str, patient: Patient) -> tuple[np.ndarray, np.ndarray]:
    """As it lies in the file: turned over and with a repeated slice where the patient says so."""
    voxels, lesion = body(phase, patient)
    if phase in patient.turned:
        voxels, lesion = voxels[::-1], lesion[::-1]
    if patient.repeats == phase:
        voxels = voxels.copy()
        voxels[3] = voxels[2]
    return voxels, lesion


def boxes(lesion: np.ndarray) -> list[dict[str, Any]]:
    found = []
    for k in np.flatnonzero(lesion.any(axis=(1, 2))):
        rows, columns = np.nonzero(lesion[k])
        x0, x1, y0, y1 = int(columns.min()), int(columns.max()), int(rows.min()), int(rows.max())
        area = (x1 - x0) * (y1 - y0)
        found.append({"slice_idx": int(k), "x_min": x0, "y_min": y0, "x_max": x1, "y_max": y1, "area": area})
    return found


def entry(phase: str, patient: Patient, *, solid: bool) -> dict[str, Any]:
    """A phase of the JSON file; slice_thickness is not the distance of the slices."""
    spacing, origin, _ = grid(phase)
    flat = boxes(stored(phase, patient)[1])
    whole = {
        "x_min": min(b["x_min"] for b in flat),
        "y_min": min(b["y_min"] for b in flat),
        "z_min": flat[0]["slice_idx"],
        "x_max": max(b["x_max"] for b in flat),
        "y_max": max(b["y_max"] for b in flat),
        "z_max": flat[-1]["slice_idx"],
    }
    bbox = {"2D_box": flat, "3D_box": whole if solid else None}
    return {
        "studyUID": f"study-{patient.key}",
        "seriesUID": f"series-{PHASES.index(phase)}",
        "phase": phase,
        "pixel_spacing": [float(spacing[1]), float(spacing[0])],
        "slice_thickness": float(spacing[2]) * 2,
        "slice_spacing": float(spacing[2]),
        "origin": origin.tolist(),
        "annotation": {"num_targets": 1, "lesion": {"0": {"category": patient.category, "bbox": bbox}}},
    }


def annotation(patients: list[Patient], *, solid: bool) -> dict[str, Any]:
    info = {p.key: [entry(f, p, solid=solid) for f in PHASES if f not in p.without] for p in patients}
    return {"Category_info": CATEGORIES, "Annotation_info": info}


def write_challenge(folder: Path, patients: list[Patient], labels: dict[str, int] | None = None) -> Path:
    """The layout of the challenge: headers of 1 x 1 x 1 mm, text files with Windows line ends."""
    for patient in patients:
        for phase in PHASES:
            if phase not in patient.without:
                image = SimpleITK.GetImageFromArray(np.ascontiguousarray(stored(phase, patient)[0]))
                place = folder / "images" / patient.key / f"study-{patient.key}"
                place.mkdir(parents=True, exist_ok=True)
                SimpleITK.WriteImage(image, str(place / f"series-{PHASES.index(phase)}.nii.gz"))
    (folder / "labels").mkdir()
    (folder / "labels" / "Annotation.json").write_text(json.dumps(annotation(patients, solid=True)))
    place = folder / "classification_dataset" / "labels"
    place.mkdir(parents=True)
    known = labels if labels is not None else {p.key: p.category for p in patients if p.category >= 0}
    hidden = {p.key: -1 for p in patients if p.key not in known}
    _write_lines(place / "labels.txt", known)
    _write_lines(place / "labels_val_inaccessible.txt", hidden)
    for fold in range(1, 6):
        chosen = dict(list(known.items())[fold - 1 :: 5])
        _write_lines(place / f"val_fold{fold}.txt", chosen)
        _write_lines(place / f"train_fold{fold}.txt", {k: v for k, v in known.items() if k not in chosen})
    return folder


def write_copy(folder: Path, patients: list[Patient]) -> Path:
    """The layout of the copy with masks: real headers, names without hyphens in some files."""
    for name in ("images", "labels"):
        (folder / name).mkdir(parents=True)
    for patient in patients:
        for phase in PHASES:
            if phase in patient.without:
                continue
            spacing, origin, _ = grid(phase)
            stem = f"{patient.key}_1_{phase.replace(' ', '')}"
            for where, values, ending in zip(
                ("images", "labels"), stored(phase, patient), ("_0000.nii.gz", ".nii.gz"), strict=True
            ):
                image = SimpleITK.GetImageFromArray(np.ascontiguousarray(values.astype(np.int16)))
                image.SetSpacing(spacing.tolist())
                image.SetOrigin(origin.tolist())
                SimpleITK.WriteImage(image, str(folder / where / f"{stem}{ending}"))
    text = json.dumps(annotation(patients, solid=False))
    (folder / "LLD_MMRI_Annotation.json").write_text(text)
    return folder


def _write_lines(path: Path, labels: dict[str, int]) -> None:
    path.write_bytes("".join(f"{key} {value}\r\n" for key, value in labels.items()).encode())
