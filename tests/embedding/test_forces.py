"""Forces over all pairs: the textbook's sums, openTSNE's tree without approximation, and the same maps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openTSNE import TSNEEmbedding, initialization
from openTSNE.affinity import PerplexityBasedNN
from openTSNE.tsne import kl_divergence_bh
from scipy import sparse

from dls import embedding
from dls.embedding import forces


def textbook(points, affinity):
    """Divergence and gradient of van der Maaten and Hinton 2008, equations 2 and 5, over dense arrays."""
    difference = points[:, None] - points[None]
    kernel = 1 / (1 + (difference**2).sum(axis=2))
    np.fill_diagonal(kernel, 0)
    q = kernel / kernel.sum()
    told = affinity > 0
    divergence = (affinity[told] * np.log(affinity[told] / q[told])).sum()
    return divergence, (((affinity - q) * kernel)[..., None] * difference).sum(axis=1)


@settings(max_examples=30)
@given(seed=st.integers(0, 10_000), n=st.integers(2, 25), spread=st.sampled_from([1e-3, 1.0, 50.0]))
def test_divergence_and_gradient_are_the_textbooks(seed, n, spread):
    random = np.random.default_rng(seed)
    points = random.normal(scale=spread, size=(n, 2))
    affinity = np.triu(random.random((n, n)) * (random.random((n, n)) < 0.5), 1)
    affinity[0, 1] = 0.5
    affinity = (affinity + affinity.T) / (2 * affinity.sum())
    divergence, gradient = textbook(points, affinity)
    found = forces.all_pairs(points, sparse.csr_matrix(affinity), should_eval_error=True)
    assert found[0] == pytest.approx(divergence, rel=1e-9, abs=1e-10)
    np.testing.assert_allclose(found[1], gradient, rtol=1e-7, atol=1e-12)


@pytest.fixture(scope="module")
def mapped():
    random = np.random.default_rng(3)
    points = random.normal(size=(120, 6)) + 4 * np.eye(6)[np.arange(120) % 3]
    return TSNEEmbedding(
        initialization.pca(points, random_state=1),
        PerplexityBasedNN(points, perplexity=10, method="exact", random_state=1),
        negative_gradient_method=forces.all_pairs,
        random_state=1,
        n_jobs=1,
    )


def test_opentsne_finds_the_same_without_approximation(mapped):
    mapped = mapped.optimize(50)
    theirs = kl_divergence_bh(
        mapped.view(np.ndarray), mapped.affinities.P, 1, {"theta": 0.0}, should_eval_error=True
    )
    ours = forces.all_pairs(mapped, mapped.affinities.P, should_eval_error=True)
    assert ours[0] == pytest.approx(theirs[0], rel=1e-6)
    np.testing.assert_allclose(ours[1], theirs[1], rtol=1e-6, atol=1e-12)
    assert mapped.kl_divergence == pytest.approx(ours[0], rel=1e-9)


def test_the_forces_leave_the_middle_where_it_is(mapped):
    _, gradient = forces.all_pairs(mapped, mapped.affinities.P)
    np.testing.assert_allclose(gradient.sum(axis=0), 0, atol=1e-12)


def test_large_maps_take_the_tree(monkeypatch):
    """The same clusters by the tree, which few points would not see."""
    random = np.random.default_rng(3)
    label = np.repeat([0, 1, 2], 30)
    features = random.normal(size=(90, 16)) + 5 * np.eye(16)[label]
    small = embedding.tsne(features, perplexity=10, iterations=300)
    monkeypatch.setattr(forces, "ALL_PAIRS_UP_TO", 89)
    large = embedding.tsne(features, perplexity=10, iterations=300)
    assert not np.array_equal(small, large)
    for xy in (small, large):
        distance = np.linalg.norm(xy[:, None] - xy[None], axis=2) + np.diag(np.full(90, np.inf))
        assert (label[distance.argmin(axis=1)] == label).mean() > 0.95
