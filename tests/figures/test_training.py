from dataclasses import replace

import numpy as np

from dls.figures.training import (
    Course,
    ReliabilityPoint,
    reliability_diagram,
    training_curves,
    unseen_confusion,
)

FOLD = Course("fold 1", (1, 2), (2.0, 1.5), (0.3, 0.5), (2,), (1.75,), (0.45,))
FINAL = Course("all patients", (1, 2), (1.9, 1.4), (0.35, 0.55))


def test_curves_of_training_and_unseen_patients_over_loss_and_accuracy() -> None:
    figure = training_curves([FOLD, FINAL], chosen_epoch=2)
    lines = {(line.name, line.yaxis): list(line.y) for line in figure.data}
    assert lines == {
        ("fold 1, training", "y"): [2.0, 1.5],
        ("fold 1, unseen patients", "y"): [1.75],
        ("all patients, training", "y"): [1.9, 1.4],
        ("fold 1, training", "y2"): [0.3, 0.5],
        ("fold 1, unseen patients", "y2"): [0.45],
        ("all patients, training", "y2"): [0.35, 0.55],
    }
    assert [line.name for line in figure.data if line.showlegend] == [
        "fold 1, training",
        "fold 1, unseen patients",
        "all patients, training",
    ]
    assert {shape.x0 for shape in figure.layout.shapes} == {2}
    looked_at_once = [line for line in figure.data if len(line.x) == 1]
    assert [line.mode for line in looked_at_once] == ["lines+markers"] * 2


def test_the_grey_lines_of_all_folds_have_one_name() -> None:
    young = Course("fold 3", (1,), (2.2,), (0.2,))
    figure = training_curves([young, FOLD, replace(FOLD, name="fold 2"), FINAL])
    assert [line.name for line in figure.data if line.showlegend] == [
        "fold 3, training",
        "all folds, training",
        "fold 1, unseen patients",
        "fold 2, unseen patients",
        "all patients, training",
    ]
    grey = [line for line in figure.data if line.legendgroup == "all folds training"]
    assert [line.hovertemplate.partition(",")[0] for line in grey] == ["fold 1", "fold 2"] * 2


def test_before_the_first_epoch_it_says_so() -> None:
    assert "No epoch" in training_curves([]).layout.annotations[0].text


def test_confusion_prints_counts_and_shades_shares() -> None:
    figure = unseen_confusion(("HCC", "metastatic malignancy"), np.array([[3, 1], [0, 2]]))
    np.testing.assert_allclose(figure.data[0].z, [[0.75, 0.25], [0, 1]])
    assert [a.text for a in figure.layout.annotations] == ["3", "1", "", "2"]


def test_a_class_without_patients_has_an_empty_row() -> None:
    np.testing.assert_allclose(unseen_confusion(("a", "b"), np.array([[0, 0], [1, 1]])).data[0].z[0], 0)


def test_reliability_before_and_after() -> None:
    figure = reliability_diagram([ReliabilityPoint(4, 0.9, 0.5)], [ReliabilityPoint(4, 0.6, 0.5)], 2.0)
    after, before = figure.data[1:]
    assert (after.name, list(after.x), list(after.y)) == ("temperature 2.00", [0.6], [0.5])
    assert (before.name, list(before.x)) == ("as given", [0.9])
