"""What an epoch sees: coverage, balance, repeatability, and transforms worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from dls.nn.config import DEMO, PAPER
from dls.nn.epochs import draw_groups, draw_transforms, learning_rate, steps_per_epoch

PATIENT = np.array([0, 0, 0, 1, 2, 2, 3, 4, 4, 5])  # 6 patients, 10 groups
TARGET = np.array([0, 0, 0, 0, 1, 1])
EVERY = replace(PAPER, batch_size=2)
ONE_EACH = replace(PAPER, batch_size=2, groups_per_patient=1)


def test_the_papers_epoch_shows_every_group_once():
    assert sorted(draw_groups(PATIENT, TARGET, EVERY, 3)) == list(range(10))


def test_one_group_a_patient_shows_every_patient_once():
    drawn = draw_groups(PATIENT, TARGET, ONE_EACH, 0)
    assert sorted(PATIENT[drawn]) == [0, 1, 2, 3, 4, 5]


def test_full_balance_shows_classes_equally_often_and_patients_evenly():
    drawn = draw_groups(PATIENT, TARGET, replace(ONE_EACH, class_balance=1.0), 0)
    assert np.bincount(TARGET[PATIENT[drawn]]).tolist() == [3, 3]
    assert len(set(PATIENT[drawn][TARGET[PATIENT[drawn]] == 0])) == 3


def test_every_group_of_a_patient_comes_up_in_time():
    seen = {int(g) for epoch in range(60) for g in draw_groups(PATIENT, TARGET, ONE_EACH, epoch)}
    assert seen == set(range(10))


def test_draws_follow_from_seed_and_epoch_alone():
    same = [draw_groups(PATIENT, TARGET, EVERY, 4).tolist() for _ in range(2)]
    assert same[0] == same[1]
    assert same[0] != draw_groups(PATIENT, TARGET, EVERY, 5).tolist()
    assert same[0] != draw_groups(PATIENT, TARGET, replace(EVERY, seed=1), 4).tolist()
    np.testing.assert_array_equal(draw_transforms(4, 64, DEMO, 2), draw_transforms(4, 64, DEMO, 2))


def test_small_cohorts_fill_one_batch():
    config = replace(EVERY, batch_size=16)
    assert steps_per_epoch(PATIENT, config) == 1
    assert len(draw_groups(PATIENT, TARGET, config, 0)) == 16


def test_transforms_without_change_are_the_identity():
    still = replace(PAPER, rotation_degrees=0.0, flip_probability=0.0)
    np.testing.assert_allclose(draw_transforms(2, 5, still, 0), [[1, 0, 0, 0, 1, 0, 0, 0]] * 2, atol=1e-6)


def test_flips_map_the_first_pixel_to_the_last():
    flipped = replace(PAPER, rotation_degrees=0.0, flip_probability=1.0)
    np.testing.assert_allclose(draw_transforms(1, 5, flipped, 0)[0], [-1, 0, 4, 0, -1, 4, 0, 0], atol=1e-6)


def test_transforms_keep_the_middle_and_turn_by_at_most_the_angle():
    a = draw_transforms(500, 64, replace(PAPER, flip_probability=0.0), 0).astype(float)
    middle = np.array([31.5, 31.5, 1])
    np.testing.assert_allclose(a[:, 0:3] @ middle, 31.5, atol=1e-4)
    np.testing.assert_allclose(a[:, 3:6] @ middle, 31.5, atol=1e-4)
    angle = np.degrees(np.arctan2(a[:, 3], a[:, 0]))
    assert 38 < np.abs(angle).max() <= 40.001
    np.testing.assert_allclose(a[:, 0] * a[:, 4] - a[:, 1] * a[:, 3], 1, atol=1e-5)


def test_shear_moves_rows_sideways_and_keeps_area_and_middle():
    still = replace(PAPER, rotation_degrees=0.0, flip_probability=0.0, shear_degrees=30.0)
    a = draw_transforms(500, 64, still, 0).astype(float)
    np.testing.assert_allclose(a[:, [0, 4, 3]], [[1, 1, 0]] * 500, atol=1e-6)
    assert 29 < np.degrees(np.arctan(a[:, 1])).max() <= 30.001
    np.testing.assert_allclose(a[:, 0:3] @ [31.5, 31.5, 1], 31.5, atol=1e-4)


def test_half_of_the_groups_are_flipped_each_way():
    a = draw_transforms(2000, 64, replace(PAPER, rotation_degrees=0.0), 0)
    assert np.mean(a[:, 0] < 0) == pytest.approx(0.5, abs=0.05)
    assert np.mean((a[:, 0] < 0) & (a[:, 4] < 0)) == pytest.approx(0.25, abs=0.05)


def test_the_papers_rate_is_halved_every_20_epochs():
    rates = [learning_rate(PAPER, e) for e in (0, 19.9, 20, 40, 60)]
    assert rates == pytest.approx([0.1, 0.1, 0.05, 0.025, 0.0125])


def test_cosine_rises_then_falls_to_zero():
    config = replace(DEMO, learning_rate=0.2, warm_up_epochs=2.0, epochs=12)
    rates = [learning_rate(config, e) for e in (0, 1, 2, 7, 12)]
    assert rates == pytest.approx([0, 0.1, 0.2, 0.1, 0], abs=1e-12)
