import warnings
from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.sequence import Sequence as Items
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from dls.domain import Sequence
from dls.errors import InputError
from dls.imaging.pacs.wholeness import identity
from tests.imaging.series import uid, write_sequence

SYNTAXES = (
    pydicom.uid.ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
    RLELossless,
)


def written(path: Path, syntax: str) -> Path:
    """A slice with nested sequences, in an encoding."""
    dataset = pydicom.dcmread(path)
    inner = pydicom.Dataset()
    inner.ReferencedSOPInstanceUID = "1.2.3.4"
    outer = pydicom.Dataset()
    outer.ReferencedImageSequence = Items([inner, inner])
    outer["ReferencedImageSequence"].is_undefined_length = True
    dataset.ReferencedStudySequence = Items([outer])
    dataset["ReferencedStudySequence"].is_undefined_length = True
    if syntax == RLELossless:
        dataset.compress(RLELossless, generate_instance_uid=False)
    elif syntax == ExplicitVRBigEndian:
        dataset.PixelData = dataset.pixel_array.astype(">i2").tobytes()
    dataset.file_meta.TransferSyntaxUID = syntax
    implicit, little = syntax == ImplicitVRLittleEndian, syntax != ExplicitVRBigEndian
    pydicom.dcmwrite(path, dataset, implicit_vr=implicit, little_endian=little, force_encoding=True)
    return path


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_whole_file_is_named_and_every_shorter_one_refused(tmp_path: Path, syntax: str) -> None:
    original = pydicom.dcmread(write_sequence(tmp_path, Sequence.T2)[0])
    path = written(Path(original.filename), syntax)
    found = identity(path)
    assert (found.study_uid, found.series_uid) == ("1.2.3", uid(Sequence.T2))
    assert found.sop_uid == original.SOPInstanceUID
    assert (found.sop_class, found.transfer_syntax) == (original.SOPClassUID, syntax)
    content = path.read_bytes()
    padding = 1 if syntax == DeflatedExplicitVRLittleEndian else 0
    for end in [*range(0, len(content) - 1, 7), len(content) - 1 - padding]:
        path.write_bytes(content[:end])
        with pytest.raises(InputError):
            identity(path)


def test_padding_after_the_pixels_is_no_damage(tmp_path: Path) -> None:
    path = write_sequence(tmp_path, Sequence.T2)[0]
    found = identity(path)
    path.write_bytes(path.read_bytes() + bytes(5000))
    assert identity(path) == found


OTHERS = ("CT_small.dcm", "MR_small.dcm", "MR_small_RLE.dcm", "reportsi.dcm", "JPEG2000.dcm", "test-SR.dcm")


@pytest.mark.parametrize("name", OTHERS)
def test_files_of_others_are_whole(name: str) -> None:
    path = Path(str(get_testdata_file(name, download=False)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert identity(path).sop_uid == pydicom.dcmread(path).SOPInstanceUID


def test_endless_nesting_is_refused(tmp_path: Path) -> None:
    path = write_sequence(tmp_path, Sequence.T2)[0]
    content = path.read_bytes()
    at = content.rindex(b"\xe0\x7f\x10\x00OW")
    sequence = b"\x08\x00\x15\x11SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    path.write_bytes(content[:at] + sequence * 5000)
    with pytest.raises(InputError, match="nests"):
        identity(path)
