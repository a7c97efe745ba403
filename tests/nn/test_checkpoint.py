"""Checkpoints: every bit comes back, and a damaged one is refused."""

import numpy as np
import pytest

from dls.errors import InputError
from dls.nn.checkpoint import CHECKPOINT_FILE, Checkpoint, load_checkpoint, save_checkpoint
from tests.nn.test_history import RECORDS


def state() -> Checkpoint:
    random = np.random.default_rng(0)
    variables = [random.normal(size=(3, 4)).astype(np.float32), np.array([527354344, 9], np.uint32)]
    variables += [np.array(i, np.int64) for i in range(10)]
    return Checkpoint(variables, RECORDS, random.random((1, 5, 7)).astype(np.float32))


def test_variables_history_and_scores_come_back(tmp_path):
    assert load_checkpoint(tmp_path) is None
    save_checkpoint(tmp_path, state())
    got = load_checkpoint(tmp_path)
    assert got is not None
    assert got.history == RECORDS
    np.testing.assert_array_equal(got.unseen_scores, state().unseen_scores)
    for mine, theirs in zip(got.variables, state().variables, strict=True):
        assert mine.dtype == theirs.dtype
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("kept", [0, 100, 1000])
def test_a_damaged_file_is_refused(kept, tmp_path):
    save_checkpoint(tmp_path, state())
    path = tmp_path / CHECKPOINT_FILE
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(InputError, match="damaged"):
        load_checkpoint(tmp_path)
