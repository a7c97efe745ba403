"""b-values as each vendor writes them; the layouts follow the vendors' conformance statements."""

import struct

import pytest
from pydicom.dataset import Dataset

from dls.imaging.diffusion import b_value


def dataset(maker="", **elements):
    made = Dataset()
    made.Manufacturer = maker
    for keyword, value in elements.items():
        setattr(made, keyword, value)
    return made


def private(maker, tag, representation, value):
    made = dataset(maker)
    made.add_new(tag, representation, value)
    return made


def csa(value: bytes) -> bytes:
    """A Siemens CSA header (SV10) with one tag."""
    name = b"B_value".ljust(64, b"\0")
    item = struct.pack("<4i", len(value), len(value), 77, len(value)) + value.ljust(
        (len(value) + 3) // 4 * 4, b"\0"
    )
    return (
        b"SV10\4\3\2\1"
        + struct.pack("<2I", 1, 77)
        + name
        + struct.pack("<i4s3i", 1, b"IS\0\0", 6, 6, 77)
        + item
    )


@pytest.mark.parametrize(
    ("made", "b"),
    [
        (dataset(), None),
        (dataset(DiffusionBValue=800.0), 800),
        (dataset(DiffusionBValue=0.0, SequenceName="*ep_b800t"), 0),
        (dataset(SequenceName="*ep_b800t"), 800),
        (dataset(SequenceName="*ep_b1000#3"), 1000),
        (dataset(SequenceName="*fl3d1"), None),
        (private("SIEMENS", 0x0019100C, "IS", "800"), 800),
        (private("SIEMENS", 0x0019100C, "UN", b"800 "), 800),
        (private("SIEMENS", 0x00291010, "OB", csa(b"750\0")), 750),
        (private("SIEMENS", 0x00291010, "OB", csa(b"")), None),
        (private("SIEMENS", 0x00291010, "OB", csa(b"750\0")[:90]), None),
        (private("GE MEDICAL SYSTEMS", 0x00431039, "IS", [1_000_000_800, 8, 0, 0]), 800),
        (private("GE MEDICAL SYSTEMS", 0x00431039, "UN", b"1000000050\\8\\0\\0"), 50),
        (private("Philips Medical Systems", 0x20011003, "FL", 800.0), 800),
        (private("Philips Medical Systems", 0x20011003, "UN", struct.pack("<f", 400.0)), 400),
        (private("UIH", 0x00651009, "FD", 800.0), 800),
        (private("UIH", 0x00651009, "UN", struct.pack("<d", 600.0)), 600),
        (private("GE MEDICAL SYSTEMS", 0x0019100C, "IS", "800"), None),  # Siemens' element in a GE file
    ],
)
def test_where_each_vendor_keeps_it(made, b):
    assert b_value(made) == b


def test_from_the_diffusion_sequence():
    item = Dataset()
    item.DiffusionBValue = 50.0
    assert b_value(dataset(MRDiffusionSequence=[item])) == 50
    assert b_value(dataset(MRDiffusionSequence=[])) is None
