"""Remaking everything that ships with the demo: models, their scores and their feature maps."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dls import embedding
from dls.demo.images import build_groups, render_case
from dls.demo.results import EXPLANATIONS, MODELS_FOLDER, RESULTS_FILE, DemoResults
from dls.domain import MODELS
from dls.nn.data import GroupSet
from dls.nn.explain import CHECKED_PER_CLASS, ExplainQuestion, check_cases, explain_cases, first_of_each
from dls.nn.explanation_file import joined, save_explanation
from dls.nn.package import ModelPackage, load_packages
from dls.nn.saliency import SaliencyMethod
from dls.phantom.cohort import calibration_cohort, training_cohort, validation_cohort
from dls.progress import Progress

IMAGE_SIZE = 64
MAPPED = {"A": ("tsne", "umap")} | dict.fromkeys("BCDEFG", ("tsne",))
_COHORTS = {
    "training": training_cohort,
    "calibration": calibration_cohort,
    "validation": validation_cohort,
}


def cohort_groups(home: Path, cohort: str, progress: Progress | None = None) -> Path:
    """File with the image groups of the "training", "calibration" or "validation" cohort, made once.

    The file lies in `home / "datasets"`; delete it after a change of the phantom or the preprocessing.
    """
    path = home / "datasets" / f"{cohort}.npz"
    if not path.is_file():
        patients = _COHORTS[cohort]()
        path.parent.mkdir(parents=True, exist_ok=True)
        build_groups(patients, IMAGE_SIZE, progress=progress).save(path)
    return path


def rebuild(home: Path, trained_on: str, progress: Progress | None = None) -> DemoResults:
    """Train the seven models, calibrate them on patients kept apart, and run them over the validation cohort.

    Broken off, the same call goes on where it stopped.

    Parameters
    ----------
    home : folder for the image groups and the training's course
    trained_on : date for the packages' provenance, ISO 8601
    """
    from dls.nn.calibration import calibrate_package
    from dls.nn.config import DEMO
    from dls.nn.novelty import fit_package
    from dls.nn.run_folder import run_name
    from dls.nn.train import train

    groups = GroupSet.load(cohort_groups(home, "training", progress))
    apart = GroupSet.load(cohort_groups(home, "calibration", progress))
    run = home / "training" / run_name(DEMO, groups.sha256)
    for letter in MODELS:
        package = train(letter, groups, DEMO, MODELS_FOLDER, progress, trained_on=trained_on, run=run)
        fit_package(package, groups, progress)
        calibrate_package(package, apart, progress)
    return remake_results(home, progress)


def remake_results(home: Path, progress: Progress | None = None) -> DemoResults:
    """Scores, features and feature maps of the shipped models over the validation cohort."""
    groups = GroupSet.load(cohort_groups(home, "validation", progress))
    packages = load_packages(MODELS_FOLDER)
    scores, maps, hidden = {}, {}, {}
    for letter, package in packages.items():
        scores[letter], hidden[letter] = _run(package, groups, progress)
        for method in MAPPED[letter]:
            settings = embedding.SETTINGS[method]
            maps[letter, method] = embedding.FIT[method](hidden[letter], progress=progress, **settings)
    results = DemoResults(
        codes=groups.codes,
        patient=groups.patient.astype(np.int64),
        packages={letter: package.sha256 for letter, package in packages.items()},
        scores=scores,
        maps=maps,
        hidden=hidden,
    )
    results.save(RESULTS_FILE)
    remake_explanation(home, progress)
    return results


def remake_explanation(home: Path, progress: Progress | None = None, per_class: int = 5) -> Path:
    """Saliency of model A by the gradient over the first `per_class` patients of each class; stored.

    Cases have the numbers that they get in the demo study: 1 for the cohort's first patient.
    """
    package, images = load_packages(MODELS_FOLDER)["A"], home / "images"
    numbered = dict(enumerate(validation_cohort(), start=1))
    everybody = [ExplainQuestion(n, p.clinical.to_dict(), p.lesion_class) for n, p in numbered.items()]
    questions = first_of_each(everybody, per_class)
    for question in questions:
        render_case(images, question.case_id, f"phantom:{numbered[question.case_id].code}")
    found = explain_cases(package.folder, images, questions, SaliencyMethod.GRADIENT, progress=progress)
    checked = first_of_each(questions, CHECKED_PER_CLASS)
    stages = check_cases(package.folder, images, checked, SaliencyMethod.GRADIENT)
    made = joined("A", package.sha256, SaliencyMethod.GRADIENT, [found], stages)
    return save_explanation(EXPLANATIONS, made)


def _run(package: ModelPackage, groups: GroupSet, progress: Progress | None) -> tuple[np.ndarray, np.ndarray]:
    from dls.nn.predict import predict_with_features

    clinical = groups.clinical[groups.patient]
    return predict_with_features(package, groups.pixels, clinical, progress=progress)
