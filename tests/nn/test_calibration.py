"""Temperatures from patients kept apart: the fit itself, bound to the package, and never on seen patients."""

from dataclasses import replace

import numpy as np
import pytest

from dls.domain import LesionClass
from dls.errors import InputError, PackageError
from dls.nn.calibration import Calibration, calibrate_package, calibration
from dls.nn.model_card import model_card
from dls.nn.package import load_package
from dls.nn.predict import patient_scores, predict
from dls.nn.temperature import fit_temperature


def test_temperature_is_fitted_on_patients_kept_apart(copied, model_b, make_groups):
    apart = make_groups(patients=21, seed=5)
    package = load_package(copied)
    assert calibration(package) is None
    fitted = calibrate_package(package, apart)
    scores = patient_scores(predict(package, apart.pixels), apart.patient).astype(np.float32)
    assert fitted == fit_temperature(scores, apart.lesion_class)
    found = calibration(load_package(copied))
    assert found == Calibration(fitted.temperature, 21, fitted.calibration_error, kept_apart=True)
    assert load_package(copied).sha256 == model_b.sha256
    said = model_card(load_package(copied)).metrics["temperature"]
    assert said.startswith(
        f"{fitted.temperature:.2f}, fitted on 21 patients kept apart; expected calibration"
    )


def test_patients_it_was_trained_on_and_tasks_without_patients_are_refused(model_b, model_g, groups):
    with pytest.raises(InputError, match="trained on"):
        calibrate_package(model_b, groups)
    benign = groups.select(np.flatnonzero(groups.lesion_class == LesionClass.CYST))
    with pytest.raises(InputError, match="Got: cyst"):
        calibrate_package(model_g, benign)
    assert calibration(model_b) is None


def test_folds_count_where_no_patients_were_kept_apart(copied, make_groups):
    package = load_package(copied)
    folds = {"temperature": 1.5, "patients": 20, "calibration_error": [0.2, 0.1]}
    with_folds = replace(package, metrics={"calibration": folds})
    assert calibration(with_folds) == Calibration(1.5, 20, (0.2, 0.1), kept_apart=False)
    assert str(calibration(with_folds)).startswith("1.50, fitted on 20 patients of the folds")
    calibrate_package(package, make_groups(patients=14, seed=6))
    assert calibration(with_folds).kept_apart


@pytest.mark.parametrize(
    "found", [None, [], {}, {"temperature": "hot"}, {"temperature": -1}, {"temperature": True}]
)
def test_metrics_of_another_form_are_no_calibration(model_b, found):
    assert calibration(replace(model_b, metrics={"calibration": found})) is None


def test_altered_calibration_is_refused(copied, make_groups):
    package = load_package(copied)
    calibrate_package(package, make_groups(patients=14, seed=6))
    path = copied / "calibration.npz"
    with np.load(path) as archive:
        content = {key: archive[key] for key in archive.files}
    np.savez(path, **{**content, "temperature": np.array(9.0)})
    with pytest.raises(PackageError, match="altered"):
        calibration(package)
