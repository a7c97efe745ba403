"""Explanation jobs: numbers and class means that come back from their file; trials of packages."""

import numpy as np
import pytest

from dls.domain import LesionClass
from dls.errors import InputError
from dls.nn.explanation_file import explanation_path, load_explanation
from dls.nn.package import load_package
from dls.nn.registry import Registry
from dls.nn.saliency import SaliencyMethod
from dls.study import jobs
from dls.study.jobs import State


def test_a_model_is_explained_over_the_study(runner, store, home):
    number = jobs.ask(store, "explain", {"letter": "B", "method": "gradient"})
    runner.do_pending()
    assert jobs.get(store, number).state is State.DONE, jobs.get(store, number).message
    package = load_package(home / "models" / "B")
    found = load_explanation(home / "explanations", package.sha256, SaliencyMethod.GRADIENT)
    assert found is not None
    assert [c.case_id for c in found.cases] == store.cases().index.tolist()
    classes = [int(LesionClass(c)) for c in store.cases()["lesion_class"]]
    assert [c.target for c in found.cases] == classes
    for case in found.cases:
        assert 0 < case.area < 1
        assert set(case.energy) == set(case.pointing) == {"t2", "dwi", "pre", "all"}
        assert sum(case.share.values()) == pytest.approx(1, abs=1e-5)
        mean = sum(case.energy[slug] * case.share[slug] for slug in case.share)
        assert case.energy["all"] == pytest.approx(mean, abs=1e-6)
    assert found.maps.shape == found.images.shape == (7, 32, 32, 3)
    present = found.groups > 0
    assert set(np.flatnonzero(present)) == set(classes)
    np.testing.assert_allclose(found.maps[present].sum(axis=(1, 2, 3)), 1, atol=1e-5)
    assert np.all(found.maps[~present] == 0)
    assert found.stages[-1].kernels == found.stages[-1].of


def test_files_of_explanations(home):
    root = home / "explanations"
    assert load_explanation(root, "a" * 64, SaliencyMethod.GRAD_CAM) is None
    path = explanation_path(root, "a" * 64, SaliencyMethod.GRAD_CAM)
    path.parent.mkdir()
    path.write_bytes(b"nothing")
    with pytest.raises(InputError, match="cannot be read"):
        load_explanation(root, "a" * 64, SaliencyMethod.GRAD_CAM)


def test_a_package_of_the_registry_is_tried(runner, store, home, untrained_models):
    kept = Registry(home / "registry").add(untrained_models["G"])
    good, bad = (jobs.ask(store, "try", {"sha256": s}) for s in (kept.sha256, "0" * 64))
    runner.do_pending()
    assert "weights fit" in jobs.get(store, good).message
    assert "no such package" in jobs.get(store, bad).message
