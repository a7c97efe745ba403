"""The database is the home of drawings; the archive's copy follows it."""

from pathlib import Path

import numpy as np
import pytest

from dls.case_regions import save_regions, update_regions
from dls.domain import Sequence
from dls.errors import GeometryError, InputError
from dls.imaging.archive import ImageArchive
from dls.imaging.regions import Regions
from dls.imaging.roi import Outline
from dls.imaging.volume import Volume
from dls.study import outlines
from dls.study.store import Store
from tests.imaging.series import OBLIQUE, ramp
from tests.study.tiny_study import sign_case, tiny_study

IMPORTED = Outline((OBLIQUE.to_patient([(3, 3, 2), (9, 3, 2), (6, 9, 2)]),))
DRAWN = Outline((OBLIQUE.to_patient([(2, 2, 3), (12, 2, 3), (12, 9, 3)]),))
OUTSIDE = Outline((OBLIQUE.to_patient([(3, 3, 20), (9, 3, 20), (6, 9, 20)]),))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return tiny_study(tmp_path / "study.db")


@pytest.fixture
def archive(tmp_path: Path) -> ImageArchive:
    kept = ImageArchive(tmp_path / "images")
    kept.put(1, {Sequence.T2: Volume(ramp(), OBLIQUE)}, IMPORTED)
    return kept


def corner(archive: ImageArchive) -> np.ndarray:
    outline = archive.outline(1)
    assert outline is not None
    return outline.contours[0][0]


def test_what_is_saved_is_in_the_database_and_in_the_archive(store: Store, archive: ImageArchive) -> None:
    regions = Regions.of_outline(DRAWN)
    assert save_regions(store, archive, 1, regions, after=0, by=1) == 1
    newest = outlines.newest(store, 1)
    assert newest is not None
    assert Regions.from_record(newest.content).to_record() == regions.to_record()
    np.testing.assert_array_equal(corner(archive), DRAWN.contours[0][0])


def test_regions_that_do_not_fit_reach_neither(store: Store, archive: ImageArchive) -> None:
    with pytest.raises(GeometryError):
        save_regions(store, archive, 1, Regions.of_outline(OUTSIDE), after=0)
    assert outlines.newest(store, 1) is None
    sign_case(store, 1, 1)
    with pytest.raises(InputError, match="reason"):
        save_regions(store, archive, 1, Regions.of_outline(DRAWN), after=0)
    np.testing.assert_array_equal(corner(archive), IMPORTED.contours[0][0])


def test_images_imported_anew_get_the_drawing_back(store: Store, archive: ImageArchive) -> None:
    save_regions(store, archive, 1, Regions.of_outline(DRAWN), after=0)
    archive.put(1, {Sequence.T2: Volume(ramp(), OBLIQUE)}, IMPORTED)
    np.testing.assert_array_equal(corner(archive), IMPORTED.contours[0][0])
    update_regions(store, archive, 1)
    np.testing.assert_array_equal(corner(archive), DRAWN.contours[0][0])


def test_nothing_is_written_where_the_copy_is_the_newest(store: Store, archive: ImageArchive) -> None:
    save_regions(store, archive, 1, Regions.of_outline(DRAWN), after=0)
    record = archive.root / "1" / "case.json"
    before = record.stat().st_mtime_ns
    update_regions(store, archive, 1)
    assert record.stat().st_mtime_ns == before


def test_a_database_restored_from_before_the_drawing_brings_the_imported_outline_back(
    store: Store, archive: ImageArchive, tmp_path: Path
) -> None:
    save_regions(store, archive, 1, Regions.of_outline(DRAWN), after=0)
    update_regions(tiny_study(tmp_path / "older.db"), archive, 1)
    np.testing.assert_array_equal(corner(archive), IMPORTED.contours[0][0])
