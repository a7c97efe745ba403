"""Feature maps: clusters stay together, seeds repeat, progress ends, and TensorFlow stays out."""

import subprocess
import sys

import numpy as np
import pytest

from dls import embedding
from dls.errors import InputError

LABEL = np.repeat([0, 1, 2], 30)


@pytest.fixture(scope="module")
def features():
    """Three clusters of 30 points in 16 dimensions, five standard deviations apart."""
    random = np.random.default_rng(3)
    return random.normal(size=(90, 16)) + 5 * np.eye(16)[LABEL]


def nearest_has_same_label(xy):
    distance = np.linalg.norm(xy[:, None] - xy[None], axis=2) + np.diag(np.full(len(xy), np.inf))
    return np.mean(LABEL[distance.argmin(axis=1)] == LABEL)


METHODS = [
    (embedding.tsne, {"perplexity": 10, "iterations": 300}),
    (embedding.umap, {"neighbors": 10}),
]


@pytest.mark.parametrize(("method", "settings"), METHODS, ids=["tsne", "umap"])
def test_clusters_stay_together_and_the_seed_repeats_the_map(features, method, settings):
    steps = []
    first = method(features, progress=lambda done, total, _what: steps.append((done, total)), **settings)
    assert first.shape == (90, 2)
    assert first.dtype == np.float32
    assert nearest_has_same_label(first) > 0.95
    np.testing.assert_array_equal(method(features, **settings), first)
    assert steps[-1][0] == steps[-1][1]
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)


PROJECTIONS = [
    (embedding.tsne, embedding.project_tsne, {"perplexity": 10}, {"iterations": 300}),
    (embedding.umap, embedding.project_umap, {"neighbors": 10}, {}),
]


@pytest.mark.parametrize(("fit", "project", "shared", "more"), PROJECTIONS, ids=["tsne", "umap"])
def test_new_points_land_in_their_cluster_and_the_map_stays(features, fit, project, shared, more):
    xy = fit(features, **shared, **more)
    kept = xy.copy()
    random = np.random.default_rng(8)
    new = random.normal(size=(12, 16)) + 5 * np.eye(16)[np.arange(12) % 3]
    placed = project(features, xy, new, **shared)
    assert placed.shape == (12, 2)
    np.testing.assert_array_equal(xy, kept)
    nearest = np.linalg.norm(placed[:, None] - xy[None], axis=2).argmin(axis=1)
    np.testing.assert_array_equal(LABEL[nearest], np.arange(12) % 3)
    np.testing.assert_array_equal(project(features, xy, new, **shared), placed)
    assert project(features, xy, new[:0], **shared).shape == (0, 2)


@pytest.mark.parametrize("project", [embedding.project_tsne, embedding.project_umap])
def test_projections_of_what_does_not_fit_are_refused(features, project):
    xy = np.zeros((90, 2))
    small = {"perplexity": 10} if project is embedding.project_tsne else {"neighbors": 10}
    with pytest.raises(InputError, match="do not fit together"):
        project(features, xy[:5], features[:2], **small)
    with pytest.raises(InputError, match="do not fit together"):
        project(features, xy, features[:2, :3], **small)
    with pytest.raises(InputError, match="not finite"):
        project(features, xy, features[:2] * np.nan, **small)


def test_another_seed_gives_another_map(features):
    a, b = (embedding.umap(features, neighbors=10, seed=seed) for seed in (1, 2))
    assert np.abs(a - b).max() > 0.1


def test_too_few_points_are_refused(features):
    with pytest.raises(InputError, match="at least 151 for perplexity 50"):
        embedding.tsne(features)
    with pytest.raises(InputError, match="at least 17 for 15 neighbors"):
        embedding.umap(features[:16])
    with pytest.raises(InputError, match="at least"):
        embedding.umap(features[:, 0])


def test_features_that_are_not_finite_are_refused(features):
    spoilt = features.copy()
    spoilt[3, 3] = np.nan
    for method, settings in METHODS:
        with pytest.raises(InputError, match="not finite"):
            method(spoilt, **settings)


def test_neither_library_comes_with_tensorflow():
    code = """
import sys
from dls import embedding
assert not {"umap", "openTSNE"} & set(sys.modules)
assert embedding._umap_module().UMAP
sys.exit("tensorflow" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
