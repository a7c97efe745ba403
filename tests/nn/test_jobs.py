"""Jobs: done once, kept whole, and read afterwards."""

from dataclasses import replace

import numpy as np
import pytest

from dls.nn.checkpoint import CHECKPOINT_FILE
from dls.nn.jobs import Job, do_job, read_result

pytestmark = pytest.mark.usefixtures("tiny_backbone")


@pytest.fixture(scope="module")
def fold(quick):
    return Job("D", "setting-1-fold-1", replace(quick, epochs=1), tuple(range(7)), tuple(range(7, 14)))


def test_a_fold_is_done_once(fold, groups, tmp_path, monkeypatch):
    done = do_job(fold, groups, tmp_path)
    assert done.unseen_scores.shape == (1, 7, 2)
    assert done.weights == {}
    assert not (fold.folder(tmp_path) / CHECKPOINT_FILE).exists()
    monkeypatch.setattr("dls.nn.fit.fit", None)  # a second training would fail
    again = do_job(fold, groups, tmp_path)
    assert again.history == done.history
    np.testing.assert_array_equal(again.unseen_scores, done.unseen_scores)


def test_the_final_training_keeps_its_weights(groups, quick, tmp_path):
    job = Job("D", "final", replace(quick, epochs=1))
    done = do_job(job, groups, tmp_path)
    kept = read_result(job.folder(tmp_path))
    assert kept is not None
    assert kept.weights.keys() == done.weights.keys()
    for name, array in done.weights.items():
        assert kept.weights[name].dtype == array.dtype
        np.testing.assert_array_equal(kept.weights[name], array)
    assert done.unseen_scores.shape == (0, 0, 2)


def test_nothing_is_read_where_nothing_was_done(fold, tmp_path):
    assert read_result(fold.folder(tmp_path)) is None
