"""Files of the image archive: one stored volume, and the entry that describes it."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dls.domain import Sequence
from dls.errors import InputError
from dls.geometry import Geometry
from dls.imaging.intensity import default_window
from dls.imaging.volume import Volume
from dls.whole_files import write_whole


def file_name(entry: Mapping[str, Any]) -> str:
    """Name of a sequence's file; it changes with the content, so that no file is ever written over."""
    return f"{entry['slug']}-{entry['sha256'][:16]}.i16.gz"


def store_volume(folder: Path, sequence: Sequence, volume: Volume) -> dict[str, Any]:
    """Write one volume; returns its record."""
    stored, slope, intercept = _as_int16(volume.voxels)
    data = gzip.compress(stored.astype("<i2", copy=False).tobytes(), compresslevel=1, mtime=0)
    centre, width = default_window(volume)
    g, cosines = volume.geometry, volume.geometry.cosines
    entry = {
        "name": str(sequence),
        "slug": sequence.slug,
        "nx": g.size[0],
        "ny": g.size[1],
        "nz": g.size[2],
        "origin": list(g.origin),
        "row": cosines[:, 0].tolist(),
        "col": cosines[:, 1].tolist(),
        "nrm": cosines[:, 2].tolist(),
        "sp": list(g.spacing[:2]),
        "dz": g.spacing[2],
        "wl": [(centre - intercept) / slope, width / slope],
        "rescale": [slope, intercept],
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    path = folder / file_name(entry)
    if not (path.is_file() and path.read_bytes() == data):
        write_whole(path, data)
    return entry


def load_volume(folder: Path, entry: Mapping[str, Any]) -> Volume:
    """Read one volume; raises InputError when its file is missing or its hash is another."""
    path = folder / file_name(entry)
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise damaged(path, "the file is missing") from error
    if hashlib.sha256(data).hexdigest() != entry["sha256"]:
        raise damaged(path, "its hash differs from the one recorded")
    geometry = entry_geometry(entry)
    stored = np.frombuffer(gzip.decompress(data), "<i2").reshape(geometry.shape)
    slope, intercept = entry["rescale"]
    exact = slope == 1 and intercept == 0
    voxels = stored.astype(np.int16) if exact else stored * np.float32(slope) + np.float32(intercept)
    return Volume(voxels, geometry, tuple(entry["wl"]) if exact else None)


def entry_geometry(entry: Mapping[str, Any]) -> Geometry:
    """Grid of a stored volume."""
    return Geometry(
        (entry["nx"], entry["ny"], entry["nz"]),
        tuple(entry["origin"]),
        (*entry["sp"], entry["dz"]),
        tuple(float(v) for v in np.column_stack([entry["row"], entry["col"], entry["nrm"]]).ravel()),
    )


def _as_int16(voxels: NDArray[Any]) -> tuple[NDArray[np.int16], float, float]:
    """Voxels as int16 with the slope and intercept that turn them back."""
    if voxels.dtype == np.int16:
        return voxels, 1.0, 0.0
    low, high = float(voxels.min()), float(voxels.max())
    slope = (high - low) / 65534 if high > low else 1.0
    intercept = (low + high) / 2
    return np.rint((voxels - intercept) / slope).astype(np.int16), slope, intercept


def damaged(path: Path, detail: str) -> InputError:
    """The error for a file that is not what was stored."""
    return InputError(
        "An archived image is damaged",
        got=f"{path.parent.name}/{path.name}: {detail}",
        remedy="delete the case's folder in the archive and import the study again",
    )
