import shutil

import pandas as pd
import pytest

from dls.analysis.validation import GOLDEN, GoldenFigure, validate_statistics
from dls.errors import InputError


@pytest.fixture
def golden(tmp_path):
    """A copy of the golden sets that a test may damage."""
    return shutil.copytree(GOLDEN, tmp_path / "golden")


def test_every_golden_figure_is_computed_and_passes():
    calls = []
    result = validate_statistics(progress=lambda *call: calls.append(call))
    failed = result.summary[~result.summary["passed"]]
    assert failed.empty, failed
    assert result.passed
    assert result.n_passed == len(result.figures) == len(pd.read_csv(GOLDEN / "expected.csv"))
    assert (result.summary["source"] != "").all()
    assert calls[-1][:2] == (8, 8)


def test_a_wrong_figure_fails_with_its_difference(golden):
    expected = pd.read_csv(golden / "expected.csv")
    row = expected.index[expected["name"] == "RRRC: F"][0]
    expected.loc[row, "expected"] += 0.5
    expected.to_csv(golden / "expected.csv", index=False)
    result = validate_statistics(golden)
    assert not result.passed
    (failed,) = [f for f in result.figures if not f.passed]
    assert failed.name == "RRRC: F"
    assert failed.difference == pytest.approx(-0.5)


def test_data_that_give_no_statistic_fail_their_group_only(golden):
    data = pd.read_csv(golden / "asah.csv")
    data.assign(outcome="Good").to_csv(golden / "asah.csv", index=False)
    result = validate_statistics(golden)
    failed = {f.group for f in result.figures if not f.passed}
    assert failed == {"ROC", "Calibration"}
    assert all(f.problem for f in result.figures if f.got is None)
    assert result.summary.loc[result.summary["group"] == "ROC", "got"].isna().all()


def test_a_figure_that_nothing_computes_fails(golden):
    with (golden / "expected.csv").open("a") as file:
        file.write("ROC,area of nothing,0.5,0.1,nobody\n")
    last = next(f for f in validate_statistics(golden).figures if f.name == "area of nothing")
    assert (last.passed, last.got, last.difference) == (False, None, None)
    assert "nothing computes" in last.problem


def test_tolerance_is_inclusive():
    assert GoldenFigure("g", "n", "s", 1.0, 1.25, 0.25).passed
    assert not GoldenFigure("g", "n", "s", 1.0, 1.25, 0.2).passed
    assert not GoldenFigure("g", "n", "s", 1.0, float("nan"), 0.2).passed


def test_missing_sets_and_unknown_groups_are_refused(golden):
    with (golden / "expected.csv").open("a") as file:
        file.write("Astrology,sign,1,1,stars\n")
    with pytest.raises(InputError, match="Astrology"):
        validate_statistics(golden)
    (golden / "vandyke.csv").unlink()
    shutil.copy(GOLDEN / "expected.csv", golden)
    with pytest.raises(InputError, match=r"vandyke\.csv"):
        validate_statistics(golden)
