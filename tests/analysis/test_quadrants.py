import pytest

from dls.analysis.case_filter import RIGHT, WRONG
from dls.analysis.case_selection import select
from dls.analysis.quadrants import (
    FALSE_NEGATIVES,
    FALSE_POSITIVES,
    errors_of,
    gallery,
    quadrant_layout,
    quadrants,
)
from dls.analysis.system import CONSENSUS, model, reader
from dls.domain import Task
from tests.analysis.tiny_study import tiny_study

A, B = model("A"), model("B")
READER = reader(11, "Reader 1")


def test_the_quadrants_counted_by_hand() -> None:
    """B missed 1, 5, 7 and 9; reader 1 missed 2 and 8 and has not read 12."""
    found = quadrants(tiny_study(), Task.SEVEN_WAY, B, READER)
    assert found.counts == {(RIGHT, RIGHT): 5, (RIGHT, WRONG): 2, (WRONG, RIGHT): 4, (WRONG, WRONG): 0}
    assert found.missing == 1
    assert found.name(RIGHT, WRONG) == "Model B right, Reader 1 wrong"


@pytest.mark.parametrize("second", [READER, CONSENSUS, A])
@pytest.mark.parametrize("task", [Task.SEVEN_WAY])
def test_a_quadrant_opens_the_cases_it_counts(task: Task, second) -> None:
    found = quadrants(tiny_study(), task, B, second)
    for sides, n in found.counts.items():
        assert len(select(tiny_study(), found.filter(*sides))) == n
    assert sum(found.counts.values()) + found.missing == 12


def test_the_gallery_tells_what_both_called() -> None:
    found = quadrants(tiny_study(), Task.SEVEN_WAY, B, READER)
    shown = gallery(tiny_study(), found.filter(WRONG, RIGHT), B, READER)
    assert (shown[0].code, shown[0].truth, shown[0].first, shown[0].second) == (
        "T-01",
        "cyst",
        "hemangioma",
        "cyst",
    )
    assert shown[0].score == pytest.approx(0.4)


def test_errors_for_one_class_as_in_the_papers_figures() -> None:
    data = tiny_study()
    positives = gallery(data, errors_of(FALSE_POSITIVES, Task.SEVEN_WAY, "metastatic malignancy", B), B, A)
    assert [c.case_id for c in positives] == [7, 9]
    negatives = gallery(data, errors_of(FALSE_NEGATIVES, Task.SEVEN_WAY, "HCC", READER), READER, B)
    assert [(c.case_id, c.score) for c in negatives] == [(8, None)]


def test_it_is_printed_with_links() -> None:
    printed = quadrant_layout(quadrants(tiny_study(), Task.SEVEN_WAY, B, READER))
    assert [[c.text for c in row.cells] for row in printed.sections[0].rows] == [["5", "2"], ["4", "0"]]
    assert "1 cases that one of the two has not answered" in printed.notes[1]
