"""A local Ray of two workers: folds and models spread over it give what they give here."""

from contextlib import nullcontext
from dataclasses import replace

import pytest

from dls.errors import InputError
from dls.nn.jobs import Job, do_job
from dls.nn.ray_cluster import ray_executor
from dls.nn.train import train, train_models
from tests.nn.conftest import make_backbone_tiny


def do_tiny_job(job, cohort, run):
    make_backbone_tiny()
    return do_job(job, cohort, run)


@pytest.fixture(scope="module")
def cluster(groups, tiny_backbone, tmp_path_factory):
    """Executor over two workers, the folder of its run, and what it says of its progress."""
    run, said = tmp_path_factory.mktemp("run"), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dls.nn.ray_cluster._do_job", do_tiny_job)
        with ray_executor("local:2", groups, run, lambda _done, _total, what: said.append(what)) as execute:
            yield execute, run, said


def test_folds_and_models_spread_over_two_workers(groups, quick, cluster, tmp_path, monkeypatch):
    import ray

    execute, run, said = cluster
    config = replace(quick, epochs=1, folds=2)
    monkeypatch.setattr("dls.nn.train.ray_executor", lambda *_: nullcontext(execute))
    spread = train_models(["D", "G"], groups, config, tmp_path / "spread", run=run, ray_address="local:2")
    assert ray.cluster_resources()["CPU"] == 2
    assert [p.spec.letter for p in spread] == ["D", "G"]
    assert {"Model G: final done", "Model D: setting-1-fold-2 done"} <= set(said)
    here = train("D", groups, config, tmp_path / "here")
    assert spread[0].sha256 == here.sha256


def test_an_error_in_a_worker_is_the_error_here(quick, cluster):
    with pytest.raises(InputError, match="none of malignant"):
        cluster[0]([Job("D", "one patient", quick, seen=(0,))])


def test_a_cluster_that_does_not_answer_is_named(groups, tmp_path):
    with (
        pytest.raises(InputError, match=r"does not answer\. Expected: localhost:1\."),
        ray_executor("localhost:1", groups, tmp_path),
    ):
        raise AssertionError("no cluster is there")
