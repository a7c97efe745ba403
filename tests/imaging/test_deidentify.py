"""What identifies a patient does not survive; what the images need does."""

import secrets
from collections import Counter

import numpy as np
import pydicom
import pytest
from dicomanonymizer.dicom_anonymization_databases import dicomfields_2026c as profile
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset

from dls.domain import Sequence
from dls.errors import InputError
from dls.imaging import deidentify_rules as rules
from dls.imaging.deidentify import METHOD_CODES, RemovalReport, deidentify
from dls.imaging.gate import check
from dls.imaging.headers import headers_in
from dls.imaging.reception import receive
from dls.imaging.sources import folder_files
from dls.imaging.uid_keys import UidKeys
from tests.imaging.planted import FORMS, WORD, found_below, places, plant
from tests.imaging.real_files import SIEMENS, real
from tests.imaging.series import change, write_sequence, write_study

KEYS = UidKeys(bytes(range(32)))


def cleaned(path, **more):
    return deidentify(pydicom.dcmread(path), KEYS, **more)


class TestPlantedIdentifiers:
    def test_none_is_left_below_home_after_an_import(self, tmp_path):
        study = write_study(tmp_path / "made")
        source = tmp_path / "Plant Jane ZQWORD^8675309"
        source.mkdir()
        planted = [
            plant(path, source / f"ZQWORD {FORMS['DA']} {number}.dcm")
            for number, path in enumerate(sorted(study.rglob("*.dcm"))[::8])
        ]
        assert min(planted) > 4 * len(list(places())) > 8000
        assert {vr for _, vr, _ in places()} == set(FORMS)
        assert len(found_below(source)) >= 5 * len(planted)
        delivery = receive(folder_files(source), tmp_path / "home", "folder")
        assert delivery.files == len(planted)
        assert found_below(tmp_path / "home") == []

    def test_what_is_kept_can_be_read_as_before(self, tmp_path, series):
        target = tmp_path / "planted.dcm"
        plant(series[0], target)
        dataset, report = cleaned(target)
        before = pydicom.dcmread(series[0])
        assert dataset.ImagePositionPatient == before.ImagePositionPatient
        assert dataset.PixelData == before.PixelData
        assert (dataset.EchoTime, dataset.ScanningSequence) == (90, "SE")
        assert WORD not in str(dataset)
        assert WORD not in str(report)

    @pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
    def test_text_in_an_element_of_numbers_is_removed(self, series):
        dataset = pydicom.dcmread(series[0])
        dataset.add_new(tag_for_keyword("PatientWeight"), "LO", "Jane Doe 70")
        dataset.add_new(tag_for_keyword("SAR"), "LT", "Jane Doe")
        clean, report = deidentify(dataset, KEYS)
        assert "PatientWeight" not in clean
        assert "SAR" not in clean
        assert report.removed["PatientWeight"] == 1

    @pytest.mark.parametrize("keyword", sorted(rules.CODES))
    def test_a_code_string_of_another_vocabulary_is_removed(self, series, keyword):
        if keyword in {"Modality", "PhotometricInterpretation"}:
            return  # such an image is not admitted at all
        dataset = pydicom.dcmread(series[0])
        setattr(dataset, keyword, "JANE DOE")
        assert keyword not in deidentify(dataset, KEYS)[0]

    @given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789_", min_size=1, max_size=16))
    @settings(max_examples=30)
    def test_an_unknown_image_type_becomes_a_token_that_differs_where_it_differed(self, term):
        dataset = minimal()
        dataset.ImageType = ["ORIGINAL", "PRIMARY", term]
        kept = deidentify(dataset, KEYS)[0].ImageType
        assert list(kept[:2]) == ["ORIGINAL", "PRIMARY"]
        if len(kept) > 2 and term.strip() and term.strip() not in rules.TYPE_TERMS:
            assert all(k.startswith("X") and len(k) == 13 for k in kept[2:])


