import numpy as np
import pydicom
import pytest
from pydicom.uid import MRImageStorage

from dls.domain import Sequence
from dls.errors import GeometryError, InputError
from dls.imaging.dicom import write_series
from dls.imaging.importer import read_series
from tests.imaging.series import IDENTIFIERS, OBLIQUE, ramp, write_sequence

TAGS = IDENTIFIERS | {"SeriesInstanceUID": "1.2.3.1"}


def test_what_is_written_is_read_back(tmp_path):
    write_series(tmp_path, ramp(), OBLIQUE, TAGS)
    volume = read_series(tmp_path)
    np.testing.assert_array_equal(volume.voxels, ramp())
    np.testing.assert_allclose(
        volume.geometry.to_patient((3, 4, 5)), OBLIQUE.to_patient((3, 4, 5)), atol=1e-9
    )


def test_unsigned_voxels_beyond_int16_are_read_back_as_they_were(tmp_path):
    voxels = ramp().astype(np.uint16) + 60_000
    write_series(tmp_path, voxels, OBLIQUE, TAGS)
    read = read_series(tmp_path).voxels
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, voxels)


def test_files_are_what_the_standard_asks(tmp_path):
    paths = write_series(
        tmp_path, ramp(), OBLIQUE, TAGS | {"DiffusionBValue": 800.0, "SeriesDescription": "DWI"}
    )
    first, last = pydicom.dcmread(paths[0]), pydicom.dcmread(paths[-1])
    assert first.SOPClassUID == first.file_meta.MediaStorageSOPClassUID == MRImageStorage
    assert first.SOPInstanceUID == first.file_meta.MediaStorageSOPInstanceUID
    assert paths[0].stem == first.SOPInstanceUID
    assert (first.InstanceNumber, last.InstanceNumber) == (1, 8)
    assert first.PixelSpacing == [2.5, 2.0]  # between rows, then between columns
    assert first.DiffusionBValue == 800.0
    assert first.SeriesDescription == "DWI"
    np.testing.assert_allclose(last.ImagePositionPatient, OBLIQUE.to_patient((0, 0, 7)), atol=1e-9)


def test_writing_twice_gives_the_same_files(tmp_path):
    first = {p.name: p.read_bytes() for p in write_sequence(tmp_path / "a", Sequence.T2)}
    second = {p.name: p.read_bytes() for p in write_sequence(tmp_path / "b", Sequence.T2)}
    assert first == second


def test_refusals(tmp_path):
    with pytest.raises(InputError, match="no PatientID"):
        write_series(tmp_path, ramp(), OBLIQUE, {k: v for k, v in TAGS.items() if k != "PatientID"})
    with pytest.raises(InputError, match="float64"):
        write_series(tmp_path, ramp().astype(float), OBLIQUE, TAGS)
    with pytest.raises(GeometryError, match="fill their grid"):
        write_series(tmp_path, ramp()[1:], OBLIQUE, TAGS)
    assert not list(tmp_path.iterdir())
