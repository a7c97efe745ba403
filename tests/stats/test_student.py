from math import inf

import pytest

from dls.stats.student import quantile, two_sided


@pytest.mark.parametrize(("df", "expected"), [(1, 12.7062), (4, 2.7764), (30, 2.0423), (inf, 1.9600)])
def test_critical_values_are_those_of_the_tables(df: float, expected: float) -> None:
    """Fisher and Yates, Statistical Tables, table III: t at two-sided p 0.05."""
    assert quantile(0.95, df) == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize("df", [1, 4.5, inf])
@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
def test_a_test_and_an_interval_agree(df: float, level: float) -> None:
    assert two_sided(-quantile(level, df), df) == pytest.approx(1 - level)
