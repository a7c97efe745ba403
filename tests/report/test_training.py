import re

import pytest

from dls.report.training import courses, fold_table, training_report

CLASSES = ("benign", "malignant")
CONFIGURATION = {
    "name": "paper",
    "backbone": "inception_resnet_v2",
    "epochs": 100,
    "batch_size": 16,
    "learning_rate": 0.1,
    "seed": 2020,
}
PROVENANCE = {
    "trained_on": "2020-05-01",
    "configuration": CONFIGURATION,
    "epochs": 40,
    "cohort": {"patients": 30, "groups": 90, "classes": {"cyst": 20, "HCC": 10}},
    "versions": {"keras": "3"},
}
SHARES = {"benign": 0.75, "malignant": 0.5}


def fold(accuracy: float) -> dict:
    return {
        "patients": 15,
        "accuracy": accuracy,
        "log_loss": 0.5,
        "auc": SHARES,
        "sensitivity": SHARES,
        "specificity": SHARES,
        "epoch": 40,
    }


COURSE = {
    "epoch": [1, 2],
    "loss": [1.0, 0.9],
    "accuracy": [0.4, 0.5],
    "unseen_epoch": [2],
    "unseen_loss": [0.95],
    "unseen_accuracy": [0.45],
}
METRICS = {
    "training": {"loss": [1.0, 0.8], "accuracy": [0.5, 0.6], "folds": [COURSE, COURSE]},
    "cross_validation": [fold(0.6), fold(0.8)],
    "selection": {
        "epochs": 2,
        "tried": [
            {"setting": {"dropout": 0.0}, "epochs": 2, "log_loss": 0.5},
            {"setting": {"dropout": 0.2}, "epochs": 1, "log_loss": 0.6},
        ],
    },
    "confusion": [[12, 3], [5, 10]],
    "calibration": {
        "temperature": 1.5,
        "patients": 30,
        "log_loss": [0.6, 0.5],
        "calibration_error": [0.125, 0.03],
        "bins": [[{"patients": 30, "score": 0.9, "right": 0.7}]] * 2,
        "method": "one temperature",
        "reference": "Guo",
    },
}


def test_the_fold_table_gives_each_fold_and_mean_with_standard_deviation() -> None:
    table = fold_table(METRICS["cross_validation"], CLASSES)
    accuracy = table.sections[0].rows[0]
    assert [c.text for c in accuracy.cells] == ["0.600", "0.800", "0.700 ± 0.141"]
    assert [c.detail for c in table.columns] == ["15 patients", "15 patients", "30 patients"]
    assert [r.label for r in table.sections[1].rows] == list(CLASSES)


def test_a_class_that_nobody_had_has_no_row_of_its_own_but_a_note() -> None:
    folds = [f | {"specificity": SHARES | {"other": 1.0}} for f in METRICS["cross_validation"]]
    table = fold_table(folds, (*CLASSES, "other"))
    assert [r.label for r in table.sections[1].rows] == list(CLASSES)
    assert [r.label for r in table.sections[3].rows] == [*CLASSES, "other"]
    assert table.notes[-1] == "No patient had other: neither AUC nor sensitivity."


def test_the_report_has_every_part() -> None:
    html = training_report("Model D", CLASSES, PROVENANCE, METRICS)
    for words in (
        "Model D: training report",
        "30 patients with 90 image groups",
        "40 epochs",
        "log loss 0.6000 after 1 epochs",
        "0.700 ± 0.141",
        "calibration error 0.125 before and 0.030 after",
    ):
        assert words in html
    assert html.count("plotly-graph-div") == 3
    assert not re.search(r"<script[^>]* src=", html)


def test_without_folds_the_course_is_what_there_is() -> None:
    html = training_report("Model D", CLASSES, PROVENANCE, {"training": {"loss": [1.0], "accuracy": [0.5]}})
    assert html.count("plotly-graph-div") == 1
    assert "Calibration" not in html


def test_names_are_escaped() -> None:
    provenance = PROVENANCE | {"configuration": CONFIGURATION | {"name": "<script>"}}
    html = training_report("Model D", CLASSES, provenance, {"training": {"loss": [], "accuracy": []}})
    assert "Configuration &lt;script&gt;" in html


@pytest.mark.parametrize(
    ("metrics", "names"), [(METRICS, ["fold 1", "fold 2", "all patients"]), ({}, ["all patients"])]
)
def test_courses_of_folds_and_of_the_final_training(metrics, names) -> None:
    assert [course.name for course in courses(metrics)] == names
