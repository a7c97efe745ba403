import math

import pytest

from dls.analysis.printed import (
    Cell,
    PrintedTable,
    Row,
    Section,
    coefficient,
    fixed,
    p_value,
    percent,
    to_csv,
)
from dls.stats.interval import ConfidenceInterval
from dls.stats.proportions import proportion


@pytest.mark.parametrize(
    ("p", "text"), [(0.0004, "<0.001"), (0.0006, "0.001"), (0.0419, "0.042"), (1.0, "1.000"), (math.nan, "–")]
)
def test_p_values(p: float, text: str) -> None:
    assert p_value(p) == text


def test_a_full_proportion_is_printed_as_100() -> None:
    """9 of 9: 66.4 to 100, as the paper prints it for FNH."""
    assert percent(proportion(9, 9)) == Cell("100 (66.4–100)", "9/9")


@pytest.mark.parametrize(
    ("value", "low", "high", "text"),
    [
        (0.744, 0.687, 0.801, "0.744 (0.687–0.801)"),
        (0.1, -0.544, 0.744, "0.100 (−0.544 to 0.744)"),
        (-0.5, -0.9, -0.1, "−0.500 (−0.900 to −0.100)"),
    ],
)
def test_a_kappa_below_zero_has_a_minus_sign(value: float, low: float, high: float, text: str) -> None:
    assert coefficient(value, ConfidenceInterval(low, high)).text == text


@pytest.mark.parametrize(
    ("value", "sign", "text"),
    [
        (-0.004, "", "0.00"),
        (-0.006, "", "−0.01"),
        (0.004, "+", "+0.00"),
        (-0.004, "+", "+0.00"),
        (2, "", "2.00"),
    ],
)
def test_nothing_is_less_than_zero_by_rounding(value: float, sign: str, text: str) -> None:
    assert fixed(value, 2, sign=sign) == text


def test_csv_has_every_cell_and_the_notes() -> None:
    table = PrintedTable(
        "t",
        "Caption",
        (Cell("cyst", "n = 3"),),
        (Section("AUC", (Row("A", (Cell("0.9", "1/2"),)),)),),
        ("Note, 1",),
    )
    assert to_csv(table) == ',,cyst [n = 3]\nAUC,A,0.9 [1/2]\n\n"Note, 1"\n'
    assert to_csv(table, "protocol not frozen · code 1").splitlines()[-2:] == [
        '"Note, 1"',
        "protocol not frozen · code 1",
    ]
