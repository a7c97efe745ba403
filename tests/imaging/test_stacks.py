import pytest

from dls.domain import Sequence
from dls.geometry import Geometry
from dls.imaging.headers import read_header
from dls.imaging.stacks import stacks
from tests.imaging.series import OBLIQUE, change, write_sequence


def split(paths):
    return {stack.uid: len(stack.headers) for stack in stacks([read_header(p) for p in paths])}


def test_a_series_of_one_volume_stays_whole(series):
    assert split(series) == {"1.2.3.1": 8}


def test_b_values(tmp_path):
    paths = [p for b in (0.0, 50.0, 800.0) for p in write_sequence(tmp_path, Sequence.DWI, DiffusionBValue=b)]
    assert split(paths) == {"1.2.3.2#b 0": 8, "1.2.3.2#b 50": 8, "1.2.3.2#b 800": 8}


def test_a_map_beside_the_images(tmp_path):
    trace = write_sequence(tmp_path, Sequence.DWI, ImageType=["DERIVED", "PRIMARY", "TRACEW"])
    adc = write_sequence(tmp_path / "b", Sequence.DWI, ImageType=["DERIVED", "PRIMARY", "ADC"])
    assert split([*trace, *adc]) == {"1.2.3.2#image type ADC": 8, "1.2.3.2#image type TRACEW": 8}


def test_echoes(tmp_path):
    paths = [p for te in (2.3, 4.6) for p in write_sequence(tmp_path, Sequence.PRE, EchoTime=te)]
    assert split(paths) == {"1.2.3.3#echo 2.3": 8, "1.2.3.3#echo 4.6": 8}


def test_planes(tmp_path):
    coronal = Geometry(OBLIQUE.size, OBLIQUE.origin, OBLIQUE.spacing, (1, 0, 0, 0, 0, 1, 0, -1, 0))
    paths = [*write_sequence(tmp_path, Sequence.T2), *write_sequence(tmp_path, Sequence.T2, coronal)]
    assert split(paths) == {"1.2.3.1#plane 1": 8, "1.2.3.1#plane 2": 8}


@pytest.mark.parametrize(
    ("keyword", "values", "label"),
    [
        ("TemporalPositionIdentifier", (1, 2), "phase"),
        ("AcquisitionNumber", (1, 2), "acquisition"),
        ("AcquisitionTime", ("100000", "100100"), "time"),
    ],
)
def test_phases_in_one_series_are_split_where_positions_repeat(tmp_path, keyword, values, label):
    paths = [
        p
        for v in values
        for p in write_sequence(
            tmp_path / str(v), Sequence.PORTAL, **{"AcquisitionTime": "100000", keyword: v}
        )
    ]
    assert split(paths) == {f"1.2.3.5#{label} 1": 8, f"1.2.3.5#{label} 2": 8}


def test_numbers_that_differ_between_slices_do_not_split_a_volume(series):
    for k, path in enumerate(series):
        change(path, AcquisitionNumber=31744 + k, AcquisitionTime=f"1000{k:02d}")
    assert split(series) == {"1.2.3.1": 8}


def test_an_odd_slice_is_left_for_the_gate(series):
    change(series[3], ImageOrientationPatient=[1, 0, 0, 0, 0, -1])
    assert split(series) == {"1.2.3.1": 8}


def test_a_copied_slice_is_left_for_the_gate(series):
    copy = series[0].with_name("copy.dcm")
    copy.write_bytes(series[0].read_bytes())
    assert split([*series, copy]) == {"1.2.3.1": 9}


def test_start_and_title(tmp_path):
    paths = write_sequence(tmp_path, Sequence.PORTAL, SeriesNumber=7)
    change(paths[3], AcquisitionTime="100050")
    (stack,) = stacks([read_header(p) for p in paths])
    assert stack.start == 36050
    assert stack.title == 'series 7 "T1 VIBE fs"'
