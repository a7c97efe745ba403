from urllib.parse import parse_qs

from dls.analysis.calibrated import decision_study, system_calibration
from dls.analysis.reader_comparison import model_against_readers
from dls.analysis.reading_times import reading_times
from dls.analysis.study_filter import StudyFilter, part
from dls.analysis.subgroup_accuracy import Measure, Question, subgroup_study
from dls.analysis.subgroups import Subgroup
from dls.analysis.system import model
from dls.domain import LesionClass, Task
from dls.figures.calibration import decision_figure, reliability_panels
from dls.figures.reading_time import time_boxes
from dls.figures.style import CLASS_COLOUR, of_part, paper
from dls.figures.subgroups import area_forest, subgroup_forest
from tests.analysis.tiny_study import tiny_study


def test_a_mark_of_the_forest_opens_its_subgroup() -> None:
    question = Question(model("A"), Task.SEVEN_WAY, "HCC", Measure.SENSITIVITY)
    marks = subgroup_forest(subgroup_study(tiny_study(), question, StudyFilter())).data[0]
    shown = [parse_qs(query) for query in marks.customdata]
    assert shown[-2]["subgroup"] == ["scanner:vendor 2, 3 T"]
    assert shown[-1]["subgroup"] == ["proof:histopathology"]
    assert shown[-2]["where"] == ["A:misjudged:HCC"]


def test_a_subgroup_without_a_value_keeps_its_row() -> None:
    question = Question(model("A"), Task.SEVEN_WAY, "HCC", Measure.SENSITIVITY)
    figure = subgroup_forest(subgroup_study(tiny_study(), question, StudyFilter()))
    assert "FNH (–)" in figure.layout.yaxis.ticktext
    assert "<b>Scanner</b>" in figure.layout.yaxis.ticktext
    assert CLASS_COLOUR[LesionClass.HCC] in figure.data[0].marker.color


def test_the_model_is_the_line_of_the_readers_forest() -> None:
    found = model_against_readers(tiny_study(), model("C"))
    figure = area_forest(found)
    assert figure.layout.shapes[0].x0 == found.areas[0].area.auc
    assert list(figure.layout.yaxis.ticktext) == ["Model C", "Reader 1", "Reader 2"]


def test_a_panel_a_class_with_points_that_open_cases() -> None:
    figure = reliability_panels(system_calibration(tiny_study(), model("A"), Task.SEVEN_WAY))
    assert len({t.xaxis for t in figure.data}) == 7
    assert all(
        "where=A%3Ascored%3A" in q for t in figure.data if t.customdata is not None for q in t.customdata
    )


def test_a_decision_curve_a_system_and_its_band() -> None:
    names = [t.name for t in decision_figure(decision_study(tiny_study(), model("D"))).data]
    assert names[:2] == [None, None]
    assert names[2:5] == ["Treat all", "Model D", "Model C"]
    assert names[-1] == "Reader consensus"


def test_decision_curves_are_told_apart_and_the_band_is_within_the_axis() -> None:
    figure = decision_figure(decision_study(tiny_study(), model("D")))
    looks = {(t.line.color, t.line.dash) for t in figure.data[2:]}
    assert len(looks) == len(figure.data[2:]) > 4
    assert figure.layout.yaxis.range[1] > max(figure.data[0].y)


def test_the_longest_readings_open_their_case() -> None:
    data = tiny_study()
    data.readings.loc[4, "active_seconds"] = 900.0
    figure = time_boxes(reading_times(data))
    assert list(figure.data[1].customdata) == ["case=5"]
    data.readings["active_seconds"] = 0.0
    assert "No reading with a measured time" in time_boxes(reading_times(data)).layout.annotations[0].text


def test_a_figure_of_a_part_says_so_and_has_room_for_it() -> None:
    import plotly.graph_objects as go

    kept = part(tiny_study(), StudyFilter(subgroups=(Subgroup("class", "cyst"),)))
    figure = of_part(paper(go.Figure(), 300), kept)
    assert figure.layout.title.text == "Part of the study (class: cyst): 3 of 12 cases"
    assert figure.layout.height > 300
