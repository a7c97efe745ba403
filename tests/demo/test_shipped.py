"""What is shipped belongs together: results follow from weights, temperatures from stored scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dls.demo.images import build_groups, phantom_patient, render_case
from dls.demo.results import EXPLANATIONS, MODELS_FOLDER, DemoResults
from dls.domain import MODELS
from dls.nn.calibration import calibration
from dls.nn.explain import ExplainQuestion, explain_cases
from dls.nn.explanation_file import load_explanation
from dls.nn.novelty import load_gaussians
from dls.nn.package import load_packages
from dls.nn.predict import predict
from dls.nn.saliency import SaliencyMethod
from dls.nn.supplement import CALIBRATION, read_supplement
from dls.nn.temperature import fit_temperature
from dls.phantom.cohort import calibration_cohort

TOLERANCE = 2e-3
"""Of a probability: other processors round otherwise, in the phantom's images and in the network."""
SAMPLE = ("phantom:V-001", "phantom:V-002")


def test_shipped_scores_follow_from_the_shipped_weights() -> None:
    """One model of each task; six sequences, three, and three with clinical data."""
    results, packages = DemoResults.load(), load_packages(MODELS_FOLDER)
    patients = [phantom_patient(source) for source in SAMPLE]
    groups = build_groups(patients, packages["A"].image_size, workers=1)
    for letter in ("A", "D", "G"):
        found = predict(packages[letter], groups.pixels, groups.clinical[groups.patient])
        rows = np.isin(results.patient, [results.codes.tolist().index(p.code) for p in patients])
        np.testing.assert_allclose(found, results.scores[letter][rows], atol=TOLERANCE)


def test_shipped_saliency_follows_from_the_shipped_weights(tmp_path: Path) -> None:
    package = load_packages(MODELS_FOLDER)["A"]
    found = load_explanation(EXPLANATIONS, package.sha256, SaliencyMethod.GRADIENT)
    assert found is not None
    assert (found.groups > 0).all()
    first = found.cases[0]
    patient = phantom_patient(f"phantom:V-{first.case_id:03d}")
    assert patient.lesion_class == first.target
    render_case(tmp_path, first.case_id, f"phantom:{patient.code}")
    question = ExplainQuestion(first.case_id, patient.clinical.to_dict(), int(patient.lesion_class))
    again = explain_cases(package.folder, tmp_path, [question], SaliencyMethod.GRADIENT).cases[0]
    assert again.area == pytest.approx(first.area, abs=TOLERANCE)
    assert again.energy == pytest.approx(first.energy, abs=0.02)


@pytest.mark.parametrize("letter", MODELS)
def test_shipped_temperature_fits_patients_kept_apart(letter: str) -> None:
    package = load_packages(MODELS_FOLDER)[letter]
    arrays = read_supplement(package, CALIBRATION)
    assert arrays is not None
    fitted = fit_temperature(arrays["scores"], arrays["target"])
    found = calibration(package)
    assert found is not None
    assert found.temperature == pytest.approx(fitted.temperature, rel=1e-4)
    wanted = [package.spec.task.target(p.lesion_class) for p in calibration_cohort()]
    assert arrays["target"].tolist() == [t for t in wanted if t is not None]
    assert load_gaussians(package) is not None
