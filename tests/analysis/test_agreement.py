import numpy as np
import pytest

from dls.analysis.agreement import agreement_table, confusion_matrix, truth_agreement
from dls.analysis.dataset import BenignCalls
from dls.analysis.system import CONSENSUS, model, reader
from dls.domain import Task
from tests.analysis.tiny_study import tiny_study


def test_table_4_has_models_in_their_task_then_people_in_the_seven_way() -> None:
    rows = agreement_table(tiny_study()).rows
    found = {r.system.key: f"{r.accuracy.count}/{r.accuracy.n} {r.task}" for r in rows}
    assert found == {
        "A": "10/12 seven-way",
        "B": "8/12 seven-way",
        "C": "10/12 benign/malignant",
        "D": "12/12 benign/malignant",
        "E": "3/6 malignant three-way",
        "F": "6/6 malignant three-way",
        "G": "5/6 malignant three-way",
        "reader-11": "9/11 seven-way",
        "reader-12": "10/12 seven-way",
        "consensus": "10/11 seven-way",
    }


def test_kappa_by_hand() -> None:
    """C: observed 10/12; both margins 6 and 6, so chance is 1/2; kappa 2/3; null z = kappa * sqrt(12)."""
    kappa = truth_agreement(tiny_study(), model("C"), Task.BENIGN_MALIGNANT).kappa
    assert kappa.kappa == pytest.approx(2 / 3)
    assert kappa.statistic == pytest.approx(2 / 3 * np.sqrt(12))


def test_confusion_matrix_of_the_seven_way_task() -> None:
    matrix = confusion_matrix(tiny_study(), model("B"), Task.SEVEN_WAY)
    expected = np.zeros((7, 7), int)
    expected[0, :2] = 2, 1
    expected[1, :2] = 1, 1
    expected[3, 3] = expected[6, 6] = 1
    expected[4, 4:6] = 1, 2
    expected[5, 5] = 2
    np.testing.assert_array_equal(matrix.counts, expected)
    assert (matrix.n, matrix.correct, matrix.cases) == (12, 8, 12)
    assert matrix.rates[0, 0] == pytest.approx(2 / 3)
    assert np.isnan(matrix.rates[2]).all()


def test_benign_calls_have_their_own_last_column_in_the_three_way_matrix() -> None:
    matrix = confusion_matrix(tiny_study(), reader(11, "Reader 1"), Task.MALIGNANT_THREE_WAY)
    assert matrix.columns == ("HCC", "metastatic malignancy", "other primary malignancy", "benign")
    np.testing.assert_array_equal(matrix.counts, [[2, 0, 0, 1], [0, 2, 0, 0], [0, 0, 0, 0]])
    assert (matrix.n, matrix.correct, matrix.cases) == (5, 4, 6)
    dropped = confusion_matrix(tiny_study(), CONSENSUS, Task.MALIGNANT_THREE_WAY, BenignCalls.DROPPED)
    assert dropped.counts.shape == (3, 3)


def test_agreement_between_readers() -> None:
    """They agree in 7 of the 11 cases both read; margins below; chance 22/121."""
    between = agreement_table(tiny_study()).inter_reader
    (pair,) = between.pairs
    assert (pair.n, between.complete, between.cases, between.readers) == (11, 11, 12, 2)
    first = np.array([2, 3, 1, 1, 2, 2, 0])
    second = np.array([3, 2, 0, 1, 3, 2, 0])
    chance = first @ second / 121
    assert pair.kappa.kappa == pytest.approx((7 / 11 - chance) / (1 - chance))
    share = (first + second) / 22
    fleiss = (7 / 11 - share @ share) / (1 - share @ share)
    assert between.fleiss.coefficient == pytest.approx(fleiss)
