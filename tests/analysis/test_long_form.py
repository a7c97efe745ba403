import pytest

from dls.analysis.accuracy import accuracy_table
from dls.analysis.agreement import agreement_table
from dls.analysis.long_form import accuracy_long_form, agreement_long_form
from dls.analysis.system import CONSENSUS
from dls.domain import Task
from tests.analysis.tiny_study import tiny_study


def value(frame, system: str, target: str, measure: str) -> tuple:
    found = frame[(frame["system"] == system) & (frame["target"] == target) & (frame["measure"] == measure)]
    assert len(found) == 1
    return tuple(found[["value", "count", "n"]].iloc[0])


def test_table_1_has_one_number_a_row_under_the_published_names() -> None:
    long = accuracy_long_form(accuracy_table(tiny_study(), Task.SEVEN_WAY, CONSENSUS))
    assert set(long["table"]) == {"1"}
    assert value(long, "Model B", "HCC", "sensitivity") == (pytest.approx(100 / 3), 1, 3)
    assert value(long, "Model B vs Reader consensus", "HCC", "McNemar p, sensitivity") == (1.0, 3, 3)
    assert value(long, "Model A", "cyst", "AUC")[0] == pytest.approx(17 / 18)
    assert 0 < value(long, "Model A vs Model B", "cyst", "DeLong p")[0] < 1


def test_what_is_undefined_is_not_there() -> None:
    long = accuracy_long_form(accuracy_table(tiny_study(), Task.SEVEN_WAY, CONSENSUS))
    assert set(long[long["target"] == "FNH"]["measure"]) == {"specificity", "McNemar p, specificity"}


def test_table_4() -> None:
    long = agreement_long_form(agreement_table(tiny_study()))
    assert value(long, "Model C", "all", "accuracy") == (pytest.approx(100 * 10 / 12), 10, 12)
    assert value(long, "Model C", "all", "kappa")[0] == pytest.approx(2 / 3)
    assert value(long, "Reader 1", "all", "accuracy")[2] == 11
