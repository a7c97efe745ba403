from dataclasses import replace

from dls.analysis.case_selection import select
from dls.analysis.cohort import cohort
from dls.analysis.cohort_layout import composition_layout, flow_layout
from tests.analysis.tiny_study import tiny_study


def test_a_diameter_that_nobody_knows_is_a_dash() -> None:
    data = tiny_study()
    unknown = replace(data, cases=data.cases.assign(lesion_mm=float("nan")))
    rows = composition_layout(cohort(unknown)).sections[0].rows
    assert {r.cells[3].text for r in rows} == {"–"}


def test_composition_and_flow() -> None:
    found = cohort(tiny_study())
    table = composition_layout(found)
    assert table.caption == "12 cases, 6 malignant"
    hcc = table.sections[0].rows[4]
    assert [c.text for c in hcc.cells] == ["3", "25.0", "3/3", "80 (75–85)"]
    assert select(tiny_study(), hcc.cells[0].cases).index.tolist() == [7, 8, 9]
    assert table.sections[0].rows[2].cells[3].text == "–"
    assert table.notes == ("Reference standard: histopathology in 6 cases; follow-up in 6 cases.",)
    flow = [r.cells[0] for r in flow_layout(found).sections[0].rows]
    assert [c.text for c in flow] == ["12", "12", "12", "11", "11"]
    assert [len(select(tiny_study(), c.cases)) for c in flow] == [12, 12, 12, 11, 11]
