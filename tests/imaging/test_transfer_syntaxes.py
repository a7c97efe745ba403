"""A real series, compressed here in every way that scanners and archives do, comes back voxel for voxel."""

from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGLSLossless,
    RLELossless,
)

from dls.errors import InputError
from dls.imaging.deidentify import deidentify
from dls.imaging.headers import read_header
from dls.imaging.importer import read_series
from dls.imaging.pixels import decode
from dls.imaging.uid_keys import UidKeys
from tests.imaging.real_files import real
from tests.imaging.test_traps import changed

SLICES = 4


@pytest.fixture
def plain(real_data, tmp_path) -> Path:
    """Four slices of the real series, stored plainly."""
    folder = tmp_path / "plain"
    folder.mkdir()
    for path in sorted((real_data / "volume").iterdir())[:SLICES]:
        changed(path, folder / path.name)
    return folder


def by_pydicom(syntax):
    def compress(path, target):
        dataset = pydicom.dcmread(path)
        dataset.compress(syntax)
        dataset.save_as(target)

    return compress


def by_syntax(syntax):
    """Another way of writing elements; pixels are not compressed."""

    def write(path, target):
        dataset = pydicom.dcmread(path)
        dataset.file_meta.TransferSyntaxUID = syntax
        dataset.save_as(target, implicit_vr=syntax.is_implicit_VR, little_endian=syntax.is_little_endian)

    return write


def by_itk(compression):
    """JPEG lossless and JPEG 2000 by ITK's GDCM; ITK writes the pixels, the header is the original's."""

    def compress(path, target):
        image = SimpleITK.ReadImage(str(path))
        writer = SimpleITK.ImageFileWriter()
        writer.SetImageIO("GDCMImageIO")
        writer.SetFileName(str(target))
        writer.UseCompressionOn()
        writer.SetCompressor(compression)
        writer.Execute(SimpleITK.Cast(image, SimpleITK.sitkInt16))
        compressed, original = pydicom.dcmread(target), pydicom.dcmread(path)
        original.PixelData = compressed.PixelData
        original["PixelData"].is_undefined_length = True
        original.file_meta.TransferSyntaxUID = compressed.file_meta.TransferSyntaxUID
        original.save_as(target)

    return compress


WAYS = {
    "1.2.840.10008.1.2": by_syntax(ImplicitVRLittleEndian),
    "1.2.840.10008.1.2.1.99": by_syntax(DeflatedExplicitVRLittleEndian),
    "1.2.840.10008.1.2.5": by_pydicom(RLELossless),
    "1.2.840.10008.1.2.4.80": by_pydicom(JPEGLSLossless),
    "1.2.840.10008.1.2.4.70": by_itk("JPEG"),
    "1.2.840.10008.1.2.4.90": by_itk("JPEG2000"),
}


@pytest.fixture(params=WAYS)
def compressed(request, plain, tmp_path) -> Path:
    folder = tmp_path / "compressed"
    folder.mkdir()
    for path in plain.iterdir():
        WAYS[request.param](path, folder / path.name)
        assert read_header(folder / path.name).transfer_syntax == request.param
    return folder


def test_the_volume_is_the_same(plain, compressed):
    expected, got = read_series(plain), read_series(compressed)
    assert got.geometry == expected.geometry
    assert got.voxels.dtype == expected.voxels.dtype == np.int16
    np.testing.assert_array_equal(got.voxels, expected.voxels)
    assert expected.voxels.std() > 50


def test_the_de_identified_copy_is_plain_and_the_same(plain, compressed):
    keys = UidKeys(bytes(32))
    for path in plain.iterdir():
        expected = pydicom.dcmread(path).pixel_array
        copy, _ = deidentify(pydicom.dcmread(compressed / path.name), keys)
        assert copy.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
        np.testing.assert_array_equal(copy.pixel_array, expected)


def test_compressed_pixels_that_end_early_are_refused(compressed):
    path = next(compressed.iterdir())
    path.write_bytes(path.read_bytes()[:-700])
    with pytest.raises(InputError) as info:
        read_header(path)
    assert info.value.code == "cut-short"


@pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
@pytest.mark.parametrize("name", ["RLE", "jp2klossless", "jpeg_ls_lossless", "bigendian", "implicit", "expb"])
def test_real_files_of_another_writer(name):
    (path,) = real(f"pydicom/MR_small_{name}.dcm")
    (plain,) = real("pydicom/MR_small.dcm")
    np.testing.assert_array_equal(decode([read_header(path)]), decode([read_header(plain)]))


@pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
@pytest.mark.parametrize("name", ["RLE", "jpeg_2k_lossless", "jpeg_ls_lossless", "big_endian"])
def test_frames_of_a_real_compressed_enhanced_image(name):
    (path,) = real(f"pydicom-data/emri_small_{name}.dcm")
    (plain,) = real("pydicom-data/emri_small.dcm")
    keys = UidKeys(bytes(32))
    copies = [deidentify(pydicom.dcmread(p), keys)[0].pixel_array for p in (path, plain)]
    np.testing.assert_array_equal(*copies)
    assert copies[0].shape == (10, 64, 64)
