import numpy as np
import pytest

from dls.analysis.accuracy import accuracy_table
from dls.analysis.accuracy_layout import accuracy_layout
from dls.analysis.agreement import agreement_table
from dls.analysis.agreement_layout import agreement_layout
from dls.analysis.system import AVERAGE, model, reader
from dls.domain import Task
from dls.stats.mcnemar import mcnemar
from tests.analysis.tiny_study import tiny_study


def test_the_difference_is_that_of_the_mean_of_sensitivity_and_specificity() -> None:
    """In the eleven cases of all, by hand: model C 4/5 and 5/6; the readers 4/5, 6/6 and 5/5, 6/6."""
    table = accuracy_table(tiny_study(), Task.BENIGN_MALIGNANT, AVERAGE)
    result = table.classes[0].against_average[0].result
    assert result.difference == pytest.approx(((0.8 + 1) / 2 + 1) / 2 - (4 / 5 + 5 / 6) / 2)
    assert result.n_excluded == 1


def test_the_average_has_rates_and_no_mcnemar() -> None:
    printed = accuracy_layout(accuracy_table(tiny_study(), Task.SEVEN_WAY, AVERAGE))
    rows = {row.label: row for s in printed.sections if s.heading == "Sensitivity, %" for row in s.rows}
    assert list(rows) == ["Model A", "Model B", "Average of readers"]
    hcc = rows["Average of readers"].cells[4]
    assert (hcc.text, hcc.detail) == ("66.7", "66.7 to 66.7")
    assert printed.sections[-1].heading.startswith("(Sensitivity + specificity) / 2")
    assert [row.label for row in printed.sections[-1].rows] == ["Readers – A", "Readers – B"]
    assert "McNemar's test does not apply" in printed.notes[1]


def test_a_model_can_be_the_comparator_and_does_not_meet_itself() -> None:
    table = accuracy_table(tiny_study(), Task.SEVEN_WAY, model("A"))
    assert [(p.a.key, p.b.key) for p in table.classes[0].against_comparator] == [("B", "A")]
    rows = next(s for s in accuracy_layout(table).sections if s.heading == "Sensitivity, %").rows
    assert [row.label for row in rows] == ["Model A", "Model B", "p, B – model a"]


def test_table_4_against_a_reader_is_mcnemar_in_the_cases_of_both() -> None:
    """Reader 1 read cases 1 to 11; model B is wrong on 1, 5, 7 and 9, reader 1 on 2 and 8."""
    table = agreement_table(tiny_study(), comparator=reader(11, "Reader 1"))
    row = next(r for r in table.rows if r.system == model("B"))
    b = np.array([i not in {1, 5, 7, 9} for i in range(1, 12)])
    one = np.array([i not in {2, 8} for i in range(1, 12)])
    assert row.against.accuracy.p_exact == mcnemar(b, one).p_exact
    assert (row.against.accuracy.only_a, row.against.accuracy.only_b) == (2, 4)
    assert next(r for r in table.rows if r.system.key == "reader-11").against is None
    printed = agreement_layout(table)
    assert [c.text for c in printed.columns[-2:]] == ["p, accuracy", "p, kappa"]


def test_table_4_prints_the_average_without_a_test() -> None:
    """Reader 1 has 9 of 11, reader 2 has 10 of 12."""
    printed = agreement_layout(agreement_table(tiny_study(), comparator=AVERAGE))
    row = next(r for s in printed.sections for r in s.rows if r.label == "Average of readers")
    assert (row.cells[0].text, row.cells[0].detail) == ("82.6", "81.8 to 83.3")
    assert len(printed.columns) == 4
