"""Map jobs: maps of stored features, repeatable; new cases join a map whose other points stay."""

import numpy as np
import pytest

from dls.nn.feature_store import FeatureStore
from dls.nn.package import load_package
from dls.study import jobs
from dls.study.embeddings import newest_settings
from dls.study.jobs import State

QUICK = {"tsne": {"perplexity": 5, "iterations": 120}, "umap": {"neighbors": 5}}


@pytest.fixture
def keep(home):
    """Keep twelve groups of features for some cases."""
    sha256 = load_package(home / "models" / "B").sha256

    def keep(*cases):
        for case in cases:
            random = np.random.default_rng(case)
            FeatureStore(home / "features").put(sha256, case, random.normal(size=(12, 8)) + 4 * case)

    return keep


def done(runner, store, kind, settings):
    number = jobs.ask(store, kind, settings)
    runner.do_pending()
    found = jobs.get(store, number)
    assert found.state is State.DONE, found.message
    return found


@pytest.mark.parametrize("method", ["tsne", "umap"])
def test_new_cases_join_and_the_others_stay(runner, store, keep, home, method):
    keep(1, 2, 3)
    done(runner, store, "map", {"letter": "B", "method": method, "settings": QUICK[method]})
    first = store.embedding("B", method)
    assert sorted(set(first["case_id"])) == [1, 2, 3]
    assert newest_settings(store, "B", method)["package"] == load_package(home / "models" / "B").sha256
    keep(4)
    assert (
        "1 new cases, 12 image groups"
        in done(runner, store, "project", {"letter": "B", "method": method}).message
    )
    second = store.embedding("B", method)
    assert sorted(set(second["case_id"])) == [1, 2, 3, 4]
    stayed = second[second["case_id"] < 4].reset_index(drop=True)
    assert stayed.equals(first)
    assert newest_settings(store, "B", method)["projected"] == [4]
    assert done(runner, store, "project", {"letter": "B", "method": method}).message == "no case is new"


def test_without_map_or_features_a_job_fails_with_the_reason(runner, store, keep, home):
    number = jobs.ask(store, "map", {"letter": "B", "method": "tsne"})
    other = jobs.ask(store, "project", {"letter": "B", "method": "tsne"})
    odd = jobs.ask(store, "map", {"letter": "B", "method": "pca"})
    runner.do_pending()
    assert "No case has features" in jobs.get(store, number).message
    assert "no tsne map of Model B" in jobs.get(store, other).message
    assert "tsne or umap" in jobs.get(store, odd).message


def test_a_map_of_another_package_takes_no_new_cases(runner, store, keep, home):
    keep(1, 2, 3)
    done(runner, store, "map", {"letter": "B", "method": "umap", "settings": QUICK["umap"]})
    points = store.embedding("B", "umap")
    store.add_embedding(
        "B", "umap", points["case_id"], points["group"], points[["x", "y"]], settings={"package": "f" * 64}
    )
    number = jobs.ask(store, "project", {"letter": "B", "method": "umap"})
    runner.do_pending()
    assert "made with another package" in jobs.get(store, number).message
