"""Metrics of a fold on six patients that can be counted by hand."""

import numpy as np
import pytest

from dls.nn.fold_metrics import confusion, fold_metrics, log_loss

SCORES = np.array([[0.9, 0.1], [0.6, 0.4], [0.3, 0.7], [0.2, 0.8], [0.55, 0.45], [0.1, 0.9]])
TARGET = np.array([0, 0, 0, 1, 1, 1])


def test_six_patients_by_hand():
    found = fold_metrics(SCORES, TARGET, ("benign", "malignant"), 4)
    assert (found.patients, found.epoch) == (6, 4)
    assert found.accuracy == pytest.approx(4 / 6)
    assert found.sensitivity == pytest.approx({"benign": 2 / 3, "malignant": 2 / 3})
    assert found.specificity == pytest.approx({"benign": 2 / 3, "malignant": 2 / 3})
    assert found.auc == pytest.approx({"benign": 8 / 9, "malignant": 8 / 9})  # 8 of 9 pairs in order
    true = [0.9, 0.6, 0.3, 0.8, 0.45, 0.9]
    assert found.log_loss == pytest.approx(-np.log(true).mean())


def test_a_class_that_no_patient_has_is_left_out_of_what_needs_one():
    scores = np.hstack([SCORES, np.full((6, 1), 0.05)])
    found = fold_metrics(scores, TARGET, ("benign", "malignant", "other"), 4)
    assert found.sensitivity == pytest.approx({"benign": 2 / 3, "malignant": 2 / 3})
    assert list(found.auc) == ["benign", "malignant"]
    assert found.specificity["other"] == 1.0


def test_rows_of_the_confusion_are_the_truth():
    assert confusion(np.eye(3)[[0, 2, 2, 1]], np.array([0, 1, 1, 1])).tolist() == [
        [1, 0, 0],
        [0, 1, 2],
        [0, 0, 0],
    ]


def test_an_impossible_truth_costs_much_but_not_infinitely_much():
    assert log_loss(np.array([[1.0, 0.0]]), np.array([1])) == pytest.approx(-np.log(1e-7))
