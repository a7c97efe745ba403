"""From a case's volumes and regions to image groups: one way for training, prediction and saliency.

Everything ends in `groups.image_groups` (resample, normalise, crop, resize), on volumes whose shifts are
taken out: by `case_groups` for volumes at hand, by the archive itself for those that it keeps.  Results are
kept by the content they follow from: voxels, grids, outline, shifts, size, channels and
`PREPROCESSING_VERSION`.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dls.domain import ALL_SEQUENCES, IMAGE_SIZE, Sequence
from dls.errors import InputError
from dls.geometry import Geometry
from dls.imaging.archive import ImageArchive
from dls.imaging.groups import PREPROCESSING_VERSION, ImageGroups, image_groups
from dls.imaging.regions import Lesion, Regions, in_t2_space
from dls.imaging.roi import Outline
from dls.imaging.volume import Volume
from dls.whole_files import new_file


def case_groups(
    volumes: Mapping[Sequence, Volume],
    regions: Regions,
    size: int = IMAGE_SIZE,
    sequences: tuple[Sequence, ...] = ALL_SEQUENCES,
) -> ImageGroups:
    """Image groups of the lesion that a case is about (`Regions.case_lesion`).

    Parameters
    ----------
    volumes : on their own grids, T2 among them
    regions : outlines on T2, and the shifts of the other sequences

    Raises
    ------
    InputError
        when nothing is outlined, or a sequence is missing.
    GeometryError
        when the outline lies outside T2, or its centre outside another sequence.
    """
    outline = _drawn(regions.case_lesion)
    return image_groups(in_t2_space(volumes, regions), outline, size, sequences)


def archived_groups(
    archive: ImageArchive,
    case_id: int,
    size: int = IMAGE_SIZE,
    sequences: tuple[Sequence, ...] = ALL_SEQUENCES,
    cache: GroupCache | None = None,
) -> ImageGroups:
    """Image groups of a kept case; from the cache where nothing has changed since they were made.

    Raises
    ------
    InputError, GeometryError
        when case, sequence or outline are missing, or as `case_groups`.
    """
    regions = archive.regions(case_id)
    outline = _drawn(regions.case_lesion, f"Case {case_id}")

    def make() -> ImageGroups:
        return image_groups(archive.volumes(case_id), outline, size, sequences)

    if cache is None:
        return make()
    return cache.get(_key(archive, case_id, regions, size, sequences), sequences, make)


@dataclass(frozen=True, slots=True)
class GroupCache:
    """Image groups on disk by the hash of their content; safe for several processes, and safe to delete.

    Parameters
    ----------
    root : folder, made at the first entry; holds one uncompressed NumPy archive an entry
    limit : bytes; beyond them the entries that were not asked for the longest go
    """

    root: Path
    limit: int = 8 * 2**30

    @classmethod
    def beside(cls, archive: ImageArchive) -> GroupCache:
        """The cache of the study whose images an archive keeps: `groups/cache` beside them."""
        return cls(archive.root.parent / "groups" / "cache")

    def get(self, key: str, sequences: tuple[Sequence, ...], make: Callable[[], ImageGroups]) -> ImageGroups:
        """Entry of a key, made and kept when there is none or its file is damaged."""
        path = self.root / key[:2] / f"{key}.npz"
        found = _load(path, sequences)
        if found is None:
            found = make()
            self._make_room(found.pixels.nbytes)
            _save(path, found)
        return found

    def _make_room(self, size: int) -> None:
        """Remove what was not asked for the longest until another entry of so many bytes fits."""
        held = []
        for path in self.root.glob("*/*.npz"):
            with suppress(FileNotFoundError):  # another process has just removed it
                state = path.stat()
                held.append((state.st_mtime_ns, state.st_size, path))
        excess = sum(bytes_ for _, bytes_, _ in held) + size - self.limit
        for _, bytes_, path in sorted(held):
            if excess <= 0:
                break
            path.unlink(missing_ok=True)
            excess -= bytes_


def _drawn(lesion: Lesion | None, case: str = "The case") -> Outline:
    if lesion is None:
        raise InputError(
            f"{case} has no outline of its lesion",
            expected="an outline on T2",
            remedy="draw one first; image groups are cut around it",
        )
    return lesion.outline


def _key(
    archive: ImageArchive, case_id: int, regions: Regions, size: int, sequences: tuple[Sequence, ...]
) -> str:
    """Hash of everything that the pixels follow from."""
    needed = {Sequence.T2, *sequences}
    lesion = regions.case_lesion
    content: dict[str, Any] = {
        "preprocessing": PREPROCESSING_VERSION,
        "size": size,
        "sequences": [s.slug for s in sequences],
        "volumes": {s.slug: sha for s, sha in archive.content_sha256(case_id).items() if s in needed},
        "grids": [
            entry for entry in archive.geometry(case_id)["sequences"] if Sequence(entry["name"]) in needed
        ],
        "outline": None if lesion is None else lesion.outline.to_lists(),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _save(path: Path, groups: ImageGroups) -> None:
    """Write an entry completely or not at all."""
    frames = json.dumps([asdict(frame) for frame in groups.frames])
    with new_file(path) as stream:
        np.savez(stream, pixels=groups.pixels, frames=np.array(frames))


def _load(path: Path, sequences: tuple[Sequence, ...]) -> ImageGroups | None:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            pixels, frames = stored["pixels"], json.loads(str(stored["frames"]))
        os.utime(path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None  # cut short or altered: made again and written over
    return ImageGroups(pixels, tuple(_grid(frame) for frame in frames), sequences)


def _grid(frame: Mapping[str, Any]) -> Geometry:
    return Geometry(
        tuple(frame["size"]), tuple(frame["origin"]), tuple(frame["spacing"]), tuple(frame["direction"])
    )
