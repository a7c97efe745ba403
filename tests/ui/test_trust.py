"""Beside the scores: calibrated scores and novelty where they were fitted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dls.analysis.dossier import ModelScores
from dls.analysis.printed import Cell
from dls.analysis.system import model
from dls.domain import Task
from dls.nn.novelty import Gaussians, add_novelty
from dls.nn.package import ModelPackage
from dls.ui import context, trust
from tests.jobs.conftest import untrained


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> ModelPackage:
    return untrained(tmp_path_factory.mktemp("package") / "G", "G")


@pytest.fixture
def scores(package: ModelPackage) -> ModelScores:
    values = dict(zip(package.classes, (0.8, 0.15, 0.05), strict=True))
    return ModelScores(model("G"), Task.MALIGNANT_THREE_WAY, values, "HCC", True)


def test_a_temperature_makes_the_score_less_sure(package: ModelPackage, scores: ModelScores) -> None:
    assert trust._calibrated(package, scores) == Cell("not fitted")
    warm = replace(package, metrics={"calibration": {"temperature": 2.0}})
    root = np.sqrt([0.8, 0.15, 0.05])
    assert trust._calibrated(warm, scores) == Cell(f"HCC {root[0] / root.sum():.2f}")


def test_novelty_is_measured_from_kept_features(
    package: ModelPackage, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DLS_HOME", str(tmp_path))
    assert trust._words(trust._novelty(package, 1)) == Cell("not measured")
    width = 256 + package.clinical_codes
    add_novelty(package, Gaussians(np.zeros((3, width)), np.eye(width), np.linspace(0, 100, 101)))
    try:
        features = context.features()
        features.put(package.sha256, 1, np.full((2, width), 0.1))
        features.put(package.sha256, 2, np.ones((2, width)))
        near, far = (trust._novelty(package, case) for case in (1, 2))
        assert near is not None
        assert far is not None
        assert near.distance == pytest.approx(0.01 * width, rel=1e-5)
        assert not near.unusual
        assert trust._words(far) == Cell("yes", "100% of training nearer")
    finally:
        (package.folder / "novelty.npz").unlink()
