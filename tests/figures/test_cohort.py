from dls.analysis.cohort import cohort
from dls.figures.cohort import composition
from tests.analysis.tiny_study import tiny_study


def test_a_bar_a_class() -> None:
    bar = composition(cohort(tiny_study())).data[0]
    assert list(bar.x) == [3, 2, 0, 1, 3, 2, 1]
    assert [float(t) for t in bar.text] == list(bar.x)
    assert bar.customdata[4] == "task=seven-way&truth=HCC"
