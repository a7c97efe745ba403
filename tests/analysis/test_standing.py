import numpy as np
import pytest

from dls.analysis.accuracy import accuracy_table
from dls.analysis.agreement import confusion_matrix
from dls.analysis.case_filter import ANY_READER, CaseFilter, Condition
from dls.analysis.case_selection import describe, select
from dls.analysis.standing import in_matrix, on_curves
from dls.analysis.system import model, reader
from dls.domain import MODELS, Task
from tests.analysis.tiny_study import tiny_study


def test_a_case_stands_where_its_score_is_the_threshold() -> None:
    """Model C gives case 5 (benign) 0.6: 5 of 6 malignant cases have as much, of the benign only itself."""
    data = tiny_study()
    table = accuracy_table(data, Task.BENIGN_MALIGNANT)
    place = next(s for s in on_curves(data, table, 5) if s.system == model("C"))
    assert (place.score, place.true_positive_rate) == (0.6, pytest.approx(5 / 6))
    assert place.false_positive_rate == pytest.approx(1 / 6)


def test_a_case_stands_on_the_readers_curves_too() -> None:
    """Reader 1 is sure to 0.8 of case 9: 4 of 5 malignant cases have as much, of the benign ones none."""
    data = tiny_study()
    table = accuracy_table(data, Task.BENIGN_MALIGNANT)
    place = next(s for s in on_curves(data, table, 9) if s.system == reader(11, "Reader 1"))
    assert (place.score, place.true_positive_rate) == (0.8, pytest.approx(4 / 5))
    assert place.false_positive_rate == 0
    assert not [s for s in on_curves(data, table, 12) if s.system == reader(11, "Reader 1")]


@pytest.mark.parametrize("task", Task)
def test_every_cell_holds_the_cases_that_stand_in_it(task: Task) -> None:
    data = tiny_study()
    for system in data.systems(task):
        matrix = confusion_matrix(data, system, task)
        counted = np.zeros_like(matrix.counts)
        for case_id in data.cases.index:
            cell = in_matrix(data, matrix, case_id)
            if cell is not None:
                counted[cell] += 1
        np.testing.assert_array_equal(counted, matrix.counts)


def test_a_case_of_no_answer_stands_nowhere() -> None:
    data = tiny_study()
    matrix = confusion_matrix(data, reader(11, "Reader 1"), Task.SEVEN_WAY)
    assert in_matrix(data, matrix, 12) is None
    three = accuracy_table(data, Task.MALIGNANT_THREE_WAY)
    assert on_curves(data, three, 1) == ()
    assert len(on_curves(data, three, 7)) == 3 * sum(m.task is three.task for m in MODELS.values())


def test_the_cases_that_any_reader_got_wrong() -> None:
    chosen = CaseFilter(where=(Condition(ANY_READER, "wrong"),))
    assert select(tiny_study(), chosen).index.tolist() == [2, 8, 9, 10]
    assert describe(tiny_study(), chosen) == "seven-way: any reader wrong"
