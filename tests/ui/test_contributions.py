"""Contributions of the clinical data, for models with a clinical branch whose features are kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dls.clinical import ClinicalRecord, encode
from dls.nn.feature_store import FeatureStore
from dls.ui import contributions
from tests.jobs.conftest import untrained


def test_they_are_drawn_for_the_class_that_was_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = untrained(tmp_path / "G", "G")
    monkeypatch.setattr(contributions, "packages_in_use", lambda: {"G": package, "F": "is damaged"})
    features = FeatureStore(tmp_path / "features")
    features.put(package.sha256, 1, np.concatenate([np.ones(256), encode(ClinicalRecord(afp=900.0))])[None])
    called = {"F": "HCC", "G": "HCC", "D": "malignant"}
    (figure,) = contributions.contribution_charts(called, features, 1)
    assert list(figure.data[0].y) == ["AFP"]
    assert "Model G: clinical data for HCC" in figure.layout.title.text
    assert contributions.contribution_charts(called, features, 2) == []
