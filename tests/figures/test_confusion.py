from urllib.parse import parse_qs

from dls.analysis.agreement import confusion_matrix
from dls.analysis.case_filter import CaseFilter
from dls.analysis.case_selection import select
from dls.analysis.system import CONSENSUS, model
from dls.domain import Task
from dls.figures.confusion import confusion_matrices
from tests.analysis.tiny_study import tiny_study


def test_a_cell_prints_its_count_and_names_its_cases() -> None:
    figure = confusion_matrices([confusion_matrix(tiny_study(), model("B"), Task.SEVEN_WAY)])
    cells = figure.data[1]
    place = list(zip(cells.y, cells.x, strict=True)).index(("HCC", "metastasis"))
    assert cells.text[place] == "2"
    chosen = CaseFilter.from_query(parse_qs(cells.customdata[place]))
    assert select(tiny_study(), chosen).index.tolist() == [7, 9]


def test_two_matrices_side_by_side_say_what_is_missing() -> None:
    data = tiny_study()
    figure = confusion_matrices([confusion_matrix(data, s, Task.SEVEN_WAY) for s in (model("A"), CONSENSUS)])
    assert [a.text for a in figure.layout.annotations] == [
        "<b>Model A</b>  10 of 12 right",
        "<b>Reader consensus</b>  10 of 11 right, 1 missing",
    ]


def test_without_systems_it_says_so() -> None:
    assert "No predictions" in confusion_matrices([]).layout.annotations[0].text
