"""Training: repeatable, refusing what cannot be trained, and with its provenance in the package."""

from dataclasses import replace

import numpy as np
import pytest

from dls.domain import MODELS
from dls.errors import InputError
from dls.nn.predict import patient_scores, predict
from dls.nn.train import cross_validate, train


def test_repeated_training_gives_the_same_package(groups, quick, model_b, tmp_path):
    again = train("B", groups, quick, tmp_path, trained_on="2020-05-01")
    assert again.sha256 == model_b.sha256


def test_provenance_names_cohort_configuration_and_date(groups, model_b):
    provenance = model_b.provenance
    assert provenance["cohort"]["sha256"] == groups.sha256
    assert provenance["cohort"]["patients"] == 14
    assert provenance["configuration"]["name"] == "quick"
    assert provenance["trained_on"] == "2020-05-01"
    assert set(provenance["versions"]) == {"python", "tensorflow", "keras", "numpy"}
    assert len(model_b.metrics["training"]["loss"]) == 2


def test_malignant_three_way_models_see_only_malignant_patients(groups, model_g):
    assert model_g.provenance["cohort"]["patients"] == int((groups.lesion_class >= 4).sum())
    assert model_g.classes == ("HCC", "metastatic malignancy", "other primary malignancy")


def test_learns_classes_that_differ_in_brightness(make_groups, quick, tmp_path):
    config = replace(quick, epochs=15, label_smoothing=0.0, dropout=0.0, class_balance=0.0)
    package = train("D", make_groups(28), config, tmp_path)
    unseen = make_groups(14, seed=1)
    scores = patient_scores(predict(package, unseen.pixels), unseen.patient)
    assert np.mean(scores.argmax(axis=1) == (unseen.lesion_class >= 4)) >= 0.75


def test_cross_validation_covers_every_patient_once(groups, quick):
    spec = MODELS["C"]
    applicable, target = groups.for_task(spec.task)
    messages: list[str] = []
    found = cross_validate(
        spec,
        applicable,
        target,
        replace(quick, epochs=1),
        folds=2,
        progress=lambda _done, _total, what: messages.append(what),
    )
    assert sum(f.patients for f in found) == 14
    assert all(f.auc["malignant"] == pytest.approx(f.auc["benign"]) for f in found)
    assert messages[0].startswith("Model C fold 1 of 2: epoch 1")


def test_more_folds_than_patients_of_a_class_are_refused(groups, quick, tmp_path):
    with pytest.raises(InputError, match="2 to 2"):
        train("A", groups, quick, tmp_path, folds=5)


def test_a_class_without_patients_is_refused(groups, quick, tmp_path):
    without_cysts = groups.select(np.flatnonzero(groups.lesion_class != 0))
    with pytest.raises(InputError, match="none of cyst"):
        train("A", without_cysts, quick, tmp_path)
    assert not list(tmp_path.iterdir())


def test_unknown_letter_is_refused(groups, quick, tmp_path):
    with pytest.raises(InputError, match="Unknown model"):
        train("H", groups, quick, tmp_path)


def test_divergence_stops_the_run_at_once(groups, quick, tmp_path):
    epochs: list[int] = []
    config = replace(quick, epochs=50, learning_rate=1e30, warm_up_epochs=0.0)
    with pytest.raises(InputError, match=r"diverged in epoch \d"):
        train("D", groups, config, tmp_path, lambda done, _total, _what: epochs.append(done))
    assert len(epochs) < 5
    assert not list(tmp_path.iterdir())
