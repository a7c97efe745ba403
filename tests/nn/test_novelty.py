"""Distances from the training patients: against the formula, for known outliers, and bound to the package."""

import numpy as np
import pytest
from scipy.spatial.distance import mahalanobis

from dls.errors import InputError, PackageError
from dls.nn.novelty import (
    Gaussians,
    add_novelty,
    distance_to_nearest_class,
    fit_gaussians,
    load_gaussians,
    novelty,
)
from dls.nn.package import load_package


def cohort(patients=60, groups=3, width=5, classes=3, seed=0):
    """Classes six standard deviations apart; groups scatter around their patient."""
    random = np.random.default_rng(seed)
    target = np.arange(patients) % classes
    centre = 6 * np.eye(width)[target] + random.normal(size=(patients, width))
    patient = np.repeat(np.arange(patients), groups)
    return centre[patient] + 0.3 * random.normal(size=(len(patient), width)), patient, target


@pytest.fixture(scope="module")
def fitted():
    return fit_gaussians(*cohort())


def test_distance_is_that_of_the_formula():
    """Against scipy's Mahalanobis distance, for Gaussians given by hand."""
    random = np.random.default_rng(1)
    spread = random.normal(size=(4, 4))
    within, means = np.linalg.inv(spread @ spread.T), random.normal(size=(2, 4))
    point = random.normal(size=(3, 4))
    found = distance_to_nearest_class(Gaussians(means, within, np.zeros(101)), point)
    for row, value in zip(point, found, strict=True):
        assert value == pytest.approx(min(mahalanobis(row, m, within) ** 2 for m in means))


def test_what_is_far_from_everything_is_far():
    """As images with other intensities are; a distance relative to all classes together would shrink here."""
    fitted = fit_gaussians(*cohort(width=20))
    hidden = cohort(width=20, seed=7)[0]
    assert all(novelty(fitted, hidden[i : i + 3] + 30).unusual for i in range(0, 60, 3))


def test_patients_far_from_every_class_are_unusual_and_new_ones_of_the_kind_are_not(fitted):
    hidden, patient, _ = cohort(seed=5)
    alike = [novelty(fitted, hidden[patient == i]).unusual for i in range(60)]
    assert np.mean(alike) <= 0.15
    away = np.full((3, 5), -6.0)
    found = novelty(fitted, away)
    assert found.unusual
    assert found.percentile == 100
    assert found.threshold == fitted.threshold
    between = novelty(fitted, np.array([[3.0, 3.0, 0, 0, 0]]))
    assert between.unusual


def test_threshold_leaves_five_in_a_hundred_of_the_training_patients(fitted):
    assert len(fitted.quantiles) == 101
    assert np.all(np.diff(fitted.quantiles) >= 0)
    at = novelty(fitted, cohort()[0][:3])
    assert 0 <= at.percentile <= 100
    assert fitted.threshold == fitted.quantiles[95]


def test_thresholds_come_from_patients_that_were_left_out():
    """With few patients for many features, in-sample distances would say nothing about new patients."""
    fitted = fit_gaussians(*cohort(patients=60, width=30, seed=2))
    hidden, patient, _ = cohort(patients=300, width=30, seed=3)
    new = np.array([distance_to_nearest_class(fitted, hidden[patient == i]).mean() for i in range(300)])
    assert 0.01 <= np.mean(new > fitted.threshold) <= 0.15
    assert 0.3 <= np.mean(new > fitted.quantiles[50]) <= 0.7


def test_same_seed_same_gaussians():
    first, again = fit_gaussians(*cohort()), fit_gaussians(*cohort())
    np.testing.assert_array_equal(first.quantiles, again.quantiles)


def test_stored_gaussians_come_back_and_belong_to_one_package(copied, model_g, fitted):
    package = load_package(copied)
    assert load_gaussians(package) is None
    add_novelty(package, fitted)
    assert load_package(copied).sha256 == package.sha256
    back = load_gaussians(package)
    assert back is not None
    np.testing.assert_array_equal(back.precision, fitted.precision)
    assert back.threshold == fitted.threshold
    data = (copied / "novelty.npz").read_bytes()
    (model_g.folder / "novelty.npz").write_bytes(data)
    try:
        with pytest.raises(PackageError, match="another model"):
            load_gaussians(model_g)
    finally:
        (model_g.folder / "novelty.npz").unlink()


def test_altered_and_unreadable_gaussians_are_refused(copied, fitted):
    package = load_package(copied)
    add_novelty(package, fitted)
    path = copied / "novelty.npz"
    with np.load(path) as archive:
        content = {key: archive[key] for key in archive.files}
    np.savez(path, **{**content, "quantiles": content["quantiles"] + 100})
    with pytest.raises(PackageError, match="altered"):
        load_gaussians(package)
    path.write_bytes(b"no archive")
    with pytest.raises(PackageError, match="cannot be read"):
        load_gaussians(package)
    np.savez(path, x=np.array([open], dtype=object))
    with pytest.raises(PackageError, match="cannot be read"):
        load_gaussians(package)


def test_what_does_not_fit_is_refused(fitted):
    hidden, patient, target = cohort()
    with pytest.raises(InputError, match="do not fit together"):
        fit_gaussians(hidden[:-1], patient, target)
    with pytest.raises(InputError, match="not finite"):
        fit_gaussians(hidden * np.nan, patient, target)
    with pytest.raises(InputError, match="5 of each class"):
        fit_gaussians(*cohort(patients=9))
    with pytest.raises(InputError, match=r"\(n, 5\)"):
        distance_to_nearest_class(fitted, np.zeros((2, 4)))
    with pytest.raises(InputError, match="no image group"):
        novelty(fitted, np.zeros((0, 5)))


def test_lesions_of_a_person_are_measured_without_each_other():
    """Twelve far and alike lesions of one person: by each other's Gaussians they would be near."""
    hidden, patient, target = cohort()
    strange = np.flatnonzero(target == 0)[:12]
    hidden[np.isin(patient, strange)] += 100
    person = np.arange(len(target))
    person[strange] = strange[0]
    apart, together = (
        fit_gaussians(hidden, patient, target),
        fit_gaussians(hidden, patient, target, person=person),
    )
    np.testing.assert_array_equal(apart.means, together.means)
    assert together.quantiles[-1] > 10 * apart.quantiles[-1]
