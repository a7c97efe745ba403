"""Histories: read while they grow, and whole whenever they are read."""

import numpy as np

from dls.nn.history import (
    HISTORY_FILE,
    EpochRecord,
    fold_course,
    read_history,
    write_history,
)

RECORDS = (
    EpochRecord(1, 1.5, 0.25, 0.1, 2.0),
    EpochRecord(2, 1.25, 0.5, 0.1, 2.0, 1.75, 0.375),
)


def test_a_history_is_read_back_and_replaced(tmp_path):
    assert read_history(tmp_path) == ()
    write_history(tmp_path, RECORDS[:1])
    write_history(tmp_path, RECORDS)
    assert read_history(tmp_path) == RECORDS
    assert [p.name for p in tmp_path.iterdir()] == [HISTORY_FILE]


def test_floats_survive_bit_for_bit(tmp_path):
    exact = EpochRecord(1, float(np.float32(0.1)), 1 / 3, 0.1 * 0.5**7, 0.001)
    write_history(tmp_path, [exact])
    assert read_history(tmp_path) == (exact,)


def test_columns_hold_the_epochs_that_looked_at_unseen_patients_apart():
    course = fold_course(RECORDS)
    assert course["epoch"] == [1, 2]
    assert course["unseen_epoch"] == [2]
    assert course["unseen_loss"] == [1.75]
    assert course["unseen_accuracy"] == [0.375]
