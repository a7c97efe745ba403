from dataclasses import replace

import pytest

from dls.analysis.dataset import load
from dls.analysis.dossier import dossier
from dls.domain import LesionClass
from dls.errors import InputError
from dls.study.opinion import shown_on
from dls.study.store import Store
from tests.analysis.test_aided import CROSSED, SEQUENTIAL, read_study
from tests.analysis.tiny_study import tiny_study


def test_everything_known_of_a_case() -> None:
    found = dossier(tiny_study(), 9)
    assert (found.code, found.truth.label) == ("T-09", "HCC")
    assert {s.system.key: (s.called, s.correct) for s in found.scores} == {
        "A": ("metastatic malignancy", False),
        "B": ("metastatic malignancy", False),
        "C": ("malignant", True),
        "D": ("malignant", True),
        "E": ("metastatic malignancy", False),
        "F": ("HCC", True),
        "G": ("HCC", True),
    }
    assert found.scores[2].scores == pytest.approx({"benign": 0.3, "malignant": 0.7})
    assert [(r.reader, r.label, r.correct, r.simulated) for r in found.readings] == [
        ("Reader 1", "HCC", True, True),
        ("Reader 2", "metastatic malignancy", False, True),
    ]
    assert (found.consensus.label, found.consensus.correct) == ("HCC", True)


def test_a_model_is_judged_from_its_operating_point_on() -> None:
    found = dossier(replace(tiny_study(), operating_points={"C": 0.75}), 9)
    assert [(s.called, s.correct) for s in found.scores if s.system.key in "CD"] == [
        ("benign", False),
        ("malignant", True),
    ]


def test_a_benign_case_has_no_three_way_scores() -> None:
    assert [s.system.key for s in dossier(tiny_study(), 1).scores] == ["A", "B", "C", "D"]


def test_before_the_consensus_there_is_none() -> None:
    assert dossier(tiny_study(), 12).consensus is None


def test_an_unknown_case_is_refused() -> None:
    with pytest.raises(InputError, match="no such case"):
        dossier(tiny_study(), 99)


@pytest.fixture(scope="module", params=[SEQUENTIAL, CROSSED], ids=["sequential", "crossover"])
def read_twice(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A study read without and with the opinion of model D, with hidden repeats and unread cases."""
    path = tmp_path_factory.mktemp("twice") / "study.db"
    return read_study(path, *request.param, hidden_repeats=2, skip=3)


@pytest.mark.parametrize("aided", [False, True])
def test_readings_without_and_with_the_model_are_all_there(read_twice: Store, aided: bool) -> None:
    rows, data = read_twice.readings(), load(read_twice, aided=aided)
    for case in read_twice.cases().index:
        found = dossier(data, case, shown_on(read_twice, case))
        for occasions, readings in (([1], found.readings), ([2], found.repeats)):
            own = rows[(rows["case_id"] == case) & rows["occasion"].isin(occasions)]
            expected = {
                (r.reader, r.session, r.stage == 2, LesionClass(r.lesion_class).label, r.malignancy)
                for r in own.itertuples()
            }
            shown = [(r.reader, r.session, r.aided, r.label, r.malignancy) for r in readings]
            assert set(shown) == expected
            assert len(shown) == len(expected)
            assert shown == sorted(shown, key=lambda r: r[:3])
            for r in readings:
                said = [(o.letter, o.called, o.scores) for o in r.shown]
                assert said == ([("D", "malignant", (0.3, 0.7))] if r.aided else [])


def test_what_was_shown_is_of_this_study_and_case(read_twice: Store) -> None:
    with read_twice.read() as connection:
        kept = {
            (row["reader_id"], row["session"], row["occasion"])
            for row in connection.execute(
                "SELECT a.* FROM opinion_shown o, assignment a WHERE a.id = assignment_id AND a.case_id = 3"
            )
        }
    assert set(shown_on(read_twice, 3)) == kept
    assert kept
    assert shown_on(Store(read_twice.path, study_id=2), 3) == {}


def test_an_opinion_that_is_not_stored_is_not_made_up(read_twice: Store) -> None:
    found = dossier(load(read_twice), 3)
    assert any(r.aided for r in found.readings)
    assert not any(r.shown for r in found.readings)