class TestProfile:
    def test_the_allow_list_holds_nothing_that_the_basic_profile_removes(self):
        """Against the table that dicom-anonymizer 2.1.0 took from PS3.15 2026c, Table E.1-1."""
        listed = rules.NUMBERS | rules.CODES.keys() | rules.TYPES | rules.CLASS_UIDS
        listed |= {"Manufacturer", "SequenceName", "PulseSequenceName", "StackID"}
        table = {(tag[0] << 16) + tag[1] for tag in profile.ALL_TAGS if len(tag) == 2}
        both = {keyword for keyword in listed if tag_for_keyword(keyword) in table}
        assert both == {"PatientSex", "PatientSize", "PatientWeight"}

    def test_uids_of_the_list_are_those_that_the_profile_replaces(self):
        table = {(tag[0] << 16) + tag[1] for tag in profile.U_TAGS}
        assert {tag_for_keyword(k) for k in rules.UIDS} <= table

    def test_the_marks_of_the_profile(self, series):
        dataset, _ = cleaned(series[0])
        assert dataset.PatientIdentityRemoved == "YES"
        assert dataset.LongitudinalTemporalInformationModified == "REMOVED"
        codes = [(c.CodeValue, c.CodingSchemeDesignator) for c in dataset.DeidentificationMethodCodeSequence]
        assert codes == [(value, "DCM") for value, _ in METHOD_CODES]
        assert [value for value, _ in METHOD_CODES] == ["113100", "113108", "113111"]
        assert (dataset.StudyDate, dataset.PatientBirthDate, dataset.AccessionNumber) == ("", "", "")

    @pytest.mark.parametrize(
        ("age", "kept"),
        [("089Y", "089Y"), ("090Y", "090Y"), ("103Y", "090Y"), ("006M", "006M"), ("old", None)],
    )
    @pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
    def test_age_sex_and_weight_stay_and_the_very_old_are_90(self, series, age, kept):
        dataset = pydicom.dcmread(series[0])
        dataset.PatientAge, dataset.PatientSex, dataset.PatientWeight = age, "F", "61.5"
        clean, _ = deidentify(dataset, KEYS)
        assert (clean.PatientSex, clean.PatientWeight, clean.get("PatientAge")) == ("F", 61.5, kept)


class TestSafePrivate:
    @pytest.mark.parametrize(
        ("maker", "creator", "place", "value"),
        [
            ("SIEMENS", "SIEMENS MR HEADER", (0x0019, 0x0C, "IS"), "800"),
            ("GE MEDICAL SYSTEMS", "GEMS_PARM_01", (0x0043, 0x39, "IS"), ["1000000800", "8", "0", "0"]),
            ("Philips Medical Systems", "Philips Imaging DD 001", (0x2001, 0x03, "FL"), 800.0),
            ("UIH", "Image Private Header", (0x0065, 0x09, "FD"), 800.0),
        ],
    )
    def test_vendors_b_values_stay_and_are_written_in_the_standards_element_too(
        self, series, maker, creator, place, value
    ):
        group, element, vr = place
        dataset = pydicom.dcmread(series[0])
        dataset.Manufacturer = maker
        block = dataset.private_block(group, creator, create=True)
        block.add_new(element, vr, value)
        block.add_new(0x50, "LO", "Jane Doe")
        clean, report = deidentify(dataset, KEYS)
        assert clean.DiffusionBValue == 800
        assert "Jane" not in str(clean)
        if creator in {c for c, *_ in rules.SAFE_PRIVATE}:
            assert float(clean.private_block(group, creator)[element].value) % 1e9 == 800
            assert report.kept[f"private ({group:04X},xx{element:02X})"] == 1

    def test_text_in_a_safe_private_element_goes(self, series):
        dataset = pydicom.dcmread(series[0])
        dataset.private_block(0x0019, "SIEMENS MR HEADER", create=True).add_new(0x0C, "LO", "Jane Doe")
        clean, report = deidentify(dataset, KEYS)
        assert not [e for e in clean if e.tag.is_private]
        assert report.removed["private (0019,xx0C)"] == 1


