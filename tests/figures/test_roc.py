from dataclasses import replace
from urllib.parse import parse_qs

import numpy as np
import pandas as pd
import pytest

from dls.analysis.accuracy import accuracy_table
from dls.analysis.case_filter import CaseFilter
from dls.analysis.case_selection import select
from dls.analysis.standing import on_curves
from dls.analysis.system import CONSENSUS, Kind, reader
from dls.analysis.undefined import Undefined
from dls.domain import Task
from dls.figures.roc import roc_panels
from dls.figures.style import CLASS_COLOUR, CLASS_SYMBOL, MARKED, query_of
from tests.analysis.tiny_study import tiny_study

CONFIDENCE = {Kind.MODEL: "", Kind.READER: ", confidence"}


def panels(task: Task):
    return roc_panels(accuracy_table(tiny_study(), task, CONSENSUS))


def point(curve: int, customdata: object) -> dict[str, object]:
    return {"curve_number": curve, "customdata": customdata}


def traces(figure, name: str, axis: str = "x"):
    return [t for t in figure.data if t.name == name and t.xaxis == axis]


@pytest.mark.parametrize(
    ("task", "number"), [(Task.SEVEN_WAY, 7), (Task.BENIGN_MALIGNANT, 1), (Task.MALIGNANT_THREE_WAY, 3)]
)
def test_a_panel_a_class(task: Task, number: int) -> None:
    assert len({t.xaxis for t in panels(task).data}) == number


def test_a_mark_is_at_its_operating_point_and_names_its_cases() -> None:
    """Reader 1 on HCC: 2 of 3 found, no false positive among the 8 others."""
    (mark,) = traces(panels(Task.SEVEN_WAY), "Reader 1", "x5")
    assert (mark.x[0], mark.y[0]) == (pytest.approx(0), pytest.approx(2 / 3))
    chosen = CaseFilter.from_query(parse_qs(mark.customdata[0]))
    assert select(tiny_study(), chosen).index.tolist() == [8]


def test_curves_end_in_the_corners() -> None:
    (curve,) = traces(panels(Task.SEVEN_WAY), "Model A")
    assert (curve.x[0], curve.y[0], curve.x[-1], curve.y[-1]) == (0, 0, 1, 1)


@pytest.mark.parametrize("task", Task)
def test_a_drawn_curve_is_the_whole_curve(task: Task) -> None:
    """Every point of the curve lies on the drawn line, which has a point only where it turns."""
    table = accuracy_table(tiny_study(), task, CONSENSUS)
    for row, axis in zip(table.classes, ("x", *(f"x{n}" for n in range(2, 8))), strict=False):
        for curve in (c for c in row.curves if not isinstance(c.roc, Undefined)):
            (drawn,) = traces(roc_panels(table), f"{curve.system.name}{CONFIDENCE[curve.system.kind]}", axis)
            assert np.trapezoid(drawn.y, drawn.x) == pytest.approx(curve.roc.auc, abs=1e-12)
            x, y = np.asarray(drawn.x), np.asarray(drawn.y)
            for point in zip(curve.roc.false_positive_rate, curve.roc.true_positive_rate, strict=True):
                at = np.hypot(x - point[0], y - point[1])
                aside = np.diff(x) * (y[:-1] - point[1]) - (x[:-1] - point[0]) * np.diff(y)
                between = np.abs(at[:-1] + at[1:] - np.hypot(np.diff(x), np.diff(y))) < 1e-12
                assert np.any(between & (np.abs(aside) < 1e-12))
            direction = np.arctan2(np.diff(y), np.diff(x))
            assert np.all(np.abs(np.diff(direction)) > 1e-9)


@pytest.mark.parametrize("task", Task)
def test_every_point_of_a_curve_opens_what_its_threshold_gets_wrong(task: Task) -> None:
    """As many cases as the point leaves false positives and false negatives, whoever's curve it is."""
    data, figure, seen = tiny_study(), panels(task), 0
    for number, trace in enumerate(figure.data):
        for x, y, value in zip(trace.x, trace.y, trace.customdata if trace.meta else (), strict=False):
            chosen = CaseFilter.from_query(parse_qs(query_of(figure, point(number, float(value)))))
            positive = data.truth(task) == task.classes.index(chosen.where[0].outcome.split(":")[-1])
            expected = x * (~positive).sum() + (1 - y) * positive.sum()
            if chosen.where[0].system == "reader-11":  # has not read case 12
                expected -= 1 - y
            assert len(select(data, chosen)) == pytest.approx(expected)
            seen += 1
    assert seen >= 9


