"""What is shipped belongs together: results follow from weights, temperatures from stored scores."""

from __future__ import annotations

import numpy as np
import pytest

from dls.demo.images import build_groups, phantom_patient
from dls.demo.results import MODELS_FOLDER, DemoResults
from dls.domain import MODELS
from dls.nn.calibration import calibration
from dls.nn.novelty import load_gaussians
from dls.nn.package import load_packages
from dls.nn.predict import predict
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
