import pytest

from dls.analysis.reading_times import reading_times, time_layout
from dls.analysis.undefined import Undefined
from tests.analysis.tiny_study import tiny_study


def test_times_that_were_not_measured_are_counted_and_left_out() -> None:
    data = tiny_study()
    first = data.readings["reader_id"] == 11
    data.readings.loc[first & (data.readings["case_id"] <= 3), "active_seconds"] = [0.0, 10.0, 90.0]
    one, two = reading_times(data)
    assert (len(one.seconds), one.not_measured, one.simulated) == (10, 1, 10)
    assert one.time.median == 30
    assert one.against_first is None
    assert two.against_first.n == 10
    assert two.against_first.ratio == pytest.approx((30 * 30 / (10 * 90)) ** (1 / 10))
    printed = time_layout((one, two))
    assert "Readings without a measured time: Reader 1 1." in printed.notes
    assert "21 of 22 times simulated." in printed.notes


def test_too_few_times_have_a_reason() -> None:
    data = tiny_study()
    data.readings["active_seconds"] = 0.0
    found = reading_times(data)
    assert all(isinstance(row.time, Undefined) for row in found)
    assert "Too few reading times" in " ".join(time_layout(found).notes)
