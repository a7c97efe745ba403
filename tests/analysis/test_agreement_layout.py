import numpy as np

from dls.analysis.agreement import agreement_table
from dls.analysis.agreement_layout import agreement_layout, inter_reader_layout
from dls.analysis.case_selection import select
from dls.domain import Task
from tests.analysis.test_accuracy_layout import row
from tests.analysis.tiny_study import tiny_study, two_patients_of_two


def test_table_4() -> None:
    table = agreement_layout(agreement_table(tiny_study()))
    assert [s.heading for s in table.sections] == ["seven-way", "benign/malignant", "malignant three-way"]
    accuracy, kappa, z, _ = row(table, "benign/malignant", "Model C").cells
    assert (accuracy.text, accuracy.detail) == ("83.3 (51.6–97.9)", "10/12")
    assert kappa.text.startswith("0.667 (")
    assert z.text == "2.3"
    assert select(tiny_study(), accuracy.cases).index.tolist() == [5, 10]


def test_inter_reader_table_ends_with_all_readers() -> None:
    rows = inter_reader_layout(agreement_table(tiny_study())).sections[0].rows
    names = ("Fleiss", "Conger", "Gwet's AC1")
    assert [r.label for r in rows] == ["Reader 1 – Reader 2", *(f"All 2 readers ({n})" for n in names)]
    calls = [tiny_study().calls(r, Task.SEVEN_WAY) for r in tiny_study().readers]
    both = calls[0].index.intersection(calls[1].index)
    first, second = (c.loc[both].to_numpy() for c in calls)
    equal, n = np.mean(first == second), len(both)
    uses = [np.bincount(c, minlength=7) / n for c in (first, second)]
    mean = (uses[0] + uses[1]) / 2
    chance = ((mean**2).sum(), uses[0] @ uses[1], (mean * (1 - mean)).sum() / 6)
    for of_all, expected in zip(rows[1:], chance, strict=True):
        assert of_all.cells[0].text.startswith(f"{(equal - expected) / (1 - expected):.3f} (")
    for one in rows:
        assert (one.cells[-1].text, one.cells[-1].detail) == ("11", "4 differ")
        assert select(tiny_study(), one.cells[-1].cases).index.tolist() == [2, 8, 9, 10]


def test_patients_with_several_cases_are_said() -> None:
    said = "2 patients have more than one case; intervals and tests take cases as independent."
    for of in (agreement_layout, inter_reader_layout):
        assert said in of(agreement_table(two_patients_of_two())).notes
        assert not any("patient" in note for note in of(agreement_table(tiny_study())).notes)
