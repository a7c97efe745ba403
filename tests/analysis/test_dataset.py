from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dls.analysis import dataset
from dls.analysis.dataset import BENIGN_CALL, BenignCalls, load
from dls.analysis.system import CONSENSUS, model, reader
from dls.domain import MODELS, LesionClass, Task
from dls.errors import InputError
from dls.study.protocol import SessionPlan, protocol
from tests.analysis.tiny_store import tiny_store
from tests.analysis.tiny_study import CALLS, tiny_study

READER_1, READER_2 = reader(11, "Reader 1"), reader(12, "Reader 2")


def test_a_model_calls_the_class_with_the_largest_score() -> None:
    assert tiny_study().calls(model("A"), Task.SEVEN_WAY).to_dict() == CALLS["A"]


def test_a_tie_goes_to_the_first_class() -> None:
    data = tiny_study()
    data.scores["C"].loc[5] = [0.5, 0.5]
    assert data.calls(model("C"), Task.BENIGN_MALIGNANT)[5] == 0


def test_truth_of_a_task_has_only_its_cases() -> None:
    data = tiny_study()
    assert data.truth(Task.MALIGNANT_THREE_WAY).to_dict() == {7: 0, 8: 0, 9: 0, 10: 1, 11: 1, 12: 2}
    assert data.truth(Task.BENIGN_MALIGNANT).sum() == 6
    assert len(data.truth(Task.SEVEN_WAY)) == 12


def test_a_reading_reduces_to_every_task() -> None:
    data = tiny_study()
    assert data.calls(READER_1, Task.SEVEN_WAY)[8] == LesionClass.FNH
    assert data.calls(READER_1, Task.BENIGN_MALIGNANT).to_dict() == {
        **dict.fromkeys([1, 2, 3, 4, 5, 6, 8], 0),
        **dict.fromkeys([7, 9, 10, 11], 1),
    }
    assert data.calls(READER_1, Task.MALIGNANT_THREE_WAY).to_dict() == {
        7: 0,
        8: BENIGN_CALL,
        9: 0,
        10: 1,
        11: 1,
    }


def test_the_papers_rule_drops_a_benign_call_on_a_malignant_case() -> None:
    calls = tiny_study().calls(CONSENSUS, Task.MALIGNANT_THREE_WAY, BenignCalls.DROPPED)
    assert calls.index.tolist() == [7, 9, 10, 11]


def test_systems_of_a_task() -> None:
    data = tiny_study()
    assert [s.key for s in data.systems(Task.MALIGNANT_THREE_WAY)] == [
        "E",
        "F",
        "G",
        "reader-11",
        "reader-12",
        "consensus",
    ]
    assert [s.name for s in data.readers] == ["Reader 1", "Reader 2"]


def test_readings_are_counted_with_the_simulated_ones() -> None:
    count = tiny_study().reading_count()
    assert (count.signed, count.simulated, count.expected) == (23, 21, 24)
    assert str(count) == (
        "21 of 23 readings simulated; 1 of 24 not yet read; consensus in 11 of 12 cases (10 simulated)"
    )
    assert (
        str(tiny_study().of_cases([1]).reading_count())
        == "2 readings, none simulated; consensus in 1 of 1 cases"
    )


def test_the_study_of_some_cases_has_nothing_else() -> None:
    some = tiny_study().of_cases([7, 8])
    assert some.cases.index.tolist() == [7, 8]
    assert all(frame.index.tolist() == [7, 8] for frame in some.scores.values())
    assert set(some.readings["case_id"]) == set(some.consensus["case_id"]) == {7, 8}


def test_only_a_reader_has_an_account() -> None:
    assert READER_2.reader_id == 12
    with pytest.raises(InputError, match="Model A"):
        _ = model("A").reader_id


def test_a_protocol_can_set_an_operating_point() -> None:
    data = replace(tiny_study(), operating_points={"C": 0.75})
    assert data.calls(model("C"), Task.BENIGN_MALIGNANT).loc[[5, 9, 10, 8]].tolist() == [0, 0, 0, 1]


def test_load_reads_the_same_study_from_its_store(tmp_path: Path) -> None:
    expected, loaded = tiny_study(), load(tiny_store(tmp_path / "study.db"))
    assert [r.name for r in loaded.readers] == ["Reader 1", "Reader 2"]
    for letter in MODELS:
        np.testing.assert_allclose(loaded.scores[letter], expected.scores[letter])
    columns = ["reader", "case_id", "lesion_class", "malignancy", "simulated"]
    for found, wanted in ((loaded.readings, expected.readings), (loaded.consensus, expected.consensus)):
        shown = [c for c in columns if c in wanted]
        rows = [f[shown].sort_values(shown).to_numpy().tolist() for f in (found, wanted)]
        assert rows[0] == rows[1]


def test_load_takes_one_session_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = tiny_store(tmp_path / "study.db")
    with pytest.raises(InputError, match="no such session"):
        load(store, session=2)
    plan = replace(protocol(store), sessions=(SessionPlan(), SessionPlan(2, "Session 2")))
    monkeypatch.setattr(dataset, "protocol", lambda _: plan)
    data = load(store, session=2)
    assert len(data.readings) == len(data.consensus) == 0
    assert data.reading_count().expected == 24
