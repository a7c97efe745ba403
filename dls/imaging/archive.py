"""The image archive: the only place where image bytes are kept.

One folder a case, `<root>/<case_id>`: `case.json` (geometry, outline, hashes) and a file a sequence,
`<slug>-<hash>.i16.gz`: int16, little-endian, C order (slices, rows, columns), gzip level 1, ready to be sent
to a viewer.  The record is put in place last, in one rename, and names files by their content: a case is
there completely or not at all, putting the same study twice changes nothing, and a reader never sees half of
a change.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dls.domain import Sequence
from dls.errors import GeometryError, InputError
from dls.geometry import Geometry
from dls.imaging.intensity import default_window
from dls.imaging.roi import Outline
from dls.imaging.volume import Volume

FORMAT = 1
RECORD = "case.json"
LOCK = ".lock"


class ImageArchive:
    """Volumes and outlines by case.

    Parameters
    ----------
    root : folder of the archive; made at the first `put`
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(root)

    def has(self, case_id: int) -> bool:
        """Whether the case's images are kept."""
        return (self._folder(case_id) / RECORD).is_file()

    def put(self, case_id: int, volumes: Mapping[Sequence, Volume], outline: Outline | None) -> None:
        """Keep a case's images, all or nothing; what was kept of the case before is replaced.

        Parameters
        ----------
        volumes : int16 volumes are kept exactly; float32 ones are stored in 65,535 equal steps over their
            range
        outline : drawn on T2, or None where there is none yet

        Raises
        ------
        InputError
            when there are no volumes.
        GeometryError
            when the outline lies outside T2, or there is one but no T2.
        """
        if not volumes:
            raise InputError("A case without volumes cannot be kept", got=f"case {case_id}")
        if outline is not None:
            if Sequence.T2 not in volumes:
                raise GeometryError("An outline needs the T2 volume it was drawn on", got="no T2")
            outline.validate(volumes[Sequence.T2].geometry)
        folder = self._folder(case_id)
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder):
            entries = [_store(folder, s, volumes[s]) for s in Sequence if s in volumes]
            contours = None if outline is None else outline.to_lists()
            record = {"format": FORMAT, "sequences": entries, "outline": contours}
            _write(folder / RECORD, json.dumps(record).encode())
            _remove_others(folder, {RECORD, LOCK, *(_file(entry) for entry in entries)})

    def geometry(self, case_id: int) -> dict[str, Any]:
        """What a viewer needs, ready for JSON.

        Returns
        -------
        `{"case_id", "sequences": [{"name", "slug", "nx", "ny", "nz", "origin" [mm], "row", "col", "nrm" (unit
        vectors of i, j, k), "sp" [mm between columns, mm between rows], "dz" mm, "wl" [centre, width],
        "rescale" [slope, intercept]}], "outline": contours in mm or None}`; `wl` is in stored units,
        of which a value is stored x slope + intercept.

        Raises
        ------
        InputError
            when the case is not kept or its record cannot be read.
        """
        record = self._record(case_id)
        public = [{k: v for k, v in entry.items() if k != "sha256"} for entry in record["sequences"]]
        return {"case_id": case_id, "sequences": public, "outline": record["outline"]}

    def volume_gzip(self, case_id: int, sequence: Sequence) -> bytes:
        """A volume as gzip of int16 little-endian, C order (slices, rows, columns).

        Raises
        ------
        InputError
            when case or sequence are not kept.
        """
        path = self._folder(case_id) / _file(self._entry(case_id, sequence))
        try:
            return path.read_bytes()
        except FileNotFoundError as error:
            raise _damaged(path, "the file is missing") from error

    def slice_bytes(self, case_id: int, sequence: Sequence, k: int) -> bytes:
        """Slice k of a volume as int16 little-endian, C order (rows, columns), not compressed.

        Raises
        ------
        InputError
            when case or sequence are not kept, there is no slice k, or the file is damaged.
        """
        entry = self._entry(case_id, sequence)
        if not 0 <= k < entry["nz"]:
            raise InputError(f"{sequence} has no such slice", expected=f"0 to {entry['nz'] - 1}", got=str(k))
        path = self._folder(case_id) / _file(entry)
        count = 2 * int(entry["nx"]) * int(entry["ny"])
        try:
            with gzip.open(path) as stream:
                stream.seek(k * count)
                data = stream.read(count)
        except (OSError, EOFError, zlib.error) as error:
            raise _damaged(path, str(error)) from error
        if len(data) != count:
            raise _damaged(path, f"{len(data)} of {count} bytes of slice {k}")
        return data

    def volumes(self, case_id: int) -> dict[Sequence, Volume]:
        """All volumes of a case in channel order, checked against their hashes.

        Raises
        ------
        InputError
            when the case is not kept or a file is damaged.
        """
        entries = self._record(case_id)["sequences"]
        return {Sequence(e["name"]): _load(self._folder(case_id), e) for e in entries}

    def outline(self, case_id: int) -> Outline | None:
        """The lesion's outline, None where there is none.

        Raises
        ------
        InputError
            when the case is not kept.
        """
        contours = self._record(case_id)["outline"]
        return None if contours is None else Outline.of(contours)

    def _folder(self, case_id: int) -> Path:
        return self.root / str(int(case_id))

    def _record(self, case_id: int) -> dict[str, Any]:
        path = self._folder(case_id) / RECORD
        try:
            record: dict[str, Any] = json.loads(path.read_text())
        except FileNotFoundError as error:
            raise InputError(
                "The case has no images", got=f"case {case_id}", remedy="import the study of this case"
            ) from error
        except ValueError as error:
            raise _damaged(path, str(error)) from error
        if record.get("format") != FORMAT:
            raise InputError(
                "The archive has another format", expected=str(FORMAT), got=str(record.get("format"))
            )
        return record

    def _entry(self, case_id: int, sequence: Sequence) -> dict[str, Any]:
        entries = {e["name"]: e for e in self._record(case_id)["sequences"]}
        if sequence not in entries:
            raise InputError(
                f"Case {case_id} has no {sequence}", expected=", ".join(entries), got=str(sequence)
            )
        entry: dict[str, Any] = entries[sequence]
        return entry


