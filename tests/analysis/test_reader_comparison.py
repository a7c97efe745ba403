from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dls.analysis import reader_comparison
from dls.analysis.dataset import load
from dls.analysis.reader_comparison import matched_point, modality_comparison, model_against_readers
from dls.analysis.reader_comparison_layout import (
    against_readers_layout,
    areas_layout,
    matched_layout,
    modalities_layout,
)
from dls.analysis.system import model
from dls.analysis.undefined import Undefined
from dls.domain import Task
from dls.stats.crossed import crossed_ratings
from dls.stats.matched import matched_sensitivity
from dls.stats.standalone import standalone
from dls.study.protocol import SessionPlan, protocol
from tests.analysis.tiny_store import tiny_store
from tests.analysis.tiny_study import tiny_study, two_patients_of_two


def test_a_model_against_the_readers_is_the_standalone_analysis_of_the_cases_of_all() -> None:
    """Case 12 lacks a reading of reader 1 and is left out; the long form gives the same numbers."""
    data = tiny_study()
    found = model_against_readers(data, model("C"))
    truth = data.truth(Task.BENIGN_MALIGNANT)
    long = pd.DataFrame(
        [(r.reader, r.case_id, r.malignancy) for r in data.readings.itertuples()]
        + [("C", i, p) for i, p in data.scores["C"]["malignant"].items()],
        columns=["reader", "case", "rating"],
    )
    long["truth"] = long["case"].map(truth)
    expected = standalone(crossed_ratings(long, modality=None, incomplete="exclude"), "C")
    assert found.result.difference == pytest.approx(expected.difference)
    assert found.result.analyses["RRRC"].pvalue == pytest.approx(expected.analyses["RRRC"].pvalue)
    assert found.result.n_excluded == 1
    assert [a.n for a in found.areas] == [12, 11, 12]
    assert "11 cases that all rated; 1 left out" in against_readers_layout(found).notes[1]
    assert areas_layout(found).sections[0].rows[1].label == "Reader 1"


def test_the_model_is_met_at_the_readers_specificity() -> None:
    """Case 12 lacks a call of reader 1; with benign cases all called benign the specificity is full."""
    data = tiny_study()
    found = matched_point(data, model("D")).result
    truth = data.truth(Task.BENIGN_MALIGNANT).drop(12)
    calls = [data.calls(r, Task.BENIGN_MALIGNANT).drop(12, errors="ignore") for r in data.readers]
    specificity = np.mean([(c[truth == 0] == 0).mean() for c in calls])
    sensitivity = np.mean([(c[truth == 1] == 1).mean() for c in calls])
    score = data.scores["D"]["malignant"].drop(12)
    own = max((score[truth == 1] >= t).mean() for t in score if (score[truth == 0] < t).mean() >= specificity)
    assert found.reader_specificity == specificity == 1
    assert found.reader_sensitivity == pytest.approx(sensitivity)
    assert found.model.sensitivity == pytest.approx(own)
    assert found.difference == pytest.approx(own - sensitivity)
    assert found.model.n_positive + found.model.n_negative == 11
    table = matched_layout(matched_point(data, model("D")))
    texts = [row.cells[0].text for row in table.sections[0].rows]
    assert texts[:2] == ["100", "90.0"]
    assert texts[3].startswith("+10.0 (")
    assert "11 cases" in table.notes[0]


def test_the_matched_point_draws_patients_with_all_of_their_lesions() -> None:
    data, task = two_patients_of_two(), Task.BENIGN_MALIGNANT
    found, apart = (matched_point(d, model("C")).result for d in (data, tiny_study()))
    truth = data.truth(task).drop(12) == 1
    calls = [data.calls(r, task).drop(12, errors="ignore") == 1 for r in data.readers]
    score = data.scores["C"]["malignant"].drop(12)
    whose = [1, 2, 3, 4, 5, 6, 1, 8, 8, 10, 11]
    expected = matched_sensitivity(truth, score, np.array(calls), patient=whose)
    assert tuple(found.interval) == tuple(expected.interval) != tuple(apart.interval)
    assert found.difference == expected.difference == apart.difference


def test_without_a_common_case_nothing_is_matched() -> None:
    whole = tiny_study()
    for data in (replace(whole, readings=whole.readings.iloc[:0]), replace(whole, readers=())):
        table = matched_layout(matched_point(data, model("D")))
        assert [row.cells[0].text for row in table.sections[0].rows] == ["–"] * 5
        assert table.notes[0].startswith("–: ")


def test_a_seven_way_model_gives_the_sum_of_its_malignant_classes() -> None:
    data = tiny_study()
    p = data.probability(model("A"), "malignant", Task.BENIGN_MALIGNANT)
    assert p[1] == pytest.approx(0.3)
    assert p[7] == pytest.approx(0.6)


def test_without_readers_there_is_a_reason() -> None:
    data = replace(tiny_study(), readers=())
    found = model_against_readers(data, model("C"))
    assert isinstance(found.result, Undefined)
    assert against_readers_layout(found).notes[0] == "–: There is no reader to compare with"


def test_one_session_is_one_condition(tmp_path: Path) -> None:
    store = tiny_store(tmp_path / "study.db")
    found = modality_comparison(store, load(store))
    assert isinstance(found, Undefined)
    assert "one condition" in found.reason


def test_two_sessions_are_two_modalities(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = tiny_store(tmp_path / "study.db")
    data = load(store)
    plan = replace(protocol(store), sessions=(SessionPlan(), SessionPlan(2, "Session 2")))
    rng = np.random.default_rng(2)
    first = reader_comparison.long_ratings(store)
    second = first.assign(
        treatment="Session 2", rating=np.clip(first["rating"] + rng.normal(0, 30, len(first)), 0, 100)
    )
    monkeypatch.setattr(reader_comparison, "protocol", lambda _: plan)
    monkeypatch.setattr(reader_comparison, "long_ratings", lambda _: pd.concat([first, second]))
    found = modality_comparison(store, data)
    assert not isinstance(found, Undefined)
    assert found.modalities == ("Session 1", "Session 2")
    assert found.readers == ("Reader 1", "Reader 2")
    assert found.n_excluded == 1
    printed = modalities_layout(found)
    assert [s.heading for s in printed.sections][-1] == "Areas"
    many = replace(found, modalities=tuple("ABCDE"), auc=np.arange(10.0).reshape(5, 2) / 10)
    shown = modalities_layout(many).sections[-1].rows
    assert [(r.label, [c.text for c in r.cells]) for r in shown] == [
        ("Reader 1", ["0.000", "0.200", "0.400", "0.600"]),
        ("Reader 1", ["0.800"]),
        ("Reader 2", ["0.100", "0.300", "0.500", "0.700"]),
        ("Reader 2", ["0.900"]),
    ]
    halved = modality_comparison(store, data.of_cases(data.cases.index[::2]))
    assert not isinstance(halved, Undefined)
    assert (found.components.n_positive, halved.components.n_positive) == (5, 3)
