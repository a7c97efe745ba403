"""Nearest known cases: counted by hand, and against a naive loop."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dls.diagnosis.known_cases import nearest_cases
from dls.domain import LesionClass
from dls.errors import InputError
from dls.nn.feature_store import FeatureStore

SHA = "f" * 64


def cases(count: int) -> pd.DataFrame:
    index = pd.Index(range(1, count + 1), name="case_id")
    columns = {"code": [f"P-{i}" for i in index], "lesion_class": [i % 7 for i in index]}
    return pd.DataFrame(columns, index=index)


def test_three_directions(tmp_path: Path) -> None:
    features = FeatureStore(tmp_path)
    features.put(SHA, 1, np.array([[1.0, 0.0], [3.0, 0.0]]))
    features.put(SHA, 2, np.array([[0.0, 5.0]]))
    features.put(SHA, 3, np.array([[1.0, 1.0]]))
    features.put(SHA, 9, np.array([[1.0, 0.0]]))  # no case of the study
    found = nearest_cases(features, SHA, np.array([[4.0, 0.0], [0.0, 0.0]]), cases(3))
    assert [k.case_id for k in found] == [1, 3, 2]
    assert [k.similarity for k in found] == pytest.approx([1.0, 0.5**0.5, 0.0])
    assert (found[0].code, found[0].truth) == ("P-1", LesionClass.HEMANGIOMA)
    left = nearest_cases(features, SHA, np.array([[4.0, 0.0]]), cases(3), count=1, leave_out=[1])
    assert [k.case_id for k in left] == [3]


def test_a_naive_loop_finds_the_same(tmp_path: Path) -> None:
    random, features = np.random.default_rng(3), FeatureStore(tmp_path)
    kept = {c: random.normal(size=(random.integers(1, 6), 8)) for c in range(1, 21)}
    for case_id, rows in kept.items():
        features.put(SHA, case_id, rows)
    own = random.normal(size=(4, 8))
    mean = own.mean(axis=0)
    naive = {}
    for case_id, rows in kept.items():
        other = rows.astype(np.float32).astype(float).mean(axis=0)
        naive[case_id] = float(mean @ other / (np.linalg.norm(mean) * np.linalg.norm(other)))
    wanted = sorted(naive, key=lambda c: -naive[c])[:5]
    found = nearest_cases(features, SHA, own, cases(20))
    assert [k.case_id for k in found] == wanted
    assert [k.similarity for k in found] == pytest.approx([naive[c] for c in wanted])


def test_without_features_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="run the model over the cases first"):
        nearest_cases(FeatureStore(tmp_path), SHA, np.ones((1, 2)), cases(3))


def test_features_of_another_width_are_refused(tmp_path: Path) -> None:
    FeatureStore(tmp_path).put(SHA, 1, np.ones((2, 3)))
    with pytest.raises(InputError, match="not the features"):
        nearest_cases(FeatureStore(tmp_path), SHA, np.ones((1, 2)), cases(3))