def _file(entry: Mapping[str, Any]) -> str:
    """Name of a sequence's file; it changes with the content, so that no file is ever written over."""
    return f"{entry['slug']}-{entry['sha256'][:16]}.i16.gz"


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One writer a case at a time, over processes."""
    with (folder / LOCK).open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _write(path: Path, data: bytes) -> None:
    """Write a file completely or not at all, and flush it to disk."""
    fresh = path.with_name(f"{path.name}.part")
    with fresh.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(path)


def _remove_others(folder: Path, kept: set[str]) -> None:
    """Remove what a former record, or a writer that was killed, left behind."""
    for path in folder.iterdir():
        if path.name not in kept:
            path.unlink()


def _store(folder: Path, sequence: Sequence, volume: Volume) -> dict[str, Any]:
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
    path = folder / _file(entry)
    if not (path.is_file() and path.read_bytes() == data):
        _write(path, data)
    return entry


def _load(folder: Path, entry: Mapping[str, Any]) -> Volume:
    path = folder / _file(entry)
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise _damaged(path, "the file is missing") from error
    if hashlib.sha256(data).hexdigest() != entry["sha256"]:
        raise _damaged(path, "its hash differs from the one recorded")
    geometry = Geometry(
        (entry["nx"], entry["ny"], entry["nz"]),
        tuple(entry["origin"]),
        (*entry["sp"], entry["dz"]),
        tuple(float(v) for v in np.column_stack([entry["row"], entry["col"], entry["nrm"]]).ravel()),
    )
    stored = np.frombuffer(gzip.decompress(data), "<i2").reshape(geometry.shape)
    slope, intercept = entry["rescale"]
    exact = slope == 1 and intercept == 0
    voxels = stored.astype(np.int16) if exact else stored * np.float32(slope) + np.float32(intercept)
    return Volume(voxels, geometry, tuple(entry["wl"]) if exact else None)


def _as_int16(voxels: NDArray[Any]) -> tuple[NDArray[np.int16], float, float]:
    """Voxels as int16 with the slope and intercept that turn them back."""
    if voxels.dtype == np.int16:
        return voxels, 1.0, 0.0
    low, high = float(voxels.min()), float(voxels.max())
    slope = (high - low) / 65534 if high > low else 1.0
    intercept = (low + high) / 2
    return np.rint((voxels - intercept) / slope).astype(np.int16), slope, intercept


def _damaged(path: Path, detail: str) -> InputError:
    return InputError(
        "An archived image is damaged",
        got=f"{path.parent.name}/{path.name}: {detail}",
        remedy="delete the case's folder in the archive and import the study again",
    )
