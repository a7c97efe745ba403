"""The regions of a case, from the study's database to the image archive.

People's drawings live in the database; image groups, saliency and viewers take the archive's copy.  The copy
is made here, and made again whenever it is not the newest version: after a restored backup, images that were
imported anew, or a process that was killed between the two.
"""

from __future__ import annotations

from dls.imaging.archive import ImageArchive
from dls.imaging.regions import Regions
from dls.study import outlines
from dls.study.store import Store


def save_regions(
    store: Store,
    archive: ImageArchive,
    case_id: int,
    regions: Regions,
    *,
    after: int,
    by: int | None = None,
    reason: str = "",
) -> int:
    """Keep what was drawn on a case, and return its revision; on failure nothing is changed.

    Raises
    ------
    InputError, GeometryError
        when the case or its images are missing, the regions do not fit them, or a reason is needed.
    ConflictError
        when somebody else has saved a version since.
    """
    archive.check_regions(case_id, regions)
    revision = outlines.save(store, case_id, regions.to_record(), after=after, by=by, reason=reason)
    archive.put_regions(case_id, regions)
    return revision


def update_regions(store: Store, archive: ImageArchive, case_id: int) -> None:
    """Make the archive's copy the newest version, or the imported outline where nothing is drawn.

    Does nothing where it is so already.

    Raises
    ------
    InputError, GeometryError
        when the images have changed so that the drawing does not fit them any more.
    """
    newest = outlines.newest(store, case_id)
    drawn = None if newest is None else newest.content
    if archive.drawn_record(case_id) != drawn:
        archive.put_regions(case_id, None if drawn is None else Regions.from_record(drawn))
