"""The ways D-G and D-F of the twelve-case study, counted by hand and by a loop."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from dls.analysis.case_selection import select
from dls.analysis.workflow import CLASSES, workflows
from dls.analysis.workflow_layout import MOST_LINKED, workflow_layout
from dls.domain import LesionClass, Task
from tests.analysis.tiny_study import THREE_WAY, TRUTH, tiny_study

D_BENIGN = {1, 2, 3, 4, 5, 6}
PLACES = {LesionClass(c): place for place, c in enumerate((4, 5, 6), start=1)}


@pytest.mark.parametrize(("at", "second"), [(0, "G"), (1, "F")])
def test_a_malignant_call_goes_on_and_a_benign_one_stays(at: int, second: str) -> None:
    data = tiny_study()
    way = workflows(data)[at]
    assert (way.first.key, way.second.key) == ("D", second)
    true = {case: PLACES.get(LesionClass(c), 0) for case, c in TRUTH.items()}
    called = {case: 0 if case in D_BENIGN else PLACES[LesionClass(THREE_WAY[second][case])] for case in TRUTH}
    right = sum(true[c] == called[c] for c in TRUTH)
    assert way.accuracy.count == right
    assert way.accuracy.n == 12
    assert way.kappa.kappa == pytest.approx(cohen_kappa_score(list(true.values()), list(called.values())))
    for (row, column), cases in way.cells.items():
        assert set(cases) == {c for c in TRUTH if (true[c], called[c]) == (row, column)}
    assert sum(map(len, way.cells.values())) == 12
    assert way.missing == 0


def test_a_case_without_the_second_model_is_missing_only_where_it_would_go_on() -> None:
    data = tiny_study()
    scores = dict(data.scores)
    scores["G"] = scores["G"].drop([7, 12])
    way = workflows(replace(data, scores=scores))[0]
    assert way.missing == 2
    assert "2 cases not scored" in workflow_layout((way,)).notes[0]


def test_counts_open_their_cases() -> None:
    data = tiny_study()
    for section, way in zip(workflow_layout(workflows(data)).sections, workflows(data), strict=True):
        for row, printed in enumerate(section.rows):
            for column, cell in enumerate(printed.cells[: len(CLASSES)]):
                expected = sorted(way.cells.get((row, column), ()))
                assert cell.text == (str(len(expected)) if expected else "–")
                assert (select(data, cell.cases).index.tolist() if cell.cases else []) == expected


def test_too_many_cases_for_an_address_are_counted_only() -> None:
    data = tiny_study()
    way = replace(workflows(data)[0], cells={(0, 0): tuple(range(MOST_LINKED + 1))})
    cell = workflow_layout((way,)).sections[0].rows[0].cells[0]
    assert (cell.text, cell.cases) == (str(MOST_LINKED + 1), None)


def test_without_its_models_there_is_no_way() -> None:
    data = tiny_study()
    assert workflows(replace(data, scores={k: v for k, v in data.scores.items() if k != "D"})) == ()
    only = workflows(replace(data, scores={k: v for k, v in data.scores.items() if k != "F"}))
    assert [way.second.key for way in only] == ["G"]
    assert np.array_equal(CLASSES[1:], Task.MALIGNANT_THREE_WAY.classes)
