from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dls.domain import Sequence
from dls.errors import InputError
from dls.geometry import Geometry
from dls.imaging.archive import ImageArchive
from dls.imaging.lesion_thumbnails import SIDE, lesion_thumbnail
from dls.imaging.regions import Lesion, Regions
from dls.imaging.roi import Outline
from dls.imaging.volume import Volume

SPACING = (2.0, 2.0, 5.0)


def archive_with(
    folder: Path, *, outlined: bool, shift: tuple[float, float, float] | None = None
) -> ImageArchive:
    """A bright block about column 60, row 20, slice 4 of 100 x 80 x 8 voxels; in DWI it lies 10 mm aside."""
    archive = ImageArchive(folder)
    volumes = {}
    for sequence, moved in ((Sequence.T2, 0), (Sequence.DWI, 5)):
        voxels = np.zeros((8, 80, 100), dtype=np.int16)
        voxels[4, 18:23, 58 + moved : 63 + moved] = 1000
        geometry = Geometry((100, 80, 8), (-100.0, -80.0, -20.0), SPACING, (1, 0, 0, 0, 1, 0, 0, 0, 1))
        volumes[sequence] = Volume(voxels, geometry)
    corners = np.array([(58, 18, 4), (62, 18, 4), (62, 22, 4), (58, 22, 4)], dtype=float)
    contour = corners * SPACING + (-100.0, -80.0, -20.0)
    archive.put(1, volumes, Outline((contour,)) if outlined else None)
    if shift is not None:
        archive.put_regions(1, Regions((Lesion.new("L", Outline((contour,))),), shifts={Sequence.DWI: shift}))
    return archive


def picture(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(png)))


def bright(png: bytes) -> tuple[float, float]:
    """Row and column of the middle of the bright block."""
    grey = picture(png)
    rows, columns = np.nonzero(grey > grey.max() / 2)
    return rows.mean(), columns.mean()


def test_the_lesion_is_in_the_middle(tmp_path: Path) -> None:
    png = lesion_thumbnail(archive_with(tmp_path, outlined=True), 1, Sequence.T2)
    assert picture(png).shape == (SIDE, SIDE)
    assert bright(png) == pytest.approx((SIDE / 2, SIDE / 2), abs=3)


def test_a_shift_of_the_sequence_is_followed(tmp_path: Path) -> None:
    unshifted = archive_with(tmp_path / "a", outlined=True)
    beside = bright(lesion_thumbnail(unshifted, 1, Sequence.DWI))
    assert beside[1] > SIDE / 2 + 15
    shifted = archive_with(tmp_path / "b", outlined=True, shift=(10.0, 0.0, 0.0))
    assert bright(lesion_thumbnail(shifted, 1, Sequence.DWI)) == pytest.approx((SIDE / 2,) * 2, abs=3)


def test_without_an_outline_it_is_the_middle_of_the_volume(tmp_path: Path) -> None:
    png = lesion_thumbnail(archive_with(tmp_path, outlined=False), 1, Sequence.T2)
    row, column = bright(png)
    assert row < SIDE / 2
    assert column > SIDE / 2


def test_a_sequence_or_case_that_is_not_kept(tmp_path: Path) -> None:
    archive = archive_with(tmp_path, outlined=True)
    with pytest.raises(InputError, match="no Portal venous"):
        lesion_thumbnail(archive, 1, Sequence.PORTAL)
    with pytest.raises(InputError):
        lesion_thumbnail(archive, 2, Sequence.T2)
