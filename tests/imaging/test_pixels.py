"""Decoding against pydicom, an independent reader, on real files of several transfer syntaxes."""

import numpy as np
import pydicom
import pytest
from pydicom.pixels import pixel_array

from dls.errors import InputError
from dls.imaging.gate import in_order
from dls.imaging.headers import read_header
from dls.imaging.pixels import decode
from tests.imaging.series import change, ramp


def headers(paths):
    return in_order([read_header(p) for p in paths])


def test_each_slice_has_its_own_rescale(series):
    for k, path in enumerate(series):
        change(path, RescaleSlope=str(1 + k), RescaleIntercept=str(-k))
    k = np.arange(8)[:, None, None]
    voxels = decode(headers(series))
    assert voxels.dtype == np.float32
    np.testing.assert_allclose(voxels, ramp() * (1.0 + k) - k)


def test_whole_values_stay_whole(series):
    voxels = decode(headers(series))
    assert voxels.dtype == np.int16
    np.testing.assert_array_equal(voxels, ramp())


@pytest.mark.parametrize(
    ("name", "syntax"),
    [
        ("implicit_little.dcm", "1.2.840.10008.1.2"),
        ("explicit_big.dcm", "1.2.840.10008.1.2.2"),
        ("deflated.dcm", "1.2.840.10008.1.2.1.99"),
        ("rle.dcm", "1.2.840.10008.1.2.5"),
        ("jpeg_ls.dcm", "1.2.840.10008.1.2.4.81"),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
def test_real_files_of_each_transfer_syntax(real_data, name, syntax):
    header = read_header(real_data / name)
    assert header.transfer_syntax == syntax
    dataset = pydicom.dcmread(real_data / name)
    expected = pixel_array(dataset) * float(dataset.get("RescaleSlope", 1)) + float(
        dataset.get("RescaleIntercept", 0)
    )
    np.testing.assert_allclose(decode([header])[0], expected, rtol=1e-6, atol=1e-3)


@pytest.mark.parametrize("name", ["jpeg_2000.dcm", "jpeg_lossless_sel1.dcm"])
def test_real_files_that_pydicom_alone_does_not_decode(real_data, name):
    header = read_header(real_data / name)
    voxels = decode([header])
    assert voxels.shape == (1, header.rows, header.columns)
    assert voxels.std() > 50


def test_a_file_cut_after_its_header_was_read(series):
    ordered = headers(series)
    series[2].write_bytes(series[2].read_bytes()[:-2])
    with pytest.raises(InputError, match=r"cut short.*192 pixels.*191"):
        decode(ordered)


def test_pixels_that_cannot_be_decoded(real_data, tmp_path):
    broken = tmp_path / "broken.dcm"
    data = (real_data / "jpeg_ls.dcm").read_bytes()
    broken.write_bytes(data[:4000] + bytes(len(data) - 4000))
    with pytest.raises(InputError, match=r"broken\.dcm"):
        decode([read_header(broken)])
