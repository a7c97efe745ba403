"""Everything that ships with the demo is remade: tiny image groups, two letters, two epochs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dls import embedding
from dls.demo import rebuild
from dls.demo.results import DemoResults
from dls.domain import MODELS
from dls.nn.calibration import calibration
from dls.nn.config import DEMO
from dls.nn.data import GroupSet
from dls.nn.explanation_file import load_explanation
from dls.nn.novelty import load_gaussians
from dls.nn.package import load_packages
from dls.nn.predict import predict_with_features
from dls.nn.saliency import SaliencyMethod
from dls.phantom.cohort import PhantomPatient, calibration_cohort, training_cohort, validation_cohort
from dls.phantom.scanner import SCANNERS
from tests.nn.conftest import SIZE, one_convolution, tiny_groups
from tests.phantom.coarse import coarse

LETTERS = ("A", "G")


def groups_of(patients: Sequence[PhantomPatient], size: int, progress: object) -> GroupSet:
    """In place of rendered phantoms: two noisy groups a patient, another noise for each cohort."""
    made = tiny_groups(len(patients), size=size, seed=ord(patients[0].code[0]))
    return replace(made, codes=np.array([p.code for p in patients]))


@pytest.fixture(scope="module")
def small() -> Iterator[pytest.MonkeyPatch]:
    """Images, networks and maps so small that they are made in seconds."""
    first = {p.lesion_class: p for p in reversed(validation_cohort())}
    cohorts = {
        "training": lambda: training_cohort(14),
        "calibration": lambda: calibration_cohort(7),
        "validation": lambda: tuple(first.values()),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dls.phantom.render.SCANNERS", {name: coarse(s) for name, s in SCANNERS.items()})
        patch.setattr("dls.nn.backbone._BACKBONES", {"compact": (one_convolution, SIZE)})
        patch.setattr("dls.nn.config.DEMO", replace(DEMO, epochs=2))
        patch.setattr("dls.nn.novelty.FOLDS", 2)
        patch.setattr(rebuild, "_COHORTS", cohorts)
        patch.setattr(rebuild, "validation_cohort", cohorts["validation"])
        patch.setattr(rebuild, "build_groups", groups_of)
        patch.setattr(rebuild, "IMAGE_SIZE", SIZE)
        patch.setattr(rebuild, "MODELS", {letter: MODELS[letter] for letter in LETTERS})
        patch.setattr(rebuild, "MAPPED", dict.fromkeys(LETTERS, ("tsne",)))
        patch.setattr(embedding, "SETTINGS", {"tsne": {"perplexity": 3, "iterations": 30}})
        yield patch


@pytest.fixture(scope="module")
def made(small: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with `home` and what was remade."""
    folder = tmp_path_factory.mktemp("rebuilt")
    small.setattr(rebuild, "MODELS_FOLDER", folder / "models")
    small.setattr(rebuild, "RESULTS_FILE", folder / "results.npz")
    small.setattr(rebuild, "EXPLANATIONS", folder / "explanations")
    rebuild.rebuild(folder / "home", "2020-05-01")
    return folder


def test_models_results_and_explanation_belong_together(made: Path) -> None:
    packages, results = load_packages(made / "models"), DemoResults.load(made / "results.npz")
    assert tuple(packages) == LETTERS
    assert dict(results.packages) == {letter: package.sha256 for letter, package in packages.items()}
    groups = GroupSet.load(made / "home" / "datasets" / "validation.npz")
    for letter, package in packages.items():
        scores, hidden = predict_with_features(package, groups.pixels, groups.clinical[groups.patient])
        np.testing.assert_allclose(results.scores[letter], scores, atol=1e-6)
        np.testing.assert_allclose(results.hidden[letter], hidden, rtol=1e-3, atol=1e-3)
        assert load_gaussians(package) is not None
        fitted = calibration(package)
        assert fitted is not None
        assert fitted.kept_apart
    assert set(results.maps) == {("A", "tsne"), ("G", "tsne")}
    assert all(xy.shape == (len(groups.patient), 2) for xy in results.maps.values())
    explained = load_explanation(made / "explanations", packages["A"].sha256, SaliencyMethod.GRADIENT)
    assert explained is not None
    assert len(explained.cases) == 7


def test_broken_off_after_its_training_it_goes_on_to_the_same(made: Path) -> None:
    before = {letter: package.sha256 for letter, package in load_packages(made / "models").items()}
    shutil.rmtree(made / "models" / "G")
    (made / "results.npz").unlink()
    rebuild.rebuild(made / "home", "2021-01-01")
    assert dict(DemoResults.load(made / "results.npz").packages) == before
