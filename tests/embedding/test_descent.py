"""The quick descent is openTSNE's, number by number, for exaggerated and plain phases and long steps."""

import numpy as np
import pytest
from openTSNE import TSNEEmbedding, initialization
from openTSNE.affinity import PerplexityBasedNN
from openTSNE.tsne import gradient_descent

from dls.embedding.descent import QuickDescent


@pytest.fixture(scope="module")
def points():
    random = np.random.default_rng(3)
    return random.normal(size=(120, 6)) + 4 * np.eye(6)[np.arange(120) % 3]


def run(points, optimizer, iterations, *, callbacks=None, **settings):
    embedding = TSNEEmbedding(
        initialization.pca(points, random_state=1),
        PerplexityBasedNN(points, perplexity=10, method="exact", random_state=1),
        negative_gradient_method="bh",
        random_state=1,
        optimizer=optimizer,
        n_jobs=1,
        callbacks=callbacks,
        callbacks_every_iters=10,
    )
    embedding.optimize(25, exaggeration=12, momentum=0.5, inplace=True, **settings)
    embedding.optimize(iterations, momentum=0.8, inplace=True, **settings)
    return embedding


@pytest.mark.parametrize("settings", [{}, {"max_step_norm": 0.01}, {"learning_rate": 30, "min_gain": 0.1}])
def test_numbers_are_those_of_opentsne(points, settings):
    ours = run(points, QuickDescent(), 25, **settings)
    theirs = run(points, gradient_descent(), 25, **settings)
    np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=1e-6, atol=1e-9)
    assert ours.kl_divergence == pytest.approx(theirs.kl_divergence, rel=1e-9)


def test_callbacks_see_the_same_errors_and_can_stop(points):
    seen = {}
    for name, optimizer in (("ours", QuickDescent()), ("theirs", gradient_descent())):
        seen[name] = []
        run(points, optimizer, 20, callbacks=lambda i, e, _p, n=name: seen[n].append((i, e)))
    assert [i for i, _ in seen["ours"]] == [10, 20, 10, 20]
    np.testing.assert_allclose([e for _, e in seen["ours"]], [e for _, e in seen["theirs"]], rtol=1e-9)
    stopped = run(points, QuickDescent(), 20, callbacks=lambda *_: True)
    assert np.isfinite(stopped.kl_divergence)


def test_new_points_are_left_to_opentsne(points):
    ours, theirs = (run(points, o, 25) for o in (QuickDescent(), gradient_descent()))
    new = points[:5] + 0.01
    np.testing.assert_allclose(ours.transform(new), theirs.transform(new), rtol=1e-5, atol=1e-5)
