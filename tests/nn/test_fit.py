"""Fitting: taken up again bit for bit, in every precision; stopped where the loss is no number."""

from dataclasses import replace

import numpy as np
import pytest

from dls.domain import MODELS
from dls.errors import InputError
from dls.nn.checkpoint import CHECKPOINT_FILE
from dls.nn.fit import fit
from dls.nn.history import read_history

SPEC = MODELS["G"]
pytestmark = pytest.mark.usefixtures("tiny_backbone")


@pytest.fixture(scope="module")
def cohort(groups):
    return groups.for_task(SPEC.task)


@pytest.mark.parametrize("precision", ["float32", "mixed_float16"])
def test_a_training_taken_up_again_ends_with_the_same_weights(precision, cohort, quick, tmp_path):
    config = replace(quick, epochs=3, precision=precision, evaluate_every=2)
    whole = fit(SPEC, cohort, config, unseen=cohort)
    early = fit(SPEC, cohort, config, unseen=cohort, folder=tmp_path, stop_after=2)
    assert [r.loss for r in early.history] == [r.loss for r in whole.history[:2]]
    assert read_history(tmp_path) == early.history
    rest: list[int] = []
    again = fit(SPEC, cohort, config, lambda done, *_: rest.append(done), unseen=cohort, folder=tmp_path)
    assert rest == [3]
    for mine, theirs in zip(again.network.get_weights(), whole.network.get_weights(), strict=True):
        assert mine.dtype == np.float32
        np.testing.assert_array_equal(mine, theirs)
    assert [(r.loss, r.unseen_loss) for r in again.history] == [
        (r.loss, r.unseen_loss) for r in whole.history
    ]
    np.testing.assert_array_equal(again.unseen_scores, whole.unseen_scores)
    assert [r.unseen_loss is not None for r in whole.history] == [False, True, True]
    assert whole.unseen_scores.shape == (2, 6, 3)


def test_a_class_without_patients_is_refused_unless_that_is_allowed(groups, quick):
    spec, some = MODELS["A"], groups.for_task(MODELS["A"].task)
    without = some[0].select(np.flatnonzero(some[1] != 3)), some[1][some[1] != 3]
    with pytest.raises(InputError, match=r"none of other benign nodules.*set absent_classes"):
        fit(spec, without, quick)
    assert fit(spec, without, replace(quick, epochs=1, absent_classes=True)).history[0].loss > 0
    one = some[0].select(np.flatnonzero(some[1] == 4)), some[1][some[1] == 4]
    with pytest.raises(InputError, match=r"classes\.$"):
        fit(spec, one, replace(quick, absent_classes=True))


def test_a_checkpoint_of_another_network_is_refused(cohort, groups, quick, tmp_path):
    fit(SPEC, cohort, quick, folder=tmp_path, stop_after=1)
    other = MODELS["A"]
    with pytest.raises(InputError, match="does not fit the network"):
        fit(other, groups.for_task(other.task), quick, folder=tmp_path)


def test_divergence_names_epoch_and_step_and_keeps_the_last_good_state(cohort, quick, tmp_path):
    config = replace(quick, epochs=50, batch_size=2, learning_rate=1e36, warm_up_epochs=1.5)
    with pytest.raises(InputError, match=r"diverged in epoch [12], step [123]\. Expected: a finite loss"):
        fit(SPEC, cohort, config, folder=tmp_path)
    assert len(read_history(tmp_path)) < 2
    assert (tmp_path / CHECKPOINT_FILE).exists() == bool(read_history(tmp_path))