def test_a_curve_leaves_its_mark_free_and_has_few_points_in_a_large_study() -> None:
    """Model C's mark at 0.5 is the point that its curve leaves out."""
    figure = panels(Task.BENIGN_MALIGNANT)
    (mark,) = traces(figure, "Model C, operating point")
    (along,) = traces(figure, "Model C, thresholds")
    assert min(np.hypot(along.x - mark.x[0], along.y - mark.y[0])) > 0.1
    assert along.marker.opacity == 0
    data = tiny_study()
    cases = pd.concat([data.cases] * 500, ignore_index=True).rename_axis("case_id")
    malignant = pd.Series(np.random.default_rng(1).random(len(cases)), cases.index)
    large = replace(
        data,
        cases=cases,
        scores={"C": pd.DataFrame({"benign": 1 - malignant, "malignant": malignant})},
        readers=(),
        consensus=data.consensus[:0],
    )
    (along,) = traces(roc_panels(accuracy_table(large, Task.BENIGN_MALIGNANT)), "Model C, thresholds")
    assert 300 < len(along.x) <= 400
    (line,) = traces(roc_panels(accuracy_table(large, Task.BENIGN_MALIGNANT)), "Model C")
    nearest = np.abs(np.asarray(line.x)[:, None] - along.x) + np.abs(np.asarray(line.y)[:, None] - along.y)
    assert np.median(nearest.min(axis=1)) < 0.01


def test_a_mark_that_stands_for_no_cases_opens_none() -> None:
    assert query_of(panels(Task.SEVEN_WAY), point(0, None)) is None


def test_the_average_reader_is_a_mark() -> None:
    (mark,) = traces(panels(Task.SEVEN_WAY), "Average of 2 readers", "x5")
    assert mark.x[0] == pytest.approx(1 / 18)


def test_systems_are_in_the_legend_once() -> None:
    names = [t.name for t in panels(Task.SEVEN_WAY).data if t.showlegend]
    assert len(names) == len(set(names))
    assert "Reader consensus" in names


def test_names_of_many_readers_stand_below_the_panels() -> None:
    data = tiny_study()
    some = data.readings[data.readings["reader_id"] == data.readers[0].reader_id]
    many = tuple(reader(100 + n, f"Reader {100 + n}") for n in range(20))
    readings = pd.concat([some.assign(reader_id=r.reader_id, reader=r.name) for r in many])
    crowded = roc_panels(
        accuracy_table(replace(data, readers=many, readings=readings), Task.SEVEN_WAY, CONSENSUS)
    )
    few = panels(Task.SEVEN_WAY)
    assert (few.layout.legend.y, crowded.layout.legend.orientation) == (0.4, "h")
    assert crowded.layout.legend.y < 0
    assert crowded.layout.height > few.layout.height


def test_readers_have_confidence_curves_for_malignancy() -> None:
    assert len(traces(panels(Task.BENIGN_MALIGNANT), "Reader 1, confidence")) == 1


def test_an_empty_study_says_what_is_missing() -> None:
    data = tiny_study().of_cases([])
    data.scores.clear()
    empty = roc_panels(
        accuracy_table(data.__class__(data.cases, {}, (), data.readings, data.consensus), Task.SEVEN_WAY)
    )
    assert "No predictions or readings yet" in empty.layout.annotations[0].text


def test_classes_differ_in_colour_and_in_symbol() -> None:
    assert len(set(CLASS_COLOUR.values())) == len(set(CLASS_SYMBOL.values())) == 7


def test_a_marked_case_is_ringed_on_every_curve_of_its_panel() -> None:
    data = tiny_study()
    table = accuracy_table(data, Task.BENIGN_MALIGNANT)
    rings = [t for t in roc_panels(table, on_curves(data, table, 5)).data if t.marker.color == MARKED]
    assert (rings[0].x[0], rings[0].y[0]) == (pytest.approx(1 / 6), pytest.approx(5 / 6))
    assert len(rings) == 4  # models C and D, readers 1 and 2
    assert MARKED not in CLASS_COLOUR.values()


def test_the_average_reader_opens_what_any_reader_got_wrong() -> None:
    (mark,) = traces(panels(Task.SEVEN_WAY), "Average of 2 readers", "x5")
    chosen = CaseFilter.from_query(parse_qs(mark.customdata[0]))
    assert select(tiny_study(), chosen).index.tolist() == [8, 9, 10]
