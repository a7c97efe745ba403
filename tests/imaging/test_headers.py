import pydicom
import pytest
from pydicom.uid import ImplicitVRLittleEndian

from dls.errors import InputError
from dls.imaging.headers import read_header, read_headers
from tests.imaging.series import OBLIQUE, change


def test_values_and_units(series):
    change(
        series[2],
        AcquisitionTime="101530.25",
        RescaleSlope="2.5",
        RescaleIntercept="-3",
        WindowCenter=["40", "50"],
    )
    change(series[2], WindowWidth=["400", "500"], TriggerTime="1500")
    header = read_header(series[2])
    assert header.acquisition_time == 10 * 3600 + 15 * 60 + 30.25
    assert (header.slope, header.intercept, header.window) == (2.5, -3.0, (40.0, 400.0))
    assert header.position == pytest.approx(OBLIQUE.to_patient((0, 0, 2)))
    assert header.pixel_spacing == (2.5, 2.0)  # DICOM: between rows first
    assert (header.rows, header.columns, header.instance_number) == (12, 16, 3)
    assert (header.trigger_time, header.content_time, header.b_value) == (1500.0, None, None)


@pytest.mark.parametrize(
    ("text", "seconds"), [("10", 36000), ("1030", 37800), ("103005.5", 37805.5), ("", None)]
)
def test_shortened_times(series, text, seconds):
    change(series[0], AcquisitionTime=text)
    assert read_header(series[0]).acquisition_time == seconds


def test_hidden_files_and_litter_are_left_out(series):
    folder = series[0].parent
    for name in (".DS_Store", "Thumbs.db", "DICOMDIR"):
        (folder / name).write_bytes(b"no image")
    assert {h.path for h in read_headers(folder)} == set(series)


def test_reports_and_presentation_states_are_left_out(series):
    dataset = pydicom.dcmread(series[0])
    for keyword in ("Rows", "Columns", "PixelData"):
        delattr(dataset, keyword)
    dataset.Modality = "SR"
    dataset.save_as(series[0].with_name("report.dcm"), enforce_file_format=True)
    assert len(read_headers(series[0].parent)) == len(series)


@pytest.mark.parametrize("content", [b"", b"not a DICOM file", bytes(4000), b"<html>" * 100])
def test_a_file_that_is_not_dicom_is_named(series, content):
    (series[0].parent / "notes.txt").write_bytes(content)
    with pytest.raises(InputError, match=r"notes.txt"):
        read_headers(series[0].parent)


def test_truncated_at_every_tenth_part(series):
    whole = series[0].read_bytes()
    for tenth in range(10):
        series[0].write_bytes(whole[: len(whole) * tenth // 10 + tenth])
        with pytest.raises(InputError, match=series[0].name):
            read_header(series[0])


def test_one_byte_short(series):
    series[0].write_bytes(series[0].read_bytes()[:-1])
    with pytest.raises(InputError, match=r"is cut short.*383 bytes of pixels where 384 belong"):
        read_header(series[0])


def test_pixels_fewer_than_rows_and_columns(series):
    change(series[0], Rows=24)
    with pytest.raises(InputError, match="384 bytes of pixels where 768 belong"):
        read_header(series[0])


def test_bytes_after_the_pixels_do_no_harm(series):
    with series[0].open("ab") as stream:
        stream.write(bytes(1000))
    assert read_header(series[0]).rows == 12


def test_implicit_little_endian(series):
    dataset = pydicom.dcmread(series[0])
    expected = read_header(series[0])
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    dataset.save_as(series[0], implicit_vr=True, little_endian=True)
    header = read_header(series[0])
    assert header.position == expected.position
    data = series[0].read_bytes()[header.pixel_offset :]
    assert data == dataset.PixelData


def test_no_folder_and_empty_folder(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        read_headers(tmp_path / "none")
    with pytest.raises(InputError, match="holds no DICOM image"):
        read_headers(tmp_path)


def test_progress_counts_every_file(series):
    seen = []
    read_headers(series[0].parent, lambda done, total, what: seen.append((done, total)))
    assert seen == [(k + 1, 8) for k in range(8)]
