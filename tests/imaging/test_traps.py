"""Every trap that real files hold is refused under its own code; sound real series pass.

The table is what the administrators' table of refusals rests on: trap, code, real files.
"""

import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pydicom
import pytest

from dls.errors import InputError
from dls.imaging.gate import check
from dls.imaging.headers import Header, headers_in, read_header, read_headers
from dls.imaging.pixels import decode
from dls.imaging.stacks import stacks
from tests.imaging.real_files import SIEMENS, real

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")

DAMAGED = "dcm-classifier/anonymized_testing_data"

TRAPS = [
    # trap, code, real files
    ("two b-values in one series", "mixed-b-values", f"{SIEMENS}/5/DICOM/*.dcm"),
    ("localizer in three planes", "mixed-orientations", f"{SIEMENS}/3/DICOM/*.dcm"),
    ("localizer in three planes", "mixed-orientations", f"{SIEMENS}/4/DICOM/*.dcm"),
    ("pilot in three planes", "mixed-orientations", "pydicom/dicomdirtests/98892003/MR2/[45]*"),
    ("radial localizer", "rotating-planes", f"{SIEMENS}/2/DICOM/*.dcm"),
    ("rotating maximum intensity projections", "rotating-planes", "pydicom/dicomdirtests/98892003/MR700/*"),
    ("enhanced resampled planes", "mixed-orientations", "heudiconv/MRI_102TD_PHA_S*.dcm"),
    ("Siemens mosaic pair", "mosaic", "nibabel/[01].dcm"),
    ("Siemens mosaic series", "mosaic", f"{DAMAGED}/anonymized_dwi_series/DICOM/*.dcm"),
    ("Siemens mosaic, b 0", "mosaic", "nibabel/siemens_dwi_0.dcm.gz"),
    ("Siemens mosaic, b 1000", "mosaic", "nibabel/siemens_dwi_1000.dcm.gz"),
    ("Siemens multiband mosaic", "mosaic", "heudiconv/b0dwiForFmap/*.dcm"),
    ("Siemens functional mosaic", "mosaic", "heudiconv/axasc35.dcm"),
    ("enhanced without functional groups", "enhanced-without-geometry", "pydicom-data/emri_small.dcm"),
    ("the same, RLE", "enhanced-without-geometry", "pydicom-data/emri_small_RLE.dcm"),
    ("the same, big-endian", "enhanced-without-geometry", "pydicom-data/emri_small_big_endian.dcm"),
    ("the same, JPEG-LS", "enhanced-without-geometry", "pydicom-data/emri_small_jpeg_ls_lossless.dcm"),
    ("the same, JPEG 2000", "enhanced-without-geometry", "pydicom-data/emri_small_jpeg_2k_lossless.dcm"),
    ("images of several series", "mixed-matrix", f"{DAMAGED}/invalid_data/mult_series_uid/*.dcm"),
    ("pilots of several fields of view", "mixed-spacing", "pydicom/dicomdirtests/98892003/MR2/*"),
    ("one slice", "single-slice", "pydicom-data/MR2_UNCI.dcm"),
    ("pixels cut short", "cut-short", "pydicom/MR_truncated.dcm"),
    ("header without pixels", "cut-short", "nibabel/csa_slice_norm.dcm"),
    ("header without pixels", "cut-short", "dcm-classifier/adc_volumes/volume_0/test_dcm_0.0.dcm"),
    ("compressed pixels cut short", "cut-short", "pydicom-data/emri_small_jpeg_2k_lossless_too_short.dcm"),
    ("no preamble", "not-dicom", "pydicom/no_meta.dcm"),
    ("no preamble", "not-dicom", "pydicom/rtstruct.dcm"),
    ("another modality", "not-mr", "pydicom/dicomdirtests/98892001/CT5N/*"),
    ("a segmentation", "not-mr", "pydicom-data/liver.dcm"),
    ("a broken sequence, CT", "not-mr", "pydicom-data/bad_sequence.dcm"),
    ("secondary capture", "secondary-capture", "pydicom/image_dfl.dcm"),
    ("secondary capture in colour", "secondary-capture", "pydicom/SC_rgb_small_odd.dcm"),
    ("a radiograph", "not-mr", "pydicom/dicomdirtests/77654033/CR1/*"),
]  # fmt: skip

SOUND = [
    # series, size, spacing between slices in mm
    (f"{SIEMENS}/1/DICOM/*.dcm", (160, 160, 128), 1.6),
    (f"{SIEMENS}/6/DICOM/*.dcm", (260, 260, 21), 7.0),
    (f"{SIEMENS}/7/DICOM/*.dcm", (288, 384, 21), 7.0),
    (f"{SIEMENS}/9/DICOM/*.dcm", (192, 256, 56), 2.4),
    (f"{SIEMENS}/10/DICOM/*.dcm", (320, 320, 19), 7.0),
    (f"{SIEMENS}/13/DICOM/*.dcm", (640, 640, 19), 7.0),
    (f"{SIEMENS}/15/DICOM/*.dcm", (500, 640, 22), 7.0),
    ("nibabel/philips_mprage.dcm.gz", (256, 256, 176), 1.0),
]


def folder_of(paths: list[Path], folder: Path) -> Path:
    """The files in a folder of their own."""
    for number, path in enumerate(paths):
        shutil.copy(path, folder / f"{number:04d}-{path.name[-20:]}.dcm")
    return folder


def headers_of(paths: list[Path], folder: Path) -> list[Header]:
    return list(read_headers(folder_of(paths, folder)))


