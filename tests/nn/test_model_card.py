"""Model cards: what the package says, what it does not say, and nothing taken for granted."""

import dataclasses
import json

import pytest

from dls.nn.model_card import model_card, not_seen, scanner_not_seen


def changed(package, **parts):
    return dataclasses.replace(package, **parts)


def test_card_holds_what_the_package_says(model_b):
    card = model_card(model_b)
    assert card.name == "Model B"
    assert card.training["trained on"] == "2020-05-01"
    assert card.training["patients"] == "14"
    assert "cyst 2" in card.training["patients by class"]
    assert "3 sequences (T2, DWI, T1 pre-contrast), 32 × 32 pixels" in card.inputs
    assert json.loads(json.dumps(card.to_dict()))["sha256"] == model_b.sha256


def test_document_has_every_heading_and_row(model_b):
    text = model_card(model_b).to_markdown()
    for heading in ("Intended use", "Not for", "Input and output", "Training", "Metrics", "Limits"):
        assert f"\n## {heading}\n" in text
    assert model_b.sha256 in text
    assert "| seed | 2020 |" in text


def test_limits_name_what_the_model_did_not_see(model_b, model_g):
    said = " ".join(not_seen(model_b))
    assert "does not read Late arterial, Portal venous, Equilibrium" in said
    assert "does not read clinical data" in said
    assert "Few training patients had cyst (2)" in said
    assert "scanners of its training images are not recorded" in said
    assert "seen no benign lesion" in " ".join(not_seen(model_g))


def test_a_class_without_training_patients_and_a_new_scanner_are_named(model_b):
    cohort = {"classes": {"cyst": 50}, "scanners": ["Siemens 3 T"]}
    package = changed(model_b, provenance={"cohort": cohort})
    assert "No training patient is recorded with hemangioma, FNH" in " ".join(not_seen(package))
    assert scanner_not_seen(package, "GE 1.5 T")
    assert not scanner_not_seen(package, "Siemens 3 T")
    assert not scanner_not_seen(model_b, "GE 1.5 T")


def test_metrics_of_folds_are_summarised(model_b):
    folds = [
        {"patients": 7, "accuracy": 0.8, "auc": {"cyst": 0.9}},
        {"patients": 7, "accuracy": 0.6, "auc": {"cyst": 1.0}},
    ]
    package = changed(model_b, metrics={"cross_validation": folds, "calibration": {"temperature": 1.5}})
    rows = model_card(package).metrics
    assert rows["cross-validation"] == "2 folds, 14 patients"
    assert rows["accuracy"] == "0.700 (0.600–0.800 over folds)"
    assert rows["AUC, cyst"] == "0.950 (0.900–1.000 over folds)"
    assert rows["AUC, FNH"] == "not recorded"
    assert rows["temperature"] == "1.50"


@pytest.mark.parametrize(
    "parts",
    [
        {"provenance": {}, "metrics": {}},
        {"provenance": {"cohort": "all", "configuration": 3, "versions": []}, "metrics": {"training": 1}},
        {"provenance": {"cohort": {"classes": [1], "scanners": "GE"}}, "metrics": {"cross_validation": [3]}},
        {"provenance": {}, "metrics": {"calibration": {"temperature": "hot"}, "training": {"loss": ["x"]}}},
    ],
)
def test_a_package_in_another_form_has_a_card_that_says_what_is_not_recorded(model_b, parts):
    card = model_card(changed(model_b, **parts))
    assert card.training["patients"] == "not recorded"
    assert card.metrics["training loss, last epoch"] == "not recorded"
    assert card.metrics["temperature"] == "not fitted"


def test_a_bar_in_a_value_does_not_break_the_table(model_b):
    package = changed(model_b, provenance={"trained_on": "a|b\nc"})
    assert "| trained on | a\\|b c |" in model_card(package).to_markdown()
