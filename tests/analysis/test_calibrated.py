import numpy as np
import pytest

from dls.analysis.calibrated import BAND_REPLICATES, calibrated_systems, decision_study, system_calibration
from dls.analysis.calibrated_layout import calibration_layout, decision_layout
from dls.analysis.case_filter import CaseFilter
from dls.analysis.case_selection import select
from dls.analysis.system import model, reader
from dls.domain import Task
from dls.stats.bootstrap import bootstrap, weighted_mean
from dls.stats.decision_curve import net_benefit
from tests.analysis.tiny_study import tiny_study, two_patients_of_two

READER = reader(11, "Reader 1")


def test_models_are_judged_in_their_task_and_readers_on_malignancy() -> None:
    tasks = dict(calibrated_systems(tiny_study()))
    assert tasks[model("A")] is Task.SEVEN_WAY
    assert tasks[READER] is Task.BENIGN_MALIGNANT


def test_the_bins_of_a_curve_open_its_cases() -> None:
    """Model C gives 0.1 twice, 0.2 twice ...: every case is behind exactly one point of the curve."""
    (found,) = system_calibration(tiny_study(), model("C"), Task.BENIGN_MALIGNANT).classes
    behind = [select(tiny_study(), CaseFilter.from_query(_lists(b.to_query()))).index for b in found.bins]
    assert [len(b) for b in behind] == found.found.curve.n.tolist()
    assert sorted(np.concatenate(behind)) == list(range(1, 13))
    positive = tiny_study().cases["lesion_class"] >= 4
    np.testing.assert_allclose([positive.loc[b].mean() for b in behind], found.found.curve.observed)


def _lists(query: dict) -> dict[str, list[str]]:
    return {name: value if isinstance(value, list) else [value] for name, value in query.items()}


def test_a_class_without_cases_has_a_dash_and_a_reason() -> None:
    printed = calibration_layout(system_calibration(tiny_study(), model("A"), Task.SEVEN_WAY))
    fnh = next(row for row in printed.sections[0].rows if row.label == "FNH")
    assert fnh.cells[1].text == "–"
    assert any("FNH" in note for note in printed.notes)


def test_net_benefit_of_a_readers_calls_by_hand() -> None:
    """Reader 1 read 11 cases: 5 malignant, 4 of them called so, no false positive."""
    found = decision_study(tiny_study(), model("C"))
    row = next(d for d in found.decisions if d.system == READER)
    at = int(np.argmin(np.abs(row.curve.threshold - 0.3)))
    assert row.curve.model[at] == pytest.approx(4 / 11)
    assert row.n == 11


def test_net_benefit_of_a_models_probability_is_that_of_its_calls_at_the_threshold() -> None:
    data = tiny_study()
    found = decision_study(data, model("D"))
    assert [d.system.key for d in found.decisions[:4]] == ["D", "C", "A", "B"]
    positive = data.cases["lesion_class"] >= 4
    for t in (0.15, 0.45, 0.75):
        curve = found.decisions[0].curve
        at = int(np.argmin(np.abs(curve.threshold - t)))
        called = data.scores["D"]["malignant"] >= curve.threshold[at]
        assert curve.model[at] == pytest.approx(net_benefit(positive, called, float(curve.threshold[at])))
    assert found.band.low is not None
    assert "Reader 1 11" in decision_layout(found).notes[1]


def test_the_band_draws_patients_with_all_of_their_lesions() -> None:
    """Against a bootstrap of each threshold, in which cases 1 and 7, 8 and 9 are drawn together."""
    data = two_patients_of_two()
    band, apart = (decision_study(d, model("D")).band for d in (data, tiny_study()))
    whose = [1, 2, 3, 4, 5, 6, 1, 8, 8, 10, 11, 12]
    positive, score = (data.cases["lesion_class"] >= 4).to_numpy(), data.scores["D"]["malignant"].to_numpy()
    odds = band.threshold / (1 - band.threshold)
    worth = {
        k: weighted_mean(np.where(positive, 1.0, -odds[k]) * (score >= band.threshold[k]))
        for k in range(len(odds))
    }
    found = bootstrap(worth, whose, n_replicates=BAND_REPLICATES)
    np.testing.assert_allclose(band.low, [found[k].interval.low for k in worth])
    np.testing.assert_allclose(band.high, [found[k].interval.high for k in worth])
    assert not np.allclose(band.low, apart.low)
