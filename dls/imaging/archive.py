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
import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dls.domain import Sequence
from dls.errors import GeometryError, InputError
from dls.geometry import Geometry
from dls.imaging.archived_volume import (
    damaged,
    entry_geometry,
    file_name,
    load_volume,
    store_volume,
)
from dls.imaging.regions import Regions, in_t2_space
from dls.imaging.roi import Outline
from dls.imaging.volume import Volume
from dls.whole_files import write_whole

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
            entries = [store_volume(folder, s, volumes[s]) for s in Sequence if s in volumes]
            contours = None if outline is None else outline.to_lists()
            record = {"format": FORMAT, "sequences": entries, "outline": contours, "regions": None}
            write_whole(folder / RECORD, json.dumps(record).encode())
            _remove_others(folder, {RECORD, LOCK, *(file_name(entry) for entry in entries)})

    def put_regions(self, case_id: int, regions: Regions | None) -> None:
        """Keep what was drawn on a case's images; it takes the place of the outline that came with them.

        None brings that outline back.

        This is a copy to cut image groups from: the study's database is the home of what people drew.

        Raises
        ------
        InputError
            when the case is not kept, or a sequence is shifted that it does not have.
        GeometryError
            when an outline lies outside T2, or there is one but no T2.
        """
        if regions is not None:
            self.check_regions(case_id, regions)
        with _locked(self._folder(case_id)):
            record = self._record(case_id)
            record["regions"] = None if regions is None else regions.to_record()
            write_whole(self._folder(case_id) / RECORD, json.dumps(record).encode())

    def check_regions(self, case_id: int, regions: Regions) -> None:
        """Refuse regions that do not fit the images of a case; errors as for `put_regions`."""
        entries = {Sequence(e["name"]): e for e in self._record(case_id)["sequences"]}
        absent = [s for s in regions.shifts if s not in entries]
        if absent:
            raise InputError(
                "A sequence is shifted that the case does not have",
                expected=", ".join(entries),
                got=", ".join(absent),
            )
        if regions.lesions and Sequence.T2 not in entries:
            raise GeometryError("An outline needs the T2 volume it was drawn on", got="no T2")
        if regions.lesions:
            regions.validate(entry_geometry(entries[Sequence.T2]))

    def geometry(self, case_id: int) -> dict[str, Any]:
        """What a viewer needs, ready for JSON.

        Returns
        -------
        `{"case_id", "sequences": [{"name", "slug", "nx", "ny", "nz", "origin" [mm], "row", "col", "nrm" (unit
        vectors of i, j, k), "sp" [mm between columns, mm between rows], "dz" mm, "wl" [centre, width],
        "rescale" [slope, intercept], "shift" [mm against T2]}], "outline": contours of the case's
        lesion in mm or None}`; `wl` is in stored units, of which a value is stored x slope + intercept.

        Raises
        ------
        InputError
            when the case is not kept or its record cannot be read.
        """
        record = self._record(case_id)
        regions = _regions(record)
        public = [
            {k: v for k, v in entry.items() if k != "sha256"}
            | {"shift": list(regions.shift(Sequence(entry["name"])))}
            for entry in record["sequences"]
        ]
        lesion = regions.case_lesion
        return {
            "case_id": case_id,
            "sequences": public,
            "outline": None if lesion is None else lesion.outline.to_lists(),
        }

    def volume_gzip(self, case_id: int, sequence: Sequence) -> bytes:
        """A volume as gzip of int16 little-endian, C order (slices, rows, columns).

        Raises
        ------
        InputError
            when case or sequence are not kept.
        """
        path = self._folder(case_id) / file_name(self._entry(case_id, sequence))
        try:
            return path.read_bytes()
        except FileNotFoundError as error:
            raise damaged(path, "the file is missing") from error

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
        path = self._folder(case_id) / file_name(entry)
        count = 2 * int(entry["nx"]) * int(entry["ny"])
        try:
            with gzip.open(path) as stream:
                stream.seek(k * count)
                data = stream.read(count)
        except (OSError, EOFError, zlib.error) as error:
            raise damaged(path, str(error)) from error
        if len(data) != count:
            raise damaged(path, f"{len(data)} of {count} bytes of slice {k}")
        return data

    def volumes(self, case_id: int) -> dict[Sequence, Volume]:
        """All volumes of a case in channel order, checked against their hashes, in T2's space.

        The grid of a shifted sequence is moved (see `regions.in_t2_space`), so that a point has the same
        coordinates in all volumes.

        Raises
        ------
        InputError
            when the case is not kept or a file is damaged.
        """
        record = self._record(case_id)
        kept = {Sequence(e["name"]): load_volume(self._folder(case_id), e) for e in record["sequences"]}
        return in_t2_space(kept, _regions(record))

    def outline(self, case_id: int) -> Outline | None:
        """Outline of the case's lesion, None where there is none.

        Raises
        ------
        InputError
            when the case is not kept.
        """
        lesion = self.regions(case_id).case_lesion
        return None if lesion is None else lesion.outline

    def regions(self, case_id: int) -> Regions:
        """All lesions of a case and its shifts: as drawn, else as they came with the images.

        Raises
        ------
        InputError
            when the case is not kept.
        """
        return _regions(self._record(case_id))

    def drawn_record(self, case_id: int) -> dict[str, Any] | None:
        """What `put_regions` kept, as a record; None where the outline is the one that came with the images.

        Raises
        ------
        InputError
            when the case is not kept.
        """
        record: dict[str, Any] | None = self._record(case_id).get("regions")
        return record

    def t2_geometry(self, case_id: int) -> Geometry:
        """Grid of a case's T2 volume; no pixel is read.

        Raises
        ------
        InputError
            when case or T2 are not kept.
        """
        return entry_geometry(self._entry(case_id, Sequence.T2))

    def content_sha256(self, case_id: int) -> dict[Sequence, str]:
        """Hash of each stored volume of a case, without reading one.

        Raises
        ------
        InputError
            when the case is not kept.
        """
        return {Sequence(e["name"]): e["sha256"] for e in self._record(case_id)["sequences"]}

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
            raise damaged(path, str(error)) from error
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


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One writer a case at a time, over processes."""
    with (folder / LOCK).open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _remove_others(folder: Path, kept: set[str]) -> None:
    """Remove what a former record, or a writer that was killed, left behind."""
    for path in folder.iterdir():
        if path.name not in kept:
            path.unlink()


def _regions(record: Mapping[str, Any]) -> Regions:
    """What was drawn on a case, else the outline that came with its images."""
    if record.get("regions") is not None:
        return Regions.from_record(record["regions"])
    if record["outline"] is None:
        return Regions()
    return Regions.of_outline(Outline.of(record["outline"]))