@pytest.mark.parametrize(("trap", "code", "files"), TRAPS, ids=[f"{c}: {t} {f[-20:]}" for t, c, f in TRAPS])
def test_a_real_trap_is_refused_under_its_code(trap, code, files, tmp_path, record_property):
    paths = real(files)
    with pytest.raises(InputError) as info:
        check(headers_of(paths, tmp_path))
    assert info.value.code == code
    assert info.value.got
    record_property("trap", code)


@pytest.mark.parametrize(("files", "size", "spacing"), SOUND, ids=[f[0][-20:] for f in SOUND])
def test_a_sound_real_series_passes(files, size, spacing, tmp_path):
    geometry = check(headers_of(real(files), tmp_path))
    assert geometry.size == size
    assert geometry.spacing[2] == pytest.approx(spacing, rel=0.002)


class TestMadeFromRealFiles:
    """Traps that need a sound real series with one thing changed: the slice files of a GE oblique series."""

    @pytest.fixture
    def headers(self, real_data):
        return list(read_headers(real_data / "volume"))

    @pytest.mark.parametrize("removed", range(1, 19))
    def test_any_inner_slice_removed(self, headers, removed, record_property):
        del headers[removed]
        self.refused(headers, "missing-slice", record_property)

    @pytest.mark.parametrize("doubled", range(20))
    def test_any_slice_duplicated(self, headers, doubled, record_property):
        self.refused([*headers, headers[doubled]], "duplicated-slice", record_property)

    def test_two_volumes_on_top_of_each_other(self, headers, real_data, tmp_path, record_property):
        for path in sorted((real_data / "volume").iterdir()):
            changed(path, tmp_path / path.name, EchoTime="95")
        self.refused([*headers, *read_headers(tmp_path)], "mixed-volumes", record_property)

    def test_burned_in_annotation(self, real_data, tmp_path, record_property):
        changed(real_data / "volume" / "brain_001.dcm", tmp_path / "1.dcm", BurnedInAnnotation="YES")
        self.refused([read_header(tmp_path / "1.dcm")], "burned-in-annotation", record_property)

    @pytest.mark.parametrize("degrees", [5, 10, 20])
    def test_a_tilted_gantry(self, headers, degrees, tmp_path, real_data, record_property):
        shift = np.tan(np.deg2rad(degrees)) * 7.0
        for k, header in enumerate(sorted(headers, key=lambda h: h.instance_number)):
            x, y, z = header.position
            changed(
                header.path, tmp_path / header.path.name, ImagePositionPatient=[round(x + shift * k, 4), y, z]
            )
        self.refused(list(read_headers(tmp_path)), "tilted", record_property)

    def test_a_mosaic_whose_image_type_was_dropped(self, tmp_path, record_property):
        for number, path in enumerate(real("nibabel/[01].dcm")):
            changed(path, tmp_path / f"{number}.dcm", ImageType=["ORIGINAL", "PRIMARY"])
        self.refused(list(read_headers(tmp_path)), "mosaic", record_property)

    def test_geometry_dropped(self, tmp_path, real_data, record_property):
        changed(real_data / "volume" / "brain_001.dcm", tmp_path / "1.dcm", ImagePositionPatient=None)
        self.refused([read_header(tmp_path / "1.dcm")], "no-geometry", record_property)

    def test_planes_of_a_survey(self, headers, record_property):
        """Every ninth slice: 63 mm apart, and regular."""
        self.refused(headers[::9], "slices-apart", record_property)

    def test_every_other_gap_halved(self, headers, record_property):
        self.refused([h for k, h in enumerate(headers) if k % 3], "uneven-spacing", record_property)

    def test_a_slice_shifted_sideways(self, headers, tmp_path, record_property):
        x, y, z = headers[7].position
        changed(headers[7].path, tmp_path / "7.dcm", ImagePositionPatient=[x + 5, y, z])
        moved = read_header(tmp_path / "7.dcm")
        self.refused([*headers[:7], moved, *headers[8:]], "shifted-slice", record_property)

    def test_several_frames_in_a_classic_file(self, tmp_path, record_property):
        (path,) = real("pydicom-data/emri_small.dcm")
        changed(path, tmp_path / "1.dcm", SOPClassUID="1.2.840.10008.5.1.4.1.1.4")
        self.refused([read_header(tmp_path / "1.dcm")], "multi-frame", record_property)

    @staticmethod
    def refused(headers, code, record_property):
        with pytest.raises(InputError) as info:
            check(headers)
        assert info.value.code == code
        record_property("trap", code)


def changed(path, target, **elements):
    """A copy of a file with elements overwritten; None deletes one."""
    dataset = pydicom.dcmread(path)
    for tag in [t for t in dataset.keys() if t.group == 0]:  # noqa: SIM118
        del dataset[tag]
    for keyword, value in elements.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    dataset.save_as(target)


def test_the_two_b_values_of_a_real_series_are_told_apart(tmp_path):
    found = stacks(headers_of(real(f"{SIEMENS}/5/DICOM/*.dcm"), tmp_path))
    assert Counter(s.first.b_value for s in found) == {0.0: 1, 1000.0: 1}
    assert [check(s.headers).size for s in found] == [(260, 260, 21)] * 2


def test_an_enhanced_file_has_the_pixels_that_pydicom_reads():
    (path,) = real("nibabel/philips_mprage.dcm.gz")
    headers = headers_in(path.read_bytes(), path)
    dataset = pydicom.dcmread(path)
    frames = [3, 90, 175]
    slope = [
        float(dataset.PerFrameFunctionalGroupsSequence[k].PixelValueTransformationSequence[0].RescaleSlope)
        for k in frames
    ]
    expected = dataset.pixel_array[frames] * np.array(slope)[:, None, None]
    np.testing.assert_allclose(decode([headers[k] for k in frames]), expected, rtol=1e-6)
