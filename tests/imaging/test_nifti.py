"""Labels are read back by nibabel, which shares no code with SimpleITK."""

from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK

from dls.errors import GeometryError, InputError
from dls.geometry import Geometry
from dls.imaging.nifti import read_labels, volume_of, write_labels
from dls.imaging.regions import Lesion, Regions
from dls.imaging.resample import to_image
from dls.imaging.roi import mask
from tests.imaging.series import OBLIQUE, ramp
from tests.imaging.test_segmentation import circle

ONE, TWO = Lesion.new("1", circle(5, 4, 2.6, 2, 3)), Lesion.new("2", circle(11, 7, 2.3, 5))


@pytest.fixture
def written(tmp_path: Path) -> Path:
    write_labels(Regions((ONE, TWO)), OBLIQUE, tmp_path / "labels.nii.gz")
    return tmp_path / "labels.nii.gz"


def test_round_trip_gives_every_voxel_back(written: Path) -> None:
    back = read_labels(written, OBLIQUE)
    for before, after in zip((ONE, TWO), back.lesions, strict=True):
        np.testing.assert_array_equal(mask(after.outline, OBLIQUE), mask(before.outline, OBLIQUE))


def test_nibabel_finds_the_voxels_at_the_same_place_in_ras(written: Path) -> None:
    image = nibabel.nifti1.Nifti1Image.from_filename(written)
    values = np.asarray(image.dataobj)
    for number, lesion in ((1, ONE), (2, TWO)):
        voxels = np.argwhere(values == number)
        theirs = nibabel.affines.apply_affine(image.affine, voxels)
        ours = OBLIQUE.to_patient(np.argwhere(mask(lesion.outline, OBLIQUE))[:, ::-1]) * (-1, -1, 1)
        np.testing.assert_allclose(sorted(theirs.tolist()), sorted(ours.tolist()), atol=1e-3)


@pytest.mark.parametrize("order", ["RAS", "LPI", "SRP", "AIL"])
def test_axes_in_another_order_are_turned_back(tmp_path: Path, order: str) -> None:
    level = Geometry(OBLIQUE.size, OBLIQUE.origin, OBLIQUE.spacing, (1, 0, 0, 0, 1, 0, 0, 0, 1))
    lesion = Lesion.new("1", circle(5, 4, 2.6, 2))
    moved = level.to_patient(OBLIQUE.to_index(lesion.outline.contours[0]))
    regions = Regions.from_record([moved.tolist()])
    write_labels(regions, level, tmp_path / "a.nii")
    turned = SimpleITK.DICOMOrient(SimpleITK.ReadImage(str(tmp_path / "a.nii")), order)
    SimpleITK.WriteImage(turned, str(tmp_path / "b.nii"))
    back = read_labels(tmp_path / "b.nii", level).lesions[0].outline
    np.testing.assert_array_equal(mask(back, level), mask(regions.lesions[0].outline, level))


def test_another_grid_is_refused(written: Path) -> None:
    for origin, size in (((-20.0, -30.0, 8.0), OBLIQUE.size), (OBLIQUE.origin, (16, 12, 7))):
        other = Geometry(size, origin, OBLIQUE.spacing, OBLIQUE.direction)
        with pytest.raises(GeometryError, match="another grid"):
            read_labels(written, other)


def test_mirrored_labels_are_refused(tmp_path: Path) -> None:
    """A program that forgets the signs of x and y writes the lesion into the other half of the body."""
    x, y, z = OBLIQUE.origin
    mirrored = Geometry(OBLIQUE.size, (-x, -y, z), OBLIQUE.spacing, OBLIQUE.direction)
    SimpleITK.WriteImage(
        to_image(mask(ONE.outline, OBLIQUE).astype(np.uint8), mirrored), str(tmp_path / "m.nii")
    )
    with pytest.raises(GeometryError, match="another grid"):
        read_labels(tmp_path / "m.nii", OBLIQUE)


def test_files_that_are_none(tmp_path: Path, written: Path) -> None:
    (tmp_path / "x.nii").write_text("hello")
    with pytest.raises(InputError, match="cannot be read"):
        read_labels(tmp_path / "x.nii", OBLIQUE)
    SimpleITK.WriteImage(to_image(np.zeros(OBLIQUE.shape, np.uint8), OBLIQUE), str(tmp_path / "0.nii"))
    with pytest.raises(GeometryError, match="empty"):
        read_labels(tmp_path / "0.nii", OBLIQUE)
    with pytest.raises(InputError, match="no NIfTI"):
        write_labels(Regions((ONE,)), OBLIQUE, tmp_path / "x.dcm")
    with pytest.raises(InputError, match="no lesion"):
        write_labels(Regions(), OBLIQUE, tmp_path / "y.nii")
    with pytest.raises(InputError, match="cannot be written"):
        write_labels(Regions((ONE,)), OBLIQUE, tmp_path / "none" / "y.nii")


def test_an_image_becomes_a_volume() -> None:
    whole = volume_of(to_image(ramp(), OBLIQUE))
    assert whole.voxels.dtype == np.int16
    np.testing.assert_allclose(whole.geometry.to_patient((3, 4, 5)), OBLIQUE.to_patient((3, 4, 5)))
    assert volume_of(to_image(ramp() / 3, OBLIQUE)).voxels.dtype == np.float32
    assert volume_of(to_image(ramp(), OBLIQUE), OBLIQUE).geometry is OBLIQUE