class TestKeyedUids:
    def test_files_that_belong_together_still_do(self, tmp_path):
        paths = write_sequence(tmp_path, Sequence.T2)
        originals = [pydicom.dcmread(p) for p in paths]
        copies = [cleaned(p)[0] for p in paths]
        for keyword in ("SeriesInstanceUID", "StudyInstanceUID", "FrameOfReferenceUID"):
            assert {d.get(keyword) for d in copies} == {KEYS.uid(originals[0].get(keyword))}
        assert len({d.SOPInstanceUID for d in copies}) == len(paths)
        assert {d.PatientID for d in copies} == {KEYS.pseudonym("P1")}

    def test_another_key_gives_other_pseudonyms(self, series):
        other = deidentify(pydicom.dcmread(series[0]), UidKeys(secrets.token_bytes(32)))[0]
        assert other.PatientID != cleaned(series[0])[0].PatientID
        assert other.StudyInstanceUID != cleaned(series[0])[0].StudyInstanceUID


class TestRefused:
    @pytest.mark.parametrize(
        ("elements", "code"),
        [
            ({"BurnedInAnnotation": "YES"}, "burned-in-annotation"),
            ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, "secondary-capture"),
            ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7.2"}, "secondary-capture"),
            ({"ConversionType": "WSD"}, "secondary-capture"),
            ({"ImageType": ["DERIVED", "SECONDARY"], "Modality": "OT"}, "secondary-capture"),
            ({"Modality": "CT"}, "not-mr"),
            ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.2"}, "not-mr"),
            ({"PhotometricInterpretation": "RGB", "SamplesPerPixel": 3}, "colour"),
        ],
    )
    def test_images_that_may_show_a_name(self, series, elements, code):
        change(series[0], **elements)
        with pytest.raises(InputError) as info:
            cleaned(series[0])
        assert info.value.code == code

    def test_derived_secondary_mr_is_admitted(self, series):
        change(series[0], ImageType=["DERIVED", "SECONDARY", "MPR"])
        assert cleaned(series[0])[0].ImageType == ["DERIVED", "SECONDARY", "MPR"]


class TestReport:
    def test_it_counts_by_keyword_and_adds_up(self, series):
        reports = [cleaned(p)[1] for p in series]
        total = RemovalReport.total(reports)
        assert total.files == len(series)
        assert total.replaced["SOPInstanceUID"] == len(series)
        assert total.kept["EchoTime"] == len(series)
        assert total.removed["SeriesDescription"] == len(series)

    @pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
    @pytest.mark.parametrize(
        "name", [f"{SIEMENS}/7/DICOM/*.dcm", "pydicom/MR_small.dcm", "nibabel/siemens_dwi_1000.dcm.gz"]
    )
    def test_every_element_of_a_real_file_is_accounted_for_once(self, name):
        dataset = pydicom.dcmread(real(name)[0])
        report = deidentify(dataset, KEYS)[1]
        counted = Counter(report.removed) + Counter(report.replaced) + Counter(report.kept)
        assert counted.total() == len([e for e in dataset if e.keyword != "PixelData"])


@pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
def test_a_real_enhanced_image_keeps_the_geometry_and_pixels_of_each_frame(tmp_path):
    (path,) = real("nibabel/philips_mprage.dcm.gz")
    clean, report = cleaned(path)
    clean.save_as(tmp_path / "clean.dcm", enforce_file_format=True)
    before = headers_in(path.read_bytes(), path)
    after = headers_in((tmp_path / "clean.dcm").read_bytes(), tmp_path / "clean.dcm")
    assert check(after) == check(before)
    assert [h.slope for h in after] == [h.slope for h in before]
    np.testing.assert_array_equal(clean.pixel_array, pydicom.dcmread(path).pixel_array)
    assert "PatientName" in report.replaced
    assert b"Enhanced Dicom Phantom" not in (tmp_path / "clean.dcm").read_bytes()


def test_bits_that_are_not_stored_are_cleared(series):
    """Old overlays, a name in them perhaps, are in the bits above Bits Stored."""
    dataset = pydicom.dcmread(series[0])
    dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 12, 11, 0
    values = np.arange(dataset.Rows * dataset.Columns, dtype="<u2")
    dataset.PixelData = (values | 0xF000).tobytes()
    assert deidentify(dataset, KEYS)[0].PixelData == values.tobytes()


def minimal() -> Dataset:
    """The smallest image that is admitted."""
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID, dataset.Modality = "1.2.840.10008.5.1.4.1.1.4", "1.2.3", "MR"
    dataset.Rows = dataset.Columns = 2
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelRepresentation = 15, 1
    dataset.PixelData = bytes(8)
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    return dataset
